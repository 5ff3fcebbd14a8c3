/**
 * People who are known by a phone, by a hidden id (LID), or by both at once, in any order, write to the
 * whole service. Judged by what was sent and what was answered alone.
 */

import { type Engine, House } from '../support/house.ts'
import { seededRandom } from '../support/seeded-random.ts'

export interface PlayOptions {
  readonly engine: Engine
  readonly people: number
  readonly seed: number
  readonly onProgress?: (done: number) => void
}

export interface Verdict {
  readonly people: number
  readonly sent: number
  readonly turns: number
  readonly linked: number
  readonly postponed: number
  /** One sentence each; none = all is well. */
  readonly wrong: readonly string[]
}

type Form = 'phone' | 'lid' | 'both'
const KEY = 'a-key-of-the-identity-play'
const AT_A_TIME = 20
const MAX_MESSAGES = 12

interface Answered {
  readonly conversation: string
  readonly numbers: readonly number[]
}

interface Person {
  readonly index: number
  readonly phone: string
  readonly lid: string
  /** Number of the first message that told both; Infinity = none did. */
  pairedAt: number
  sent: number
  readonly answered: Answered[]
}

export async function playIdentity(options: PlayOptions): Promise<Verdict> {
  const { engine, people: count, seed, onProgress } = options
  await using house = await House.start({
    engine,
    realTime: true,
    unsigned: true,
    env: { BAILEYS_API_KEY: KEY, BATCH_TIMEOUT: '120', HISTORY_TURNS: '2' },
  })
  const people = Array.from({ length: count }, (_, index) => personOf(index))
  const printed = listen(house, people)
  let done = 0
  const waiting = [...people]
  const work = async (): Promise<void> => {
    for (let person = waiting.shift(); person; person = waiting.shift()) {
      await write(person, dice(seed + person.index), house)
      done += 1
      onProgress?.(done)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  const sent = people.reduce((sum, person) => sum + person.sent, 0)
  await printed.until(sent)
  const { accepted, answered, open, failed } = await house.gateway.store.counts()
  const books =
    accepted === sent && answered === sent && open === 0 && failed === 0
      ? []
      : [`the books do not add up: ${JSON.stringify({ sent, accepted, answered, open, failed })}`]
  return {
    people: count,
    sent,
    turns: people.reduce((sum, person) => sum + person.answered.length, 0),
    linked: house.events.all('alias.linked').length,
    postponed: house.events.all('alias.postponed').length,
    wrong: [...people.flatMap(judge), ...printed.wrong, ...books],
  }
}

type Dice = (limit: number) => number

function dice(seed: number): Dice {
  const random = seededRandom(seed)
  return (limit) => Math.floor(random() * limit)
}

function personOf(index: number): Person {
  const digits = String(index).padStart(6, '0')
  return {
    index,
    phone: `7900${digits}0`,
    lid: `1234567${digits}`,
    pairedAt: Number.POSITIVE_INFINITY,
    sent: 0,
    answered: [],
  }
}

async function write(person: Person, below: Dice, house: House): Promise<void> {
  const messages = 3 + below(MAX_MESSAGES - 2)
  for (let n = 1; n <= messages; n += 1) {
    const form = (['phone', 'lid', 'both'] as const)[below(3)] ?? 'both'
    await post(person, n, form, house)
    person.sent = n
    if (form === 'both' && person.pairedAt === Number.POSITIVE_INFINITY) person.pairedAt = n
    // Sometimes long enough for the window to close, or for an answer to be under way.
    await pause(below(4) === 0 ? below(300) : below(30))
  }
}

/** People take their time; nothing that is judged depends on how long. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function post(
  { index, phone, lid }: Person,
  n: number,
  form: Form,
  house: House,
): Promise<void> {
  const key = {
    remoteJid: form === 'phone' ? `${phone}@s.whatsapp.net` : `${lid}@lid`,
    ...(form === 'both' && { remoteJidAlt: `${phone}@s.whatsapp.net`, addressingMode: 'lid' }),
    fromMe: false,
    id: `3A${String(index).padStart(10, '0')}${String(n).padStart(6, '0')}`,
  }
  const message = {
    key,
    messageTimestamp: Math.floor(Date.now() / 1000),
    pushName: 'Anna',
    message: { conversation: `${index}:${n}` },
  }
  const response = await fetch(`${house.gateway.url}/webhook/baileys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': KEY },
    body: JSON.stringify({
      event: 'messages.upsert',
      session: 'main',
      data: { messages: [message], type: 'notify' },
    }),
  })
  if (response.status !== 200)
    throw new Error(`answered ${response.status}: ${await response.text()}`)
  await response.body?.cancel()
}

/** Which messages each turn answered, by the echo of their words. */
function listen(house: House, people: readonly Person[]) {
  const texts = new Map<string, string>()
  const wrong: string[] = []
  let heard = 0
  let wake = (): void => {}
  house.gateway.events.subscribe((name, event) => {
    if (name === 'reply.printed') {
      const { part } = event as { part: { partId: string; text: string } }
      const batchId = part.partId.replace(/\.\d+$/, '')
      texts.set(batchId, `${texts.get(batchId) ?? ''} ${part.text}`)
    }
    if (name !== 'turn.answered') return
    const { batchId, conversation } = event as { batchId: string; conversation: string }
    const said = (texts.get(batchId) ?? '')
      .trim()
      .split(/\s+/)
      .map((word) => word.split(':').map(Number))
    const [index = -1] = said[0] ?? []
    const numbers = said.map(([, n = -1]) => n)
    if (said.some(([one]) => one !== index))
      wrong.push(`one turn has words of several people: ${texts.get(batchId)}`)
    people[index]?.answered.push({ conversation, numbers })
    heard += numbers.length
    wake()
  })
  return {
    wrong,
    until: async (count: number): Promise<void> => {
      while (heard < count) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
    },
  }
}

function judge({ index, phone, pairedAt, sent, answered }: Person): string[] {
  const wrong: string[] = []
  const say = (what: string): void => {
    wrong.push(`person ${index} (pair told with ${pairedAt}): ${what}: ${JSON.stringify(answered)}`)
  }
  const all = answered.flatMap(({ numbers }) => numbers).sort((a, b) => a - b)
  if (all.length !== sent || all.some((n, i) => n !== i + 1))
    say('not each message was answered once')
  for (const { numbers, conversation } of answered) {
    if (numbers.some((n, i) => i > 0 && n <= (numbers[i - 1] ?? 0))) say('a turn is out of order')
    const isAfter = numbers.some((n) => n >= pairedAt)
    if (isAfter && conversation !== `default:baileys:${phone}`) {
      say(`a turn after the pair was told is in ${conversation}`)
    }
  }
  const after = answered.filter(({ numbers }) => numbers.some((n) => n >= pairedAt))
  const flat = after.flatMap(({ numbers }) => numbers.filter((n) => n >= pairedAt))
  if (flat.some((n, i) => i > 0 && n <= (flat[i - 1] ?? 0))) say('turns are out of order')
  return wrong
}
