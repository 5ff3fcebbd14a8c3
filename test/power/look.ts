/**
 * What is in a store after the power came back: through the product, which has to start on it, and
 * then past the product, message by message.
 */
import type { BatchStore, BatchView, Counts } from '../../src/batching/store.ts'
import type { Survives } from '../../src/batching/store-roles.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Deadline } from '../../src/service.ts'
import type { Books, Found } from './books.ts'
import type { Contents, Engine, Lot } from './engines.ts'
import { readPayload } from './message.ts'
import { storeAt } from './store.ts'

export interface Sight {
  readonly found: Found
  readonly survives: readonly Survives[]
  readonly integrity: string
  /** What must not be, whatever was acknowledged. */
  readonly wrong: readonly string[]
}

const AT_ONCE = 500

export async function look(engine: Engine, books: Books): Promise<Sight> {
  const found = new Map<string, string>()
  const { survives, counts } = await withStore(engine, async (store) => {
    await each(books.names('b'), async (id) => {
      const view = await store.batch(id as BatchId)
      if (view) found.set(`b:${id}`, stateOf(view))
    })
    await each(books.names('h'), async (c) => {
      const { hold } = await store.conversation(c as ConversationKey)
      if (hold !== null) found.set(`h:${c}`, 'held')
    })
    return { survives: store.identity().survives, counts: await store.counts() }
  })
  const { messages, integrity } = await engine.contents()
  const wrong = wrongCounts(counts, messages)
  for (const { payload } of messages) {
    const { id, state } = readPayload(payload)
    if (found.has(`m:${id}`)) wrong.push(`message ${id} is there twice`)
    found.set(`m:${id}`, state)
  }
  return { found, survives, integrity, wrong }
}

export async function withStore<Answer>(
  engine: Engine,
  work: (store: BatchStore) => Promise<Answer>,
): Promise<Answer> {
  const store = storeAt(engine.place)
  await store.start()
  try {
    return await work(store)
  } finally {
    await store.stop(new Deadline(2000))
  }
}

/** Some at a time: a connection takes so many, and a heap too. */
async function each(names: readonly string[], work: (name: string) => Promise<void>) {
  for (let from = 0; from < names.length; from += AT_ONCE) {
    await Promise.all(names.slice(from, from + AT_ONCE).map(work))
  }
}

/** As the ledger calls it: a turn that runs is known by how far its answer is. */
function stateOf({ state, draft, parts }: BatchView): string {
  if (state !== 'running') return state
  const [part] = parts
  if (part && part.state !== 'waiting') return part.state
  return draft ? 'drafted' : 'running'
}

function wrongCounts(counts: Counts, messages: Contents['messages']): string[] {
  const { accepted, answered, failed, discarded, revoked, open } = counts
  const there: Record<Lot, number> = { open: 0, answered: 0, failed: 0 }
  for (const { lot } of messages) there[lot] += 1
  const addUp = accepted === answered + failed + discarded + revoked + open
  const areThere = there.open === open && there.answered === answered && there.failed === failed
  return addUp && areThere
    ? []
    : [`the counts ${JSON.stringify(counts)} are not what is there: ${JSON.stringify(there)}`]
}
