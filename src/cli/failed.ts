/** `rapid-fire failed`: batches that were given up, to look at, to try again or to drop. */
import { Command } from 'commander'
import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import { plural } from '../observability/words.ts'
import type { BatchStatus, Operator } from '../operations/operator.ts'
import { withOperator } from './connect.ts'
import { JSON_OPTION, type JsonOption, settingsOf, whole } from './options.ts'
import { type Shell, say, sayJson } from './shell.ts'
import { table } from './table.ts'

interface Options extends JsonOption {
  retry?: string
  discard?: string
  offset: number
  limit: number
}

const PAGE = 200

export function failedCommand(shell: Shell): Command {
  return new Command('failed')
    .description('list failed batches, try them again or drop them')
    .option('--retry <id>', 'try this batch again, or `all`')
    .option('--discard <id>', 'drop this batch, or `all`')
    .option('--offset <n>', 'skip so many', whole(0, 999_999_999), 0)
    .option('--limit <n>', 'show at most so many', whole(1, 1000), 50)
    .option(...JSON_OPTION)
    .action(async (options: Options, command: Command) => {
      if (options.retry !== undefined && options.discard !== undefined) {
        command.error('error: --retry and --discard exclude each other')
      }
      const { settings } = await settingsOf(shell)
      await withOperator(settings, (operator) => act(operator, options, shell))
    })
}

async function act(operator: Operator, options: Options, shell: Shell): Promise<void> {
  if (options.retry !== undefined) await retry(operator, options.retry, options, shell)
  else if (options.discard !== undefined) await discard(operator, options.discard, options, shell)
  else await list(operator, options, shell)
}

async function list(operator: Operator, options: Options, shell: Shell): Promise<void> {
  const { offset, limit, json } = options
  const { count, batches } = await operator.failed({ offset, limit })
  if (json) {
    sayJson(shell, { success: true, count, batches })
    return
  }
  say(shell, plural(count, 'failed batch'))
  for (const line of table(batches.map(failedRow))) say(shell, line)
  const rest = count - offset - batches.length
  if (batches.length > 0 && rest > 0) say(shell, `  … and ${rest} more: --offset, --limit`)
  if (count > 0)
    say(shell, 'again: rapid-fire failed --retry ID   drop: rapid-fire failed --discard ID')
}

function failedRow(batch: BatchStatus): string[] {
  const reason = batch.state === 'open' ? null : batch.reason
  return [
    batch.batchId,
    batch.phone,
    batch.companyId,
    batch.channel,
    plural(batch.size, 'message'),
    reason ?? 'no reason kept',
  ]
}

async function retry(
  operator: Operator,
  which: string,
  { json }: Options,
  shell: Shell,
): Promise<void> {
  const retried: string[] = []
  const busy: string[] = []
  const held: string[] = []
  const ids = await named(operator, which)
  for (const id of ids) {
    const outcome = await operator.retry(id)
    if (outcome === 'none' && which !== 'all') throw unknownBatch(id)
    if (outcome === 'done') retried.push(id)
    if (outcome === 'busy') busy.push(id)
    if (outcome === 'held') held.push(id)
  }
  if (busy.length > 0 && which !== 'all') {
    throw new RapidFireError(
      'refused',
      `${which} cannot be tried now: another batch of this person is being answered. Try again soon`,
    )
  }
  if (held.length > 0 && which !== 'all') {
    throw new RapidFireError(
      'refused',
      `${which} is not tried: the bot is silent in this conversation. rapid-fire resume PHONE first`,
    )
  }
  if (json) sayJson(shell, { success: true, retried, busy, held })
  else {
    const later = busy.length === 0 ? '' : ` · ${busy.length} wait for another of the same person`
    const alone = held.length === 0 ? '' : ` · ${held.length} left alone, the bot is silent there`
    say(shell, `${plural(retried.length, 'batch')} handed over again${later}${alone}`)
  }
}

async function discard(
  operator: Operator,
  which: string,
  { json }: Options,
  shell: Shell,
): Promise<void> {
  const discarded: string[] = []
  for (const id of await named(operator, which)) {
    if (await operator.discardFailed(id)) discarded.push(id)
    else if (which !== 'all') throw unknownBatch(id)
  }
  if (json) sayJson(shell, { success: true, discarded })
  else say(shell, `${plural(discarded.length, 'batch')} discarded`)
}

/** The ids are read before the first is touched: what changes the list must not shift its pages. */
async function named(operator: Operator, which: string): Promise<BatchId[]> {
  if (which !== 'all') return [which as BatchId]
  const ids = new Set<BatchId>()
  for (let offset = 0; ; offset += PAGE) {
    const { batches } = await operator.failed({ offset, limit: PAGE })
    for (const { batchId } of batches) ids.add(batchId)
    if (batches.length < PAGE) return [...ids]
  }
}

function unknownBatch(id: string): RapidFireError {
  return new RapidFireError(
    'not_found',
    `no failed batch has the id ${id}: \`rapid-fire failed\` lists them`,
  )
}
