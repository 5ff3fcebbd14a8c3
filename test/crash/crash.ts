/**
 * Kills processes of a running system, each at a named point, while people write on. Where each role
 * has processes of its own, one of each role is on its way to its death at any time; a process with
 * all roles dies once at a time. Afterwards all that was taken has to be answered once.
 */
import type { Member } from '../outside/member.ts'
import type { System } from '../outside/system.ts'
import { POINTS, type Point } from './points.ts'

/** A process that does not come to its point within this goes on living, and the point is missed. */
const COME_TO_IT_MS = 30_000

/** A system that does not go on would be waited for without end. */
const MISSES_MAX = 20

export interface Hits {
  readonly hits: ReadonlyMap<string, number>
  readonly missed: number
}

export interface CrashOptions {
  readonly runs: number
  readonly random: () => number
  readonly signal?: AbortSignal
  readonly onKill?: (done: number) => void
}

/** Points that a system on this store can come to. */
export const pointsOf = (store: System['store']): readonly Point[] =>
  POINTS.filter((point) => !point.only || point.only === store)

/** Plays `runs` kills; every point comes as often as every other, in a random order. */
export async function crash(system: System, options: CrashOptions): Promise<Hits> {
  const { runs, random, signal, onKill = () => {} } = options
  const points = pointsOf(system.store)
  const hits = new Map(points.map(({ name }) => [name, 0]))
  const restarts: Promise<void>[] = []
  const restart = (member: Member): void => {
    const start = member.start()
    // One that fails is told of at the end.
    start.catch(() => {})
    restarts.push(start)
  }
  let [done, missed] = [0, 0]
  const kill = async (row: Point[]): Promise<void> => {
    // What was missed has its turn again at the end.
    for (const point of row) {
      if (signal?.aborted) return
      const member = await aliveMember(system, point, random)
      if (await killAt(point, member, system)) {
        hits.set(point.name, (hits.get(point.name) ?? 0) + 1)
        restart(member)
        done += 1
        onKill(done)
      } else {
        missed += 1
        await end(member, system)
        restart(member)
        if (missed <= MISSES_MAX) row.push(point)
      }
    }
  }
  const row = shuffled(points, runs, random)
  const lanes =
    system.members.length > 1 ? [...Map.groupBy(row, ({ role }) => role).values()] : [row]
  await Promise.all(lanes.map(kill))
  await Promise.all(restarts)
  return { hits, missed }
}

/** One that missed its point might come to it later, when nobody starts it again. */
async function end(member: Member, system: System): Promise<void> {
  member.kill('SIGKILL')
  await member.exit
  system.noteDeath(member)
}

/** One that runs the role of the point; while it starts again another one does the work. */
async function aliveMember(system: System, { role }: Point, random: () => number): Promise<Member> {
  for (;;) {
    const able = system.members.filter((member) => member.roles.includes(role) && member.isReady)
    const one = able[Math.floor(random() * able.length)]
    if (one && (able.length > 1 || system.members.length === 1)) return one
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function killAt(point: Point, member: Member, system: System): Promise<boolean> {
  const { at } = point
  if (point.afterDeath && system.members.length === 1) {
    // Somebody has to be on the way to an answer, or the next life has nothing to take again.
    if (!(await diesAt({ event: 'turn.begun' }, member, system))) return false
    // It comes to its point before anybody could tell it so.
    if (typeof at === 'object') void member.start(at).catch(() => {})
    return await isDead(member, system)
  }
  return await diesAt(at, member, system)
}

async function diesAt(at: Point['at'], member: Member, system: System): Promise<boolean> {
  order(at, member, system)
  const died = await isDead(member, system)
  if (at === 'on the wire') system.sink.onDelivery = () => true
  if (at === 'answered') system.traffic.onTaken = () => {}
  return died
}

/** Whether it died in time; one that did not is told to live on. */
async function isDead(member: Member, system: System): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), COME_TO_IT_MS)
  })
  const died = await Promise.race([member.exit.then(() => true), late])
  clearTimeout(timer)
  if (died) system.noteDeath(member)
  else member.order(null)
  return died
}

function order(at: Point['at'], member: Member, { sink, traffic }: System): void {
  const { instance } = member
  if (at === 'on the wire') {
    sink.onDelivery = (delivery) => {
      if (delivery.instance !== instance) return true
      member.kill('SIGKILL')
      return false
    }
  } else if (at === 'answered') {
    traffic.onTaken = (url) => {
      if (url === member.url) member.kill('SIGKILL')
    }
  } else member.order(at)
}

function shuffled(points: readonly Point[], runs: number, random: () => number): Point[] {
  return Array.from({ length: runs }, (_, n) => points[n % points.length] as Point)
    .map((point) => ({ point, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ point }) => point)
}
