import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HOUR, LIMITS, START, TIMES, testClock } from '../../test/conformance/store/scene.ts'
import { OracleStore } from '../../test/support/oracle.ts'
import { ConversationKeys } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { Conversation, Message } from '../message.ts'
import { joinAliases, KnownLinks } from './alias.ts'
import { newBatchId } from './batch-id.ts'
import { toElement } from './element.ts'
import { idHash } from './message-id.ts'
import type { Link } from './store-alias.ts'

const of = (peer: string): Conversation => ({ tenant: 'default', channel: 'whatsapp', peer })
const LID = of('248901234567890@lid')
const PHONE = of('79001234567')

function stage() {
  const clock = testClock()
  const oracle = new OracleStore({ times: TIMES, clock: clock.now })
  const keys = new ConversationKeys('default')
  const asked: string[] = []
  const store = {
    resolve: (conversations: Parameters<typeof oracle.resolve>[0]) => {
      asked.push('resolve')
      return oracle.resolve(conversations)
    },
    conversation: (key: Parameters<typeof oracle.conversation>[0]) => oracle.conversation(key),
    link: (link: Link) => {
      asked.push('link')
      return oracle.link(link)
    },
  }
  const deps = { store, keys, known: new KnownLinks(clock.now) }
  const element = (conversation: Conversation, text: string, receivedAt: number): string => {
    const message: Message = {
      conversation,
      id: text,
      address: conversation.peer,
      type: 'chat',
      text,
      sentAt: null,
      sentAtExact: false,
      receivedAt,
    }
    return toElement(message)
  }
  return {
    clock,
    oracle,
    deps,
    asked,
    keyOf: (conversation: Conversation) => keys.keyOf(conversation),
    write: (conversation: Conversation, messages: readonly (readonly [string, number | null])[]) =>
      oracle.append({
        conversation: keys.keyOf(conversation),
        messages: messages.map(([text, at]) => ({
          idHash: idHash(text),
          payload: at === null ? `unreadable ${text}` : element(conversation, text, at),
          idleMs: 10_000,
          quiet: false,
        })),
        limits: LIMITS,
        newBatchId: newBatchId(),
      }),
    async texts(conversation: Conversation): Promise<string[]> {
      const { payloads } = await oracle.conversation(keys.keyOf(conversation))
      return payloads.map((json) => (json.startsWith('{') ? JSON.parse(json).message : json))
    },
  }
}

describe('two addresses of one person', () => {
  it('become one conversation, with the messages as they came', async () => {
    const { deps, write, texts } = stage()
    await write(LID, [
      ['a', START],
      ['c', START + 20],
      ['x', null],
      ['f', START + 10],
    ])
    await write(PHONE, [
      ['b', START],
      ['d', START + 20],
      ['e', START + 30],
    ])
    assert.equal(await joinAliases(deps, LID, PHONE), 'linked')
    assert.deepEqual(await texts(PHONE), ['a', 'b', 'c', 'unreadable x', 'f', 'd', 'e'])
  })

  it('cost no call while it is known that they are one, and are remembered anew after it', async () => {
    const { deps, asked, clock } = stage()
    assert.equal(await joinAliases(deps, LID, PHONE), 'linked')
    assert.equal(await joinAliases(deps, LID, PHONE), 'already')
    assert.deepEqual(asked, ['resolve', 'link'])
    clock.advance(HOUR)
    assert.equal(await joinAliases(deps, LID, PHONE), 'already')
    assert.deepEqual(asked, ['resolve', 'link', 'resolve', 'link'])
    assert.equal(await joinAliases(deps, PHONE, PHONE), 'already')
    assert.equal(asked.length, 4)
  })

  it('are found one by whatever way they lead there', async () => {
    const { deps, oracle, keyOf } = stage()
    const other = of('79007654321')
    await joinAliases(deps, LID, PHONE)
    assert.equal(await joinAliases(deps, LID, other), 'linked')
    assert.equal(await joinAliases(deps, PHONE, other), 'already')
    const all = [LID, PHONE, other].map(keyOf)
    assert.deepEqual(new Set(await oracle.resolve(all)), new Set([keyOf(other)]))
  })

  it('are left alone while an answer is being sent, and asked for again', async () => {
    const { deps, oracle, write, keyOf, clock, asked } = stage()
    await write(LID, [['a', START]])
    clock.advance(10_000)
    const conversation = keyOf(LID)
    const { open } = await oracle.conversation(conversation)
    assert.ok(open)
    const { batchId } = open
    await oracle.seal([{ conversation, batchId, restId: newBatchId() }])
    await oracle.begin({ conversation, batchId, attempt: 1 })
    const draft = { kind: 'draft', parts: [{ text: '1' }], heard: null } as const
    await oracle.record(batchId, 1, draft, conversation)
    const start = { kind: 'start', index: 0, unlessNewer: false, mark: null } as const
    await oracle.record(batchId, 1, start, conversation)
    assert.equal(await joinAliases(deps, LID, PHONE), 'busy')
    await oracle.settle({ conversation, batchId, epoch: 1 }, { kind: 'answered' })
    assert.equal(await joinAliases(deps, LID, PHONE), 'linked')
    assert.equal(asked.length, 4)
  })

  it('are read again when another one was faster, and not for ever', async () => {
    const { deps, write, oracle, texts } = stage()
    let faster = 1
    const store = {
      ...deps.store,
      link: async (link: Link) => {
        if (faster > 0) await write(PHONE, [[`new ${faster}`, START]])
        faster -= 1
        return oracle.link(link)
      },
    }
    assert.equal(await joinAliases({ ...deps, store }, LID, PHONE), 'linked')
    assert.deepEqual(await texts(LID), ['new 1'])
    const never = { ...store, link: async () => ({ outcome: 'changed' }) as const }
    await assert.rejects(
      joinAliases({ ...deps, store: never }, of('79007654321'), PHONE),
      (error) => error instanceof RapidFireError && error.code === 'overloaded',
    )
  })

  it('are forgotten from the front when too many are known', () => {
    const { clock, keyOf } = stage()
    const known = new KnownLinks(clock.now)
    const pair = (n: number) => [keyOf(of(`7900${n}`)), keyOf(PHONE)] as const
    for (let n = 0; n <= 20_000; n += 1) known.note(...pair(1_000_000 + n))
    assert.equal(known.has(...pair(1_000_000)), false)
    assert.equal(known.has(...pair(1_000_001)), true)
    assert.equal(known.has(...pair(1_020_000)), true)
    clock.advance(HOUR)
    assert.equal(known.has(...pair(1_020_000)), false)
  })
})
