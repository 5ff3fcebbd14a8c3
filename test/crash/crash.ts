/**
 * Kills processes of a running system, one at a time, each at a named point, while people write on.
 * Afterwards all that was taken has to be answered once.
 */
import type { Member } from '../outside/member.ts'
import type { System } from '../outside/system.ts'
import { POINTS, type Point } from './points.ts'

/** A process that does not come to its point within this goes on living, and the point is missed. */
const COME_TO_IT_MS = 15_000

export interface Hits {
  readonly hits: ReadonlyMap<string, number>
  readonly missed: number
}

/** Plays `runs` kills; every point comes as often as every other, in a random order. */
export async function crash(
  system: System,
  runs: number,
  random: () => number,
  onKill: (done: number) => void = () => {},
): Promise<Hits> {
  const hits = new Map(POINTS.map(({ name }) => [name, 0]))
  let missed = 0
  const restarts: Promise<void>[] = []
  for (const [index, point] of shuffled(runs, random).entries()) {
    const member = await aliveMember(system, point, random)
    if (await killAt(point, member, system)) {
      hits.set(point.name, (hits.get(point.name) ?? 0) + 1)
      restarts.push(member.start())
    } else missed += 1
    onKill(index + 1)
  }
  await Promise.all(restarts)
  return { hits, missed }
}

/** One that runs the role of the point; while it starts again the other one does the work. */
async function aliveMember(system: System, { role }: Point, random: () => number): Promise<Member> {
  for (;;) {
    const able = system.members.filter((member) => member.roles.includes(role) && member.isReady)
    const one = able[Math.floor(random() * able.length)]
    if (one) return one
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function killAt(point: Point, member: Member, system: System): Promise<boolean> {
  const { instance } = member
  if (point.order) member.order(point.order)
  else {
    system.sink.onDelivery = (delivery) => {
      if (delivery.instance !== instance) return true
      member.kill('SIGKILL')
      return false
    }
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), COME_TO_IT_MS)
  })
  const died = await Promise.race([member.exit.then(() => true), late])
  clearTimeout(timer)
  system.sink.onDelivery = () => true
  if (died) system.note(instance)
  else member.order(null)
  return died
}

function shuffled(runs: number, random: () => number): Point[] {
  return Array.from({ length: runs }, (_, n) => POINTS[n % POINTS.length] as Point)
    .map((point) => ({ point, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ point }) => point)
}
