/** The tools with which a client looks at the service: what waits, what became of all, what is wrong. */
import { z } from 'zod'
import { RapidFireError } from '../errors.ts'
import { duration, plural } from '../observability/words.ts'
import { type Finding, faults } from '../operations/doctor.ts'
import type { PendingBatch } from '../operations/operator.ts'
import { findPerson, refuseRealPeople } from './person.ts'
import type { TalkDeps } from './talk-tools.ts'
import { company, defineTool, number, PHONE, type Tool, words } from './tool.ts'

/** As often, in keys or rows, it is told how far the doctor is. */
const TELL_EVERY = 10_000

export function operatorTools(deps: TalkDeps): Tool[] {
  const { ports } = deps
  return [
    defineTool({
      name: 'list_pending',
      description:
        'The open batches: who, how many messages, when each is due. Exact count, one page.',
      hints: { readOnlyHint: true },
      schema: z.strictObject({
        limit: number({ min: 1, max: 100, default: 20, says: 'show at most so many' }),
        offset: number({ min: 0, max: 1_000_000_000, default: 0, says: 'skip so many' }),
      }),
      run: async ({ limit, offset }) => {
        const operator = await ports.operator()
        const { pendingBatches, batches } = await operator.stats({ offset, limit })
        const more = pendingBatches - offset - batches.length
        const text = [
          plural(pendingBatches, 'open batch'),
          ...batches.map(pendingLine),
          ...(more > 0 ? [`… and ${more} more: offset ${offset + batches.length}`] : []),
        ].join('\n')
        return { text, data: { pendingBatches, batches } }
      },
    }),
    flushTool(deps),
    defineTool({
      name: 'stats',
      description:
        'What became of all messages that were ever accepted, and how much waits or failed.',
      hints: { readOnlyHint: true },
      schema: z.strictObject({}),
      run: async () => {
        const operator = await ports.operator()
        const page = { offset: 0, limit: 1 }
        const [stats, failed, held] = await Promise.all([
          operator.stats(page),
          operator.failed(page),
          operator.held(page),
        ])
        const { pendingBatches, counts } = stats
        const { accepted, answered, discarded, revoked, open, duplicates } = counts
        const text = [
          `${plural(pendingBatches, 'open batch')} · ${plural(failed.count, 'failed batch')} · ` +
            `the bot is silent in ${plural(held.count, 'conversation')}`,
          `messages: ${accepted} accepted = ${answered} answered + ${counts.failed} failed + ` +
            `${discarded} discarded + ${revoked} revoked + ${open} open · ${plural(duplicates, 'duplicate')}`,
        ].join('\n')
        const data = { pendingBatches, failedBatches: failed.count, held: held.count, counts }
        return { text, data }
      },
    }),
    doctorTool(deps),
  ]
}

function flushTool({ ports, sessions }: TalkDeps): Tool {
  return defineTool({
    name: 'flush',
    description:
      'Have the open batch of one person answered now instead of at the end of its window.',
    hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
    acts: true,
    schema: z.strictObject({
      phone: PHONE,
      company_id: company('the tenant; left out: the one that was written to last', null),
      channel: words(
        'how the person writes, when it is not by our own format',
        'the name of a channel, for example telegram',
      ).optional(),
    }),
    run: async ({ phone, company_id: companyId, channel }) => {
      const person = await findPerson(
        { phone, companyId, channel, lastCompany: true },
        ports,
        sessions,
      )
      refuseRealPeople(person, ports.realPeople)
      const batchId = await person.operator.flush(person.who)
      if (batchId === null) {
        throw new RapidFireError(
          'refused',
          `nothing is open for ${phone}: list_pending shows what is`,
        )
      }
      return { text: `Batch ${batchId} of ${phone} is due now`, data: { batchId } }
    },
  })
}

function doctorTool({ ports }: TalkDeps): Tool {
  return defineTool({
    name: 'doctor',
    description:
      'Look for what is wrong that nobody would notice, each with the way out. It changes nothing.',
    hints: { readOnlyHint: true },
    schema: z.strictObject({}),
    run: async (_, call) => {
      let told = 0
      const found = await ports.examine((examined) => {
        if (examined - told < TELL_EVERY) return
        told = examined
        call.tell(`${plural(examined, 'key')} looked at`)
      })
      const text = found.length === 0 ? 'nothing is wrong' : found.map(findingLine).join('\n')
      const findings = found.map(({ code, severity, what, fix }) => ({ code, severity, what, fix }))
      return { text, data: { healthy: faults(found).length === 0, findings } }
    },
  })
}

const findingLine = ({ severity, what, code, fix }: Finding): string =>
  `${severity}: ${what} · ${code}\n  → ${fix}`

function pendingLine(batch: PendingBatch): string {
  const { phone, companyId, channel, size, lastMessageAge, dueInMs, batchId } = batch
  return [
    ...[phone, companyId, channel, plural(size, 'message')],
    `last ${duration(lastMessageAge)} ago`,
    dueInMs === null ? 'waits for its turn' : `due in ${duration(dueInMs)}`,
    batchId,
  ].join(' · ')
}
