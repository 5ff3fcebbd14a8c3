/**
 * One arm as a process of its own, so that its CPU can be told from that of the bench. Started by
 * `arms.ts`, which sends it messages as they are written, and asks now and then for the turns that
 * were begun since it last asked.
 *
 *   node bench/stage/arm-process.ts <arm> <redis url> <window ms>
 */
import type { Arm, ArmMessage, ArmOptions } from './arm.ts'
import type { ArmName, ToArm } from './arms.ts'
import type { SeenTurn } from './seen-turns.ts'

/** Each loads only what it needs itself. */
const OPEN: Readonly<Record<ArmName, (options: ArmOptions) => Promise<Arm>>> = {
  ours: async (options) => (await import('./arm-ours.ts')).openOurs(options),
  original: async (options) => (await import('./arm-original.ts')).openOriginal(options),
  debounce: async (options) => (await import('./arm-debounce.ts')).openDebounce(options),
  chat: async (options) => (await import('./arm-chat.ts')).openChat(options),
}

const [name = '', url = '', windowMs = ''] = process.argv.slice(2)
let turns: SeenTurn[] = []
const arm = await OPEN[name as ArmName]({
  url,
  windowMs: Number(windowMs),
  onTurn: (texts) => turns.push({ at: performance.timeOrigin + performance.now(), texts }),
})

process.on('message', (asked: ToArm) => {
  if (asked !== 'turns') take(asked)
  else {
    process.send?.(turns)
    turns = []
  }
})
process.once('disconnect', () => {
  void arm[Symbol.asyncDispose]().then(() => process.exit(0), fail)
})
process.send?.('ready')

function take(message: ArmMessage): void {
  arm.take(message).catch(fail)
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
