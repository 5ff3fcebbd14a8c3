/**
 * One process of the system: the roles of ROLES on the settings of the environment, with an answer
 * of three parts unless RESPONDER names another. Told by its parent to die or freeze at a moment, it
 * does so before anything else runs.
 */
import { loadSettings } from '../../src/config/load.ts'
import { type Role, startGateway } from '../../src/gateway.ts'
import { Events } from '../../src/observability/events/events.ts'
import type { Responder } from '../../src/responders/responder.ts'
import type { Report } from './member.ts'
import { Moments, type Order } from './moments.ts'
import { takeSamples } from './sample.ts'
import { watchStalls } from './stalls.ts'

/** The texts, how many they were, and ends. */
const PARTS = Number(process.env.ANSWER_PARTS ?? 3)
const moments = new Moments(PARTS)

const responder: Responder = {
  name: `${PARTS} parts`,
  respond: async ({ text, messages }) => {
    moments.answering()
    const parts = [text, `${messages.length}`, ...Array<string>(PARTS).fill('end')]
    return parts.slice(0, PARTS).map((part) => ({ text: part }))
  },
}

// ^C is for its parent, which ends it.
process.on('SIGINT', () => {})
const report = (message: Report): void => void process.send?.(message)
const { settings } = await loadSettings({ cwd: process.cwd(), env: process.env })
const roles = (process.env.ROLES ?? '').split(',') as Role[]
const events = new Events()
moments.watch(events)
if (process.env.ORDER) moments.order(JSON.parse(process.env.ORDER))
events.subscribe((name, event) => {
  if (name === 'turn.fenced' && 'batchId' in event) {
    report({ kind: 'fenced', batchId: String(event.batchId) })
  }
  if (name === 'internal.error' || name === 'turn.failed') {
    report({ kind: 'trouble', what: `${name} ${JSON.stringify(event)}` })
  }
})
watchStalls((stall) => report({ kind: 'stall', stall }))
if (process.env.SAMPLES) takeSamples(events, (sample) => report({ kind: 'sample', sample }))
process.on('message', ({ order }: { order: Order | null }) => {
  moments.order(order)
})
// Its parent is gone: nobody would stop it.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
const isOwn = process.env.RESPONDER === undefined
const gateway = await startGateway({ settings, roles, events, ...(isOwn && { responder }) })
process.once('SIGTERM', () => void gateway.stop().then(() => process.exit(0)))
report({ kind: 'ready', url: gateway.url })
