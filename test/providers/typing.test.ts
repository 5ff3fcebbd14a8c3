/** When a person sees that somebody reads and writes. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Play } from './play.ts'
import { metaStub } from './stubs/meta.ts'
import { wahaStub } from './stubs/waha.ts'

describe('that somebody writes', () => {
  for (const stub of [metaStub, wahaStub]) {
    it(`is shown by ${stub.id} when the answer is begun`, async () => {
      await using play = await Play.start(stub)
      await play.say('Привет', 1)
      assert.equal(play.courtesies, 0)
      await play.events.until('turn.answered')
      await play.shown
      assert.deepEqual(play.complaints, [])
    })

    it(`is shown by ${stub.id} from the first message, where that is wanted`, async () => {
      await using play = await Play.start(stub, { SHOW_TYPING: 'window', BATCH_TIMEOUT: '50000' })
      await play.say('Привет', 1)
      await play.shown
      assert.equal(play.events.all('turn.begun').length, 0)
      assert.deepEqual(play.complaints, [])
    })

    it(`is never shown by ${stub.id} where it is off`, async () => {
      await using play = await Play.start(stub, { SHOW_TYPING: 'off' })
      await play.say('Привет', 1)
      await play.events.until('turn.answered')
      assert.equal(play.courtesies, 0)
    })
  }
})
