/**
 * `npm run test:power -- --cuts 20 [--store sqlite]`: real power cuts under the stores, which have
 * to hold afterwards what they acknowledged; then one under each that was made weak, to see that a
 * loss would show. Exit 0: nothing lost, or `not run`, which proves nothing.
 */
import { parseArgs } from 'node:util'
import { findRedis } from '../support/find-redis.ts'
import { Progress } from '../support/progress.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { ENGINES, type EngineName, WEAKNESS } from './engines.ts'
import { type Cut, Life, type Pace } from './life.ts'
import { whatIsMissing } from './needs.ts'
import { contrastOf, isClean, lineOf, neverIn, summaryOf, writesOf } from './report.ts'

const HELP = `npm run test:power -- [options]
  --cuts N      power cuts for each store (default 5)
  --store S     sqlite, redis or both (default)
  --seed N      of moments and calls; the machine's own timing is not in it
Needs root, loop devices, mkfs.ext4 and python3; else it says what is missing, and proves nothing.
`
/** A store goes through so many cuts, then a new one begins: it would grow without end. */
const CUTS_OF_A_LIFE = 5
const REMARKS_MAX = 10

const { values } = parseArgs({
  options: {
    cuts: { type: 'string', default: '5' },
    store: { type: 'string', default: 'both' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    help: { type: 'boolean', default: false },
  },
})
const names = ENGINES.filter((name) => values.store === 'both' || values.store === name)
const cuts = Number(values.cuts)
if (values.help || names.length === 0 || !(cuts >= 1)) {
  process.stdout.write(HELP)
  process.exit(values.help ? 0 : 1)
}
const missing = whatIsMissing() ?? (names.includes('redis') ? redisMissing() : null)
if (missing) {
  console.log(`power cut: not run: ${missing}`)
  process.exit(0)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // What runs and what is mounted ends with this process: see `disk.ts`.
  process.once(signal, () => process.exit(130))
}

const random = seededRandom(Number(values.seed))
const progress = new Progress('cuts', (cuts + 1) * names.length)
let done = 0
console.log(`power cuts under ${names.join(' and ')}: ${cuts} each, seed ${values.seed}`)
const strong = new Map<EngineName, Cut[]>()
const weak = new Map<EngineName, Cut>()
for (const name of names) strong.set(name, await manyCuts(name))
for (const name of names) weak.set(name, await weakCut(name))
progress.end()
for (const [name, all] of strong) console.log(`${name}: ${writesOf(all)}`)
for (const [name, cut] of weak) console.log(contrastOf(`${name}, ${WEAKNESS[name]}`, cut))
const saysTooMuch = weak.get('redis')?.saysHost === true
if (saysTooMuch) console.log('redis says that it survives host, with appendfsync=everysec')
const never = [...strong].flatMap(([name, all]) => neverIn(all).map((what) => `${name}: ${what}`))
if (never.length > 0) console.log(`incomplete: never acknowledged: ${never.join(', ')}`)
for (const [name, all] of strong) console.log(summaryOf(name, all))
const isProved = [...strong.values()].flat().every(isClean)
process.exitCode = isProved && !saysTooMuch && never.length === 0 ? 0 : 1

async function manyCuts(name: EngineName): Promise<Cut[]> {
  const all: Cut[] = []
  while (all.length < cuts) {
    const life = await Life.begin(name)
    try {
      for (let n = 0; n < CUTS_OF_A_LIFE && all.length < cuts; n += 1) {
        const pace: Pace = all.length % 2 === 0 ? 'rush' : 'calm'
        const cut = await life.cut(0.5 + random() * 2.5, nextSeed(), pace)
        all.push(cut)
        tell(`${name} ${all.length}, ${pace}`, cut)
        for (const remark of cut.wrong.slice(0, REMARKS_MAX)) console.log(`    ${remark}`)
        // What does not start once will not start again.
        if (cut.integrity !== 'ok') break
      }
    } finally {
      await life.end()
    }
  }
  return all
}

async function weakCut(name: EngineName): Promise<Cut> {
  const life = await Life.begin(name, true)
  try {
    const cut = await life.cut(1 + random(), nextSeed(), 'calm')
    tell(`${name}, ${WEAKNESS[name]}`, cut)
    return cut
  } finally {
    await life.end()
  }
}

function tell(label: string, cut: Cut): void {
  progress.end()
  console.log(lineOf(label, cut))
  done += 1
  progress.at(done)
}

function nextSeed(): number {
  return Math.floor(random() * 0x7fffffff)
}

function redisMissing(): string | null {
  const found = findRedis()
  return found.ok ? null : `redis-server (${found.sentence})`
}
