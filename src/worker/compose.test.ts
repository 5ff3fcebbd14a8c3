import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { ANNA, BORIS } from '../../test/conformance/store/scene.ts'
import { DEFAULT_TENANT, TurnStage } from '../../test/support/turn-stage.ts'
import type { TenantSettings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'

const tenants = (more: Partial<TenantSettings>) => ({
  tenants: new Map([['default', { ...DEFAULT_TENANT, ...more }]]),
})
const HOUR = 3_600_000

describe('what is answered', () => {
  let stage: TurnStage
  afterEach(() => stage.clear())

  test('a text is split at blank lines, thoughts never leave, parts go as they are', async () => {
    stage = await TurnStage.set()
    stage.answer = async () => 'Раз.\n\n[THINK]тайна[/THINK]Два.\n\nТри.'
    await stage.handle(await stage.turn(ANNA, ['Привет']))
    stage.answer = async () => [{ text: 'Одно\n\nцелое' }]
    await stage.handle(await stage.turn(BORIS, ['Привет']))
    assert.deepEqual(stage.texts, ['Раз.', 'Два.', 'Три.', 'Одно\n\nцелое'])
  })

  test('an answer that cannot be sent is tried again, and failed as unusable in the end', async () => {
    stage = await TurnStage.set({ maxTries: 2 })
    stage.answer = async () => 'а'.repeat(2_000_000)
    let turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    turn = await stage.again(turn)
    await stage.handle(turn)
    assert.equal(stage.asked.length, 2)
    assert.equal((await stage.store.batch(turn.batchId))?.reason, 'answer_unusable')
  })

  test('the responder is told what was said before, by whom, and of nobody else', async () => {
    stage = await TurnStage.set()
    stage.answer = async ({ text }) => `на «${text}»`
    await stage.handle(await stage.turn(ANNA, ['Привет', 'можно']))
    await stage.handle(await stage.turn(BORIS, ['Тайна']))
    await stage.stepIn(ANNA, 'Я сам отвечу')
    await stage.handle(await stage.turn(ANNA, ['А завтра?']))
    const told = stage.asked.at(-1)?.history.map(({ who, text }) => [who, text])
    assert.deepEqual(told, [
      ['person', 'Привет можно'],
      ['bot', 'на «Привет можно»'],
      ['human', 'Я сам отвечу'],
    ])
  })

  test('a message without words is told by its type', async () => {
    stage = await TurnStage.set()
    await stage.handle(await stage.turnOf(ANNA, [stage.messageOf({ type: 'image', text: '' })]))
    await stage.handle(await stage.turn(ANNA, ['Видно?']))
    assert.deepEqual(
      stage.asked.at(-1)?.history.map(({ text }) => text),
      ['[image]'],
    )
  })

  describe('a plain thank-you', () => {
    test('gets a reaction on the last message, and nobody is asked', async () => {
      stage = await TurnStage.set(tenants({ thanksReaction: '❤️' }))
      const turn = await stage.turn(ANNA, ['Спасибо!'])
      await stage.handle(turn)
      assert.deepEqual(stage.asked, [])
      assert.deepEqual(
        stage.sent.map(({ content }) => content),
        [{ reaction: '❤️', messageId: 'm1' }],
      )
    })

    test('is answered where no reaction is set, as is more than thanks', async () => {
      stage = await TurnStage.set()
      await stage.handle(await stage.turn(ANNA, ['Спасибо!']))
      await stage.clear()
      stage = await TurnStage.set(tenants({ thanksReaction: '❤️' }))
      await stage.handle(await stage.turn(ANNA, ['на 18:00 спасибо']))
      assert.equal(stage.asked.length, 1)
    })
  })

  test('outside of the hours the reply is said once each time that it is closed', async () => {
    stage = await TurnStage.set(
      tenants({ openingHours: 'Mo-Su 09:00-18:00', closedReply: 'Мы закрыты.\n\n\nЗвоните утром' }),
    )
    // The clock of the stage begins on 2030-03-17 at 17:46:40 UTC.
    const ask = async (): Promise<void> => stage.handle(await stage.turn(ANNA, ['Вы открыты?']))
    await ask()
    assert.deepEqual(stage.texts, ['Вы открыты?'])
    stage.clock.advance(HOUR / 2)
    await ask()
    await ask()
    assert.deepEqual(stage.texts, ['Вы открыты?', 'Мы закрыты.', 'Звоните утром'])
    assert.equal(stage.asked.length, 1)
  })

  test('voice is text before the responder sees it, and in the history', async () => {
    const transcribe = async () => 'Запишите меня'
    stage = await TurnStage.set({ transcriber: { transcribe } })
    await stage.handle(await stage.turnOf(ANNA, [voice(stage)]))
    assert.equal(stage.asked[0]?.text, 'Запишите меня')
    await stage.handle(await stage.turn(ANNA, ['Спасибо']))
    assert.equal(stage.asked[1]?.history[0]?.text, 'Запишите меня')
  })

  test('voice that cannot be heard is answered all the same', async () => {
    const transcribe = async () => {
      throw new RapidFireError('media_failed', 'gone')
    }
    stage = await TurnStage.set({ transcriber: { transcribe } })
    await stage.handle(await stage.turnOf(ANNA, [voice(stage)]))
    assert.equal(stage.asked[0]?.text, '[voice message, not transcribed]')
    assert.equal(stage.events.all('voice.notTranscribed').length, 1)
  })

  test('an answer that comes later is sent when it is there', async () => {
    stage = await TurnStage.set()
    stage.answer = async () => ({ laterMs: 60_000 })
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.deepEqual(stage.texts, [])
    assert.equal(stage.events.all('turn.parked').length, 1)
    await stage.store.answer(turn.batchId, [{ text: 'вот' }])
    await stage.handle(await stage.again(turn, 0))
    assert.deepEqual(stage.texts, ['вот'])
    assert.equal(stage.asked.length, 1)
  })

  test('one that never comes is asked for as often as there are tries, then failed', async () => {
    stage = await TurnStage.set({ maxTries: 2 })
    stage.answer = async () => ({ laterMs: 60_000 })
    let turn = await stage.turn(ANNA, ['Привет'])
    for (let n = 0; n < 3; n += 1) {
      await stage.handle(turn)
      if (n < 2) turn = await stage.again(turn, 60_000)
    }
    assert.equal(stage.asked.length, 2)
    assert.equal((await stage.store.batch(turn.batchId))?.reason, 'responder_timeout')
  })

  test('thoughts without a word are no silence', async () => {
    stage = await TurnStage.set({ maxTries: 1 })
    stage.answer = async () => '<think>Сколько ещё'
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.equal((await stage.store.batch(turn.batchId))?.reason, 'answer_unusable')
  })

  test('silence is an answer', async () => {
    stage = await TurnStage.set()
    stage.answer = async () => ''
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.deepEqual(stage.sent, [])
    assert.equal((await stage.store.batch(turn.batchId))?.state, 'answered')
  })
})

function voice(stage: TurnStage): string {
  return stage.messageOf({ type: 'voice', text: '', media: { url: 'https://example.org/a.ogg' } })
}
