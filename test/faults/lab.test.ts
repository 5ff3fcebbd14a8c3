/** The fault lab itself: its verdicts, its table, and that each campaign plays. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { runScript } from '../support/run-script.ts'
import { root } from '../support/source-tree.ts'
import type { Outcome } from './campaign.ts'
import { hitsWantedIn, isFine, judge } from './judge.ts'
import { inLanes } from './lanes.ts'
import { NOTHING, together } from './outcomes.ts'
import { summaryOf, tableOf } from './table.ts'

const good: Outcome = { ...NOTHING, accepted: 10, faults: 5, points: new Map([['begun', 20]]) }

describe('the verdict on a row', () => {
  const is = (outcome: Partial<Outcome>): string => judge({ ...good, ...outcome }, 5, 20).is

  it('is green when nothing was lost or doubled and enough was played', () => {
    assert.equal(is({}), 'green')
    assert.equal(is({ doubled: 2, allowed: 2 }), 'green')
  })

  it('is red for anything lost, doubled without a reason, or broken', () => {
    for (const bad of [{ lost: 1 }, { doubled: 2, allowed: 1 }, { broken: ['the books'] }]) {
      assert.equal(is(bad), 'red')
    }
  })

  it('is incomplete when a point was hit too seldom, a fault is missing, or nobody wrote', () => {
    for (const thin of [{ points: new Map([['begun', 19]]) }, { faults: 4 }, { accepted: 0 }]) {
      assert.equal(is(thin), 'incomplete')
    }
    assert.deepEqual([hitsWantedIn('full'), hitsWantedIn('quick')], [20, 1])
  })

  it('lets a run end well only when it is green, or not this machine’s to play', () => {
    const all = (['green', 'red', 'incomplete', 'not run'] as const).map((one) =>
      isFine({ is: one, why: [] }),
    )
    assert.deepEqual(all, [true, false, false, true])
  })
})

describe('a run', () => {
  it('sums up what several systems had', () => {
    const sum = together([good, { ...good, lost: 1, points: new Map([['sealed', 1]]) }])
    assert.deepEqual([sum.accepted, sum.lost, sum.faults], [20, 1, 10])
    assert.deepEqual(
      [...sum.points],
      [
        ['begun', 20],
        ['sealed', 1],
      ],
    )
  })

  it('has those that compute one after another, and those that wait beside them', async () => {
    const order: string[] = []
    const gates = new Map(['c1', 'c2', 'w1', 'w2'].map((n) => [n, Promise.withResolvers<void>()]))
    const items = [...gates.keys()].map((name) => ({ name, waits: name.startsWith('w') }))
    const all = inLanes(items, 1, async ({ name }) => {
      order.push(name)
      await gates.get(name)?.promise
    })
    assert.deepEqual(order, ['c1', 'w1'])
    for (const gate of gates.values()) gate.resolve()
    await all
    assert.deepEqual(order.toSorted(), ['c1', 'c2', 'w1', 'w2'])
  })

  it('says of what it could not play that it was not run', () => {
    const row = {
      ...{ campaign: { name: 'power', row: 'power cut' }, asked: 10, outcome: null, tookS: 0 },
      verdict: { is: 'not run', why: ['root'] } as const,
    }
    assert.match(tableOf([row]), /^power cut +– .*10 +not run$/m)
    assert.equal(summaryOf([row]), '1 row: 1 not run')
  })

  it('tells which campaigns there are to who names another', async () => {
    const { code, output } = await runScript('test/faults/run.ts', ['--only', 'nothing'])
    assert.equal(code, 2)
    assert.match(output, /there is no nothing/)
    assert.match(output, /these campaigns alone: kills/)
  })

  it('plays campaigns side by side, and keeps what it found', { timeout: 110_000 }, async () => {
    const { code, output } = await runScript('test/faults/run.ts', [
      ...['--only', 'restarts,cuts,repeats,spool-power', '--count', '4', '--seed', '7'],
    ])
    assert.equal(code, 0, output)
    assert.match(output, /^quick: 4 of \d+ campaigns, seed 7$/m)
    for (const row of ['Redis killed', 'connection cut', 'each message 1 to 3 times']) {
      assert.match(output, new RegExp(`^${row}.* 4  green$`, 'm'))
    }
    // Where it cannot be played, that is said, and counts for nothing.
    assert.match(output, /^power cut under the spool.* 4 {2}(green|not run)$/m)
    const [, kept = ''] = /^kept in (.+\.json)$/m.exec(output) ?? []
    const { seed, rows } = JSON.parse(readFileSync(kept, 'utf8'))
    assert.deepEqual([seed, rows.length], [7, 4])
    for (const end of ['.json', '.md']) rmSync(kept.replace(/\.json$/, end))
  })

  it('leaves no process behind when it is stopped', { timeout: 60_000 }, async () => {
    const child = spawn(process.execPath, [RUN, '--only', 'cuts', '--count', '100000'], {
      // Its own group, so that nobody of others is counted.
      ...{ detached: true, stdio: ['ignore', 'pipe', 'inherit'], cwd: root },
    })
    await once(child.stdout, 'data')
    await until(() => inGroup(child.pid).length > 3)
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    assert.equal(code, 130)
    await until(() => inGroup(child.pid).length === 0)
  })
})

const RUN = join(root, 'test/faults/run.ts')

/** Ids of those of the group that are not dead. */
function inGroup(group = 0): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const [state, , its] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(its) === group && state !== 'Z'
    } catch {
      // It has just ended.
      return false
    }
  })
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(50)
}
