/** The costs of a turn, as the benches left them under `bench/results`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../test/support/source-tree.ts'
import type { Machine } from '../runner/machine.ts'
import { quantile } from '../runner/statistics.ts'
import type { Costs } from './needs.ts'
import { EACH, LONG, SHORT } from './turn-costs.ts'

/** Figure → the bench, its arm and its figure there. */
export const SOURCES = {
  apiUsPerMessage: ['webhook-against-bare', 'service', 'cpuUs'],
  answerUsPerTurn: ['reach-many-processes', '1 of each', 'cpuUs'],
  redisUsPerTurn: ['turns-whole-turns', 'whole', 'serverUs'],
  restingUsPerMessage: ['capacity-turn-costs', 'short', 'apiUs'],
  wireBytesPerTurn: ['capacity-turn-costs', 'short', 'wireBytes'],
  wireBytesOfLong: ['capacity-turn-costs', 'long', 'wireBytes'],
  keptBytesPerTurn: ['capacity-turn-costs', 'short', 'keptBytes'],
  keptBytesOfLong: ['capacity-turn-costs', 'long', 'keptBytes'],
  openBytesPerBatch: ['core-memory-redis', 'append', 'beside'],
  idBytes: ['reach-memory-ids', '20 ids', 'bytes'],
  apiMiB: ['reach-memory-roles', 'pending', 'api'],
  processorMiB: ['reach-memory-roles', 'pending', 'processor'],
  workerMiB: ['reach-memory-roles', 'pending', 'worker'],
} as const satisfies Readonly<Record<string, readonly [file: string, arm: string, figure: string]>>

export type Source = keyof typeof SOURCES
export type Measured = Readonly<Record<Source, number>>

export interface Taken {
  readonly machine: Machine
  readonly measured: Measured
}

const MIB = 2 ** 20

/** Medians of the last runs. Throws when one of the benches has not run. */
export function takeMeasured(): Taken {
  let machine: Machine | null = null
  const measured = Object.entries(SOURCES).map(([name, [file, arm, figure]]) => {
    const path = join(root, 'bench/results', `${file}.json`)
    const result = JSON.parse(readFileSync(path, 'utf8'))
    machine = result.machine
    const values = result.arms[arm]?.[figure]
    if (!Array.isArray(values)) throw new Error(`${path} has no ${figure} of ${arm}`)
    return [name, quantile(values, 0.5)]
  })
  if (machine === null) throw new Error('nothing was measured')
  return { machine, measured: Object.fromEntries(measured) as Measured }
}

export function costsOf(measured: Measured): Costs {
  const more = (LONG - SHORT) as number
  return {
    messagesPerTurn: EACH,
    textBytes: SHORT,
    apiUsPerMessage: measured.apiUsPerMessage,
    answerUsPerTurn: measured.answerUsPerTurn,
    redisUsPerTurn: measured.redisUsPerTurn,
    wireBytesPerTurn: measured.wireBytesPerTurn,
    wireBytesPerByte: (measured.wireBytesOfLong - measured.wireBytesPerTurn) / more,
    keptBytesPerTurn: measured.keptBytesPerTurn,
    keptBytesPerByte: (measured.keptBytesOfLong - measured.keptBytesPerTurn) / more,
    openBytesPerBatch: measured.openBytesPerBatch,
    idBytes: measured.idBytes,
    residentBytes: {
      api: measured.apiMiB * MIB,
      processor: measured.processorMiB * MIB,
      worker: measured.workerMiB * MIB,
    },
  }
}
