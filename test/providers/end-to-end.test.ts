/** Every provider from webhook to reply: what it calls with, and what its send API gets. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PROVIDERS } from '../../src/channels/registry.ts'
import { STUBS } from './all-stubs.ts'
import { Play } from './play.ts'

const PARTS = ['Привет', 'можно', 'записаться', 'на стрижку', 'завтра? 🙂']

/** Three paragraphs, one of which is longer than the provider takes at once, with an emoji at its seam. */
function longAnswer(maxLength: number): string {
  const sentence = 'Есть место в 14:00 👨‍👩‍👧‍👦 и ещё в 16:30. '
  return `Здравствуйте!\n\n${sentence.repeat(Math.ceil((maxLength * 1.3) / sentence.length)).trim()}\n\nПодходит?`
}

const squeezed = (text: string): string => text.replace(/\s+/gu, ' ').trim()

describe('every provider end to end', () => {
  it('is played', () => {
    assert.deepEqual(STUBS.map(({ id }) => id).sort(), PROVIDERS.map(({ id }) => id).sort())
  })

  for (const stub of STUBS) {
    it(`${stub.id}: five parts are one turn, answered in its shape through 429 and 500`, async () => {
      await using play = await Play.start(stub, { QUEUE_RETRY_ATTEMPTS: '5' })
      const answer = longAnswer(Math.min(stub.maxTextLength, 4096))
      play.reply = () => answer
      play.answers.push(stub.tooFast(), stub.broken())
      for (const [n, part] of PARTS.entries()) assert.equal(await play.say(part, n + 1), 200)
      await play.events.until('turn.answered')
      assert.deepEqual(play.complaints, [])
      assert.deepEqual(play.asked, [PARTS.join(' ')])
      assert.equal(play.events.all('turn.retrying').length, 2)
      assert.ok(play.taken.length >= 3, `${play.taken.length} parts`)
      for (const { to, text } of play.taken) {
        assert.equal(to, stub.address)
        assert.ok(text.length <= stub.maxTextLength, `${text.length} characters`)
        assert.ok(text.isWellFormed())
        assert.doesNotMatch(text, /^\u200d|\u200d$/u)
      }
      assert.equal(squeezed(play.taken.map(({ text }) => text).join(' ')), squeezed(answer))
    })

    it(`fault 75, ${stub.id}: what is final is failed with the provider's own words`, async () => {
      await using play = await Play.start(stub)
      const refused = stub.refused()
      play.answers.push(refused)
      play.reply = () => 'Здравствуйте'
      await play.say('Привет', 1)
      const [failed] = await play.events.until('turn.failed')
      assert.match(failed?.reason ?? '', /^(?:send_refused|outside_window)$/)
      assert.match(failed?.error ?? '', refused.said)
      assert.deepEqual(play.taken, [])
      const { count } = await play.gateway.store.failed({ offset: 0, limit: 1 })
      assert.equal(count, 1)
    })
  }
})
