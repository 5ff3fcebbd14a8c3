/**
 * What so many conversations a day need, from what one turn was measured to cost. Pure: the costs come
 * from a run of the benches, the traffic and the prices from who asks.
 */

/** Of one turn; times in µs, sizes in bytes. */
export interface Costs {
  readonly messagesPerTurn: number
  /** Of a text when the costs were measured. */
  readonly textBytes: number
  readonly apiUsPerMessage: number
  /** Of a processor and a worker together. */
  readonly answerUsPerTurn: number
  readonly redisUsPerTurn: number
  readonly wireBytesPerTurn: number
  /** More of each for a byte more in every message. */
  readonly wireBytesPerByte: number
  readonly keptBytesPerByte: number
  /** Of a turn that is answered, until `RETENTION` ends. */
  readonly keptBytesPerTurn: number
  /** Of an open batch beside its texts. */
  readonly openBytesPerBatch: number
  /** Of a message id, until `DEDUPE_WINDOW` ends. */
  readonly idBytes: number
  /** Of a process, resident. */
  readonly residentBytes: {
    readonly api: number
    readonly processor: number
    readonly worker: number
  }
}

export interface Traffic {
  readonly conversationsPerDay: number
  /** Answers in one. */
  readonly turnsPerConversation: number
  readonly messagesPerTurn: number
  readonly textBytes: number
  /** Of the day, how much falls in its busiest hour. */
  readonly busiestHour: number
}

export interface Terms {
  /** From the first message of a batch until it is answered, s. */
  readonly openS: number
  readonly retentionS: number
  readonly dedupeS: number
  /** No core is planned fuller than this. */
  readonly load: number
  /** Of memory, how much room a rewrite of the append-only file wants. */
  readonly memoryRoom: number
  readonly perCoreMonth: number
  readonly perGibMonth: number
}

export interface Needs {
  readonly messagesPerDay: number
  readonly messagesPerSecond: number
  readonly turnsPerSecond: number
  readonly cores: {
    readonly api: number
    /** Processors and workers. */
    readonly answer: number
    readonly redis: number
  }
  /** Of one role as many as that, whole ones. */
  readonly processes: { readonly api: number; readonly processor: number; readonly worker: number }
  /** Servers of Redis, as one uses one core. */
  readonly primaries: number
  readonly redisBytes: number
  readonly residentBytes: number
  readonly wireBytesPerSecond: number
  readonly perMonth: number
}

const DAY_S = 86_400
const HOUR_S = 3600
const GIB = 2 ** 30

/** In the busiest hour, at `terms.load` of each core. */
export function needsOf(costs: Costs, traffic: Traffic, terms: Terms): Needs {
  const { conversationsPerDay, turnsPerConversation, messagesPerTurn, textBytes } = traffic
  const turnsPerDay = conversationsPerDay * turnsPerConversation
  const turnsPerSecond = (turnsPerDay * traffic.busiestHour) / HOUR_S
  const messagesPerSecond = turnsPerSecond * messagesPerTurn
  const coresOf = (us: number, perSecond: number): number => (us * perSecond) / 1e6 / terms.load
  const cores = {
    api: coresOf(costs.apiUsPerMessage, messagesPerSecond),
    answer: coresOf(costs.answerUsPerTurn, turnsPerSecond),
    redis: coresOf(costs.redisUsPerTurn, turnsPerSecond),
  }
  // One of each takes half of what both take.
  const pairs = Math.max(1, Math.ceil(cores.answer / 2))
  const processes = {
    api: Math.max(1, Math.ceil(cores.api)),
    ...{ processor: pairs, worker: pairs },
  }
  // What a turn was measured with is in its price; what is longer costs by the byte.
  const moreBytes = textBytes - costs.textBytes
  const keptPerTurn = costs.keptBytesPerTurn + moreBytes * costs.keptBytesPerByte
  const wirePerTurn = costs.wireBytesPerTurn + moreBytes * costs.wireBytesPerByte
  const withinS = (s: number): number =>
    s >= DAY_S ? (turnsPerDay * s) / DAY_S : Math.min(turnsPerDay, turnsPerSecond * s)
  const openBytes =
    turnsPerSecond * terms.openS * (costs.openBytesPerBatch + messagesPerTurn * textBytes)
  const keptBytes = withinS(terms.retentionS) * Math.max(0, keptPerTurn)
  // An id that is kept no longer than its turn is in the price of the turn.
  const idsBeyond = Math.max(0, withinS(terms.dedupeS) - withinS(terms.retentionS))
  const idBytes = idsBeyond * messagesPerTurn * costs.idBytes
  const redisBytes = (openBytes + keptBytes + idBytes) * (1 + terms.memoryRoom)
  const residentBytes =
    processes.api * costs.residentBytes.api +
    processes.processor * costs.residentBytes.processor +
    processes.worker * costs.residentBytes.worker
  const allCores = cores.api + cores.answer + cores.redis
  const perMonth =
    allCores * terms.perCoreMonth + ((redisBytes + residentBytes) / GIB) * terms.perGibMonth
  return {
    messagesPerDay: turnsPerDay * messagesPerTurn,
    messagesPerSecond,
    turnsPerSecond,
    cores,
    processes,
    primaries: Math.max(1, Math.ceil(cores.redis)),
    redisBytes,
    residentBytes,
    wireBytesPerSecond: wirePerTurn * turnsPerSecond,
    perMonth,
  }
}
