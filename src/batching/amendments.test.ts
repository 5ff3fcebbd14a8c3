import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConversationKeys } from '../conversation-key.ts'
import type { Message } from '../message.ts'
import { Events } from '../observability/events/events.ts'
import { Amendments } from './amendments.ts'
import { toElement } from './element.ts'
import type { Taken } from './intake.ts'
import { idHash } from './message-id.ts'
import type { ConversationView } from './store.ts'

const DAY_MS = 86_400_000
const TAKEN: Taken = { added: 1, duplicates: 0, setAside: 0, batchIds: [], failures: [] }

const message = (id: string, text: string): Message => ({
  conversation: { tenant: 'default', channel: 'meta', peer: '79001234567' },
  id,
  address: '79001234567',
  type: 'chat',
  text,
  sentAt: null,
  sentAtExact: false,
  receivedAt: 0,
})

/** `take`: what the way in does with what is not in the open batch. */
function stage(take: (message: Message) => Taken, knownMs = Number.POSITIVE_INFINITY) {
  const open: string[] = []
  const taken: Message[] = []
  const view = () => ({ payloads: open }) as unknown as ConversationView
  const amendments = new Amendments({
    store: {
      conversation: async () => view(),
      known: async (_, hashes, withinMs) =>
        hashes.map((hash) => withinMs > knownMs && hash === idHash('w1')),
      amend: async (_, amend) => {
        const at = open.indexOf(amend.before)
        if (amend.kind === 'edit') open[at] = amend.after
        return { outcome: 'done' }
      },
    },
    intake: {
      take: async ([message]) => {
        assert.ok(message)
        taken.push(message)
        return take(message)
      },
      join: async (who) => who,
    },
    settings: { dedupeS: 86_400 },
    keys: new ConversationKeys('default'),
    events: new Events(),
    takeover: { asks: () => false, heed: async () => {} },
    dedupeSOf: () => 7 * 86_400,
  })
  return { amendments, open, taken }
}

describe('an edit', () => {
  it('is not lost where its message comes in the very moment', async () => {
    const { amendments, open, taken } = stage(() => {
      open.push(toElement(message('w1', 'завтра')))
      return { ...TAKEN, added: 0, duplicates: 1 }
    })
    assert.equal(await amendments.edit(message('w2', 'в пятницу'), 'w1'), 'open')
    assert.equal(taken.length, 1)
    assert.match(open[0] ?? '', /в пятницу/)
  })

  it('knows its message for as long as the way in does', async () => {
    const { amendments, taken } = stage(() => TAKEN, 3 * DAY_MS)
    assert.equal(await amendments.edit(message('w2', 'в пятницу'), 'w1'), 'late')
    assert.equal(taken[0]?.type, 'edit')
  })
})
