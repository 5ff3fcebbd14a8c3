import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findCycle, importsOf, root, sourceFiles } from '../support/source-tree.ts'

const files = sourceFiles().filter((file) => !file.endsWith('.test.ts'))
const imports = files.flatMap(importsOf)

interface Rule {
  readonly says: string
  /** Imports of this … */
  readonly to: RegExp
  /** … are allowed from here alone … */
  readonly onlyFrom?: RegExp
  /** … or forbidden from here. */
  readonly neverFrom?: RegExp
  /** Types may pass: they are the ports' words. */
  readonly typesToo: boolean
}

const RULES: readonly Rule[] = [
  {
    says: 'BullMQ is known to the queue on it',
    to: /^bullmq$/,
    onlyFrom: /^src\/queue\/(bullmq|bull-worker)\.ts$/,
    typesToo: true,
  },
  {
    says: 'ioredis is known to who opens clients, and to the Redis engine',
    to: /^ioredis$/,
    onlyFrom: /^src\/(redis-client\.ts|batching\/redis\/)/,
    typesToo: true,
  },
  {
    says: 'SQLite is known to its engine, to journals and to the memory of a bridge',
    to: /^node:sqlite$/,
    onlyFrom:
      /^src\/(batching\/sqlite\/|journal\/|spool\/spool-folder\.ts$|bridges\/(bridge-file|event-queue|send-memory)\.ts$)/,
    typesToo: true,
  },
  {
    says: 'Fastify is known to the ingress',
    to: /^fastify$/,
    onlyFrom: /^src\/ingress\//,
    typesToo: true,
  },
  {
    says: 'pino is known to the logs',
    to: /^pino$/,
    onlyFrom: /^src\/observability\/logs\//,
    typesToo: true,
  },
  {
    says: 'OpenTelemetry is known to traces',
    to: /^@opentelemetry\//,
    onlyFrom: /^src\/observability\/traces\//,
    typesToo: true,
  },
  {
    says: 'prom-client is known to the metrics',
    to: /^prom-client$/,
    onlyFrom: /^src\/observability\/metrics\//,
    typesToo: true,
  },
  {
    says: 'commander is known to the command line',
    to: /^commander$/,
    onlyFrom: /^src\/cli\//,
    typesToo: true,
  },
  {
    says: 'the Redis engine meets the rest in the composition root',
    to: /^src\/batching\/redis\//,
    onlyFrom: /^src\/(batching\/redis\/|(gateway|store-choice)\.ts$)/,
    typesToo: true,
  },
  {
    says: 'the SQLite engine meets the rest in the composition root',
    // What its error numbers mean is the same for every file.
    to: /^src\/batching\/sqlite\/(?!sqlite-errors)/,
    onlyFrom: /^src\/(batching\/sqlite\/|(gateway|store-choice)\.ts$)/,
    typesToo: true,
  },
  {
    says: 'queues meet the rest in the composition root',
    to: /^src\/queue\/(bullmq|partitioned-queue|memory)\.ts$/,
    onlyFrom: /^src\/((gateway|store-choice)\.ts$|queue\/partitioned-queue\.ts$)/,
    typesToo: true,
  },
  {
    says: 'channels that send meet the rest in the composition root',
    // Whose settings there are is asked of them all.
    to: /^src\/channels\/(console|registry)\.ts$/,
    onlyFrom: /^src\/((channel|intake|responder)-choice|gateway|config\/accounts)\.ts$/,
    typesToo: true,
  },
  {
    says: 'responders meet the rest in the composition root',
    to: /^src\/responders\/(?!responder\.ts)/,
    // A backend that answers later is half a responder, at the other end of the house.
    onlyFrom: /^src\/((gateway|responder-choice|index)\.ts|responders\/|ingress\/callback\.ts)/,
    typesToo: true,
  },
  {
    says: 'stages do not know the fronts',
    to: /^src\/(ingress|cli|operations|bridges|mcp|gateway)/,
    neverFrom: /^src\/(batching|channels|queue|worker|responders|replies)\//,
    typesToo: true,
  },
  {
    says: 'bridges know no stage: they speak to the service as everybody does',
    to: /^src\/(batching\/(?!sqlite\/sqlite-errors)|channels|queue|worker|responders|replies|operations|gateway|cli)/,
    neverFrom: /^src\/bridges\//,
    typesToo: true,
  },
  {
    says: 'bridges are known to their command',
    to: /^src\/bridges\//,
    onlyFrom: /^src\/(bridges\/|cli\/bridge\.ts$)/,
    typesToo: true,
  },
  {
    says: 'the protocol of AI clients is known to its server, which knows the operator and no stage',
    to: /^@modelcontextprotocol\/|^src\/mcp\//,
    onlyFrom: /^src\/(mcp\/|cli\/mcp\.ts$)/,
    typesToo: true,
  },
  {
    says: 'its tools act by ports alone',
    to: /^src\/(batching|channels|queue|worker|responders|replies|ingress|cli|gateway|config)/,
    neverFrom: /^src\/mcp\//,
    typesToo: true,
  },
  {
    says: 'the spool meets the rest in the composition root',
    to: /^src\/spool\//,
    // What is in it is told by who says whether all is well.
    onlyFrom: /^src\/(spool\/|(gateway|intake-choice)\.ts$|observability\/roles\/roles\.ts$)/,
    typesToo: true,
  },
  {
    says: 'settings are loaded by the fronts alone',
    to: /^src\/config\/load\.ts$/,
    onlyFrom: /^src\/(cli\/|config\/|index\.ts)/,
    typesToo: false,
  },
  {
    says: 'nobody reads the environment but config and the command line',
    to: /^node:process$/,
    onlyFrom: /^src\/(config|cli)\//,
    typesToo: true,
  },
  { says: 'the words import nothing', to: /./, neverFrom: /^src\/message\.ts$/, typesToo: true },
  { says: 'source knows no tests', to: /^test\//, neverFrom: /^src\//, typesToo: true },
]

describe('import rules', () => {
  for (const { says, to, onlyFrom, neverFrom, typesToo } of RULES) {
    it(says, () => {
      const wrong = imports
        .filter((found) => to.test(found.to) && (typesToo || !found.typeOnly))
        .filter(({ from }) => (onlyFrom ? !onlyFrom.test(from) : neverFrom?.test(from)))
      assert.deepEqual(wrong, [])
    })
  }

  it('let nobody who does not ask a model load the code that does', () => {
    const early = imports.filter(
      ({ to, typeOnly, dynamic }) => /^(?:ai$|@ai-sdk\/|undici$)/.test(to) && !typeOnly && !dynamic,
    )
    // The guarded fetcher is loaded by its user, in the composition root.
    assert.deepEqual(
      early.map(({ from }) => from),
      ['src/media/fetch-media.ts'],
    )
    const fetcher = imports.filter(({ to }) => to === 'src/media/fetch-media.ts')
    assert.ok(fetcher.length > 0 && fetcher.every(({ typeOnly, dynamic }) => typeOnly || dynamic))
  })

  it('let nobody who has no traces load the code that makes them', () => {
    const inside = /^src\/observability\/traces\//
    const entered = imports.filter(
      ({ from, to, typeOnly, dynamic }) =>
        inside.test(to) && !inside.test(from) && !typeOnly && !dynamic,
    )
    assert.deepEqual(
      [...new Set(entered.map(({ to }) => to))],
      ['src/observability/traces/traces.ts'],
    )
    const port = importsOf('src/observability/traces/traces.ts')
    assert.ok(port.every(({ to, typeOnly }) => typeOnly || to === 'src/trace-headers.ts'))
  })

  it('let nobody who does not serve AI clients load their protocol', () => {
    const server = imports.filter(({ to, typeOnly }) => to.startsWith('src/mcp/') && !typeOnly)
    const fromOutside = server.filter(({ from }) => !from.startsWith('src/mcp/'))
    assert.ok(fromOutside.length > 0 && fromOutside.every(({ dynamic }) => dynamic))
  })

  it('are of files that can be read at a sitting: 400 lines at most', () => {
    const lines = (file: string): number =>
      readFileSync(join(root, file), 'utf8').split('\n').length - 1
    assert.deepEqual(
      files.filter((file) => lines(file) > 400),
      [],
    )
  })

  it('see the imports that there are', () => {
    assert.ok(
      imports.some(
        ({ from, to }) => from === 'src/store-choice.ts' && to === 'src/queue/bullmq.ts',
      ),
    )
    assert.ok(imports.length > files.length)
  })

  it('allow no cycle', () => {
    assert.equal(findCycle(files), null)
  })
})
