/** `docs/operating/capacity.md`, from what was measured; a test holds the file equal to it. */
import { costsOf, SOURCES, type Source, type Taken } from './costs.ts'
import { type Needs, needsOf, type Terms, type Traffic } from './needs.ts'

export const TRAFFIC: Omit<Traffic, 'conversationsPerDay'> = {
  turnsPerConversation: 4,
  messagesPerTurn: 5,
  textBytes: 50,
  busiestHour: 0.1,
}

export const TERMS: Terms = {
  openS: 15,
  retentionS: 86_400,
  dedupeS: 86_400,
  load: 0.5,
  memoryRoom: 0.5,
  perCoreMonth: 20,
  perGibMonth: 5,
}

const COLUMNS = [1000, 100_000, 10_000_000]

const WHAT: Readonly<Record<Source, readonly [what: string, unit: string]>> = {
  apiUsPerMessage: ['API: CPU of a message', 'µs'],
  answerUsPerTurn: ['processor and worker: CPU of a turn', 'µs'],
  redisUsPerTurn: ['Redis: CPU of a turn', 'µs'],
  restingUsPerMessage: ['API: CPU of a message where it rests between two', 'µs'],
  wireBytesPerTurn: ['bytes to Redis and back, of a turn', 'B'],
  wireBytesOfLong: ['the same, with 1 000 bytes more in each message', 'B'],
  keptBytesPerTurn: ['memory of an answered turn, until `RETENTION` ends', 'B'],
  keptBytesOfLong: ['the same, with 1 000 bytes more in each message', 'B'],
  openBytesPerBatch: ['memory of an open batch beside its texts', 'B'],
  idBytes: ['memory of a message id, until `DEDUPE_WINDOW` ends', 'B'],
  apiMiB: ['memory of a process: API', 'MiB'],
  processorMiB: ['memory of a process: processor', 'MiB'],
  workerMiB: ['memory of a process: worker', 'MiB'],
}

export function capacityPage({ machine, measured }: Taken): string {
  const costs = costsOf(measured)
  const columns = COLUMNS.map((conversationsPerDay) =>
    needsOf(costs, { ...TRAFFIC, conversationsPerDay }, TERMS),
  )
  const { turnsPerConversation, messagesPerTurn, textBytes, busiestHour } = TRAFFIC
  return `# Capacity

What so many conversations a day need, reckoned from what one turn was measured to cost. Measured on ${machine.cpu}, ${machine.cores} cores of a virtual machine, Node ${machine.node}, Redis ${machine.redis}, ${machine.date.slice(0, 10)}; another machine has other figures, and \`npm run capacity -- --help\` says how to get your own.

## The answer

A conversation here is ${turnsPerConversation} answers to ${messagesPerTurn} messages of ${textBytes} bytes each, and ${busiestHour * 100} % of a day falls in its busiest hour. Everything is planned for that hour, with no core fuller than ${TERMS.load * 100} % and half as much memory again for a rewrite of the append-only file.

| a day | ${COLUMNS.map((count) => `${grouped(count)} conversations`).join(' | ')} |
| --- | ${COLUMNS.map(() => '---').join(' | ')} |
${rowsOf(columns)}

What a core costs in a month is taken for ${TERMS.perCoreMonth}, a GiB for ${TERMS.perGibMonth}, in whatever money: put in your own prices. Not in it: the model or backend that answers, which costs more than all of this, the disk, and the replicas of Redis.

One Redis uses one core. Beyond that the store goes on a Cluster, [in partitions](scaling.md#partitions), with as many primaries as the table says, or as many as hold its memory. Processes of the API stand behind a proxy, as many as you like. ${messagesPerTurn} messages are one answer: without batching, the backend would be asked ${messagesPerTurn} times as often.

## What was measured

| figure | value | by |
| --- | --- | --- |
${figures(measured)}

The CPU is that of processes which have much to do, as they have where cores are counted. One that rests between two messages pays for each waking, several times as much for each message, of which there are few then. A turn that is kept belongs to a person who was new: a person's later turns take less, as their ids and keys are there.

Memory is kept for \`RETENTION\` (a day): with \`RETENTION=0\` an answered batch leaves nothing but its ids, for \`DEDUPE_WINDOW\`, and what a person said last is not told to the model.

## Your own

\`\`\`sh
npm run capacity -- --conversations 250000 --turns 6 --messages 3 --bytes 120
npm run bench -- webhook whole-turns many-processes turn-costs memory-redis memory-ids memory-roles && npm run capacity -- --take
\`\`\`

The first reckons with the figures of this page, the second measures here and writes them and the page anew.
`
}

/** The lines of a table: one for each need, a column for each of these. */
export function rowsOf(columns: readonly Needs[]): string {
  const row = (what: string, say: (needs: Needs) => string): string =>
    `| ${what} | ${columns.map(say).join(' | ')} |`
  return [
    row('messages a day', (needs) => grouped(needs.messagesPerDay)),
    row('in the busiest hour: messages, turns a second', (needs) =>
      [needs.messagesPerSecond, needs.turnsPerSecond].map(rounded).join(', '),
    ),
    row('cores: API', (needs) => rounded(needs.cores.api)),
    row('cores: processors and workers', (needs) => rounded(needs.cores.answer)),
    row('cores: Redis', (needs) => rounded(needs.cores.redis)),
    row('processes: API, processor, worker', ({ processes }) =>
      [processes.api, processes.processor, processes.worker].join(', '),
    ),
    row('primaries of Redis', (needs) => String(needs.primaries)),
    row('memory of Redis', (needs) => size(needs.redisBytes)),
    row('memory of the processes', (needs) => size(needs.residentBytes)),
    row('to Redis and back', (needs) => `${size(needs.wireBytesPerSecond)}/s`),
    row('a month', (needs) => grouped(Math.ceil(needs.perMonth))),
  ].join('\n')
}

function figures(measured: Taken['measured']): string {
  return (Object.keys(SOURCES) as Source[])
    .map((name) => {
      const [what, unit] = WHAT[name]
      const [file] = SOURCES[name]
      const bench = file.slice(file.indexOf('-') + 1)
      return `| ${what} | ${grouped(Math.round(measured[name]))} ${unit} | \`npm run bench -- ${bench}\` |`
    })
    .join('\n')
}

const grouped = (value: number): string =>
  String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ')

/** Two digits that count. */
const rounded = (value: number): string =>
  value >= 10 ? grouped(value) : String(Number(value.toPrecision(2)))

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  return `${rounded(bytes / 2 ** (10 * power))} ${units[power]}`
}
