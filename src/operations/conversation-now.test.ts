import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toElement } from '../batching/element.ts'
import type { OpenBatchView } from '../batching/store.ts'
import type { PastEntry } from '../batching/store-holds.ts'
import type { BatchId, ConversationKey, Message } from '../message.ts'
import { humanPayload } from '../takeover/human-said.ts'
import { spoken } from './conversation-now.ts'

const who = { tenant: 'default', channel: 'whatsapp', peer: '79001234567' }
const element = (text: string, receivedAt: number, more: Partial<Message> = {}): string =>
  toElement({
    ...{ conversation: who, id: `m${receivedAt}`, address: who.peer, type: 'chat', text },
    ...{ receivedAt, sentAt: null, sentAtExact: false },
    ...more,
  })
const open: OpenBatchView = {
  conversation: who.peer as ConversationKey,
  batchId: 'b_open' as BatchId,
  ...{ size: 1, firstAt: 5, lastAt: 5, dueAt: 9, sealed: false },
}
const NOTHING = { open: null, payloads: [], turnId: null, turnPayloads: [] }
const answered: PastEntry = {
  ...{ kind: 'turn', at: 30, heard: null },
  payloads: [element('раз', 10), element('два', 20)],
  sent: [{ text: 'да' }, { text: 'и ещё' }],
}

describe('what was said in a conversation', () => {
  it('is told line by line: the past, the turn that is answered, what is open', () => {
    const { lines, turn } = spoken(
      {
        ...{ open, payloads: [element('четыре', 50)] },
        ...{ turnId: 'b_turn' as BatchId, turnPayloads: [element('три', 40)] },
      },
      [answered, { kind: 'human', at: 35, payload: humanPayload('я тут') }],
      who,
    )
    assert.deepEqual(
      lines.map((line) => `${line.at} ${line.who}: ${line.text}`),
      [
        ...['10 person: раз', '20 person: два', '30 bot: да', '30 bot: и ещё', '35 human: я тут'],
        ...['40 person: три', '50 person: четыре'],
      ],
    )
    assert.equal(turn, 'b_turn')
  })

  it('tells a turn once that is answered between the two looks', () => {
    const turn = { turnId: 'b_turn' as BatchId, turnPayloads: answered.payloads }
    const now = spoken({ ...NOTHING, ...turn }, [answered], who)
    assert.deepEqual([now.lines.length, now.turn], [4, null])
    const sealed = spoken({ ...NOTHING, open, payloads: answered.payloads }, [answered], who)
    assert.deepEqual([sealed.lines.length, sealed.open], [4, null])
  })

  it('tells what has no text by its type, and what was heard by its words', () => {
    const voice = element('', 10, { type: 'voice' })
    const past = (heard: string | null): PastEntry => ({
      ...{ kind: 'turn', at: 30, payloads: [voice], heard },
      sent: [{ reaction: '❤️', messageId: 'm10' }],
    })
    const texts = (heard: string | null): string[] =>
      spoken(NOTHING, [past(heard)], who).lines.map(({ text }) => text)
    assert.deepEqual(texts(null), ['[voice]', '❤️'])
    assert.deepEqual(texts('запишите меня'), ['запишите меня', '❤️'])
  })

  it('leaves out what nobody can read', () => {
    const unreadable = spoken({ ...NOTHING, open, payloads: ['{'] }, [], who)
    assert.deepEqual(unreadable.lines, [])
    assert.equal(unreadable.open, open)
  })
})
