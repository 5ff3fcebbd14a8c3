/** `rapid-fire stats`: what is pending, and what became of everything that was ever accepted. */
import { Command } from 'commander'
import { duration, plural } from '../observability/words.ts'
import type { Stats } from '../operations/operator.ts'
import { withOperator } from './connect.ts'
import { JSON_OPTION, type JsonOption, settingsOf, whole } from './options.ts'
import { type Shell, say, sayJson } from './shell.ts'
import { table } from './table.ts'

interface Options extends JsonOption {
  offset: number
  limit: number
}

export function statsCommand(shell: Shell): Command {
  return new Command('stats')
    .description('show the open batches and the counts of all messages')
    .option('--offset <n>', 'skip so many batches', whole(0, 999_999_999), 0)
    .option('--limit <n>', 'show at most so many', whole(1, 1000), 50)
    .option(...JSON_OPTION)
    .action(async ({ offset, limit, json }: Options) => {
      const { settings } = await settingsOf(shell)
      const stats = await withOperator(settings, (operator) => operator.stats({ offset, limit }))
      if (json) sayJson(shell, { success: true, stats })
      else for (const line of statsLines(stats)) say(shell, line)
    })
}

export function statsLines({ pendingBatches, batches, counts }: Stats): string[] {
  const open = table(
    batches.map((batch) => [
      batch.phone,
      batch.companyId,
      batch.channel,
      plural(batch.size, 'message'),
      `last ${duration(batch.lastMessageAge)} ago`,
      batch.dueInMs === null ? 'waits for its turn' : `due in ${duration(batch.dueInMs)}`,
      batch.batchId,
    ]),
  )
  const rest = pendingBatches - batches.length
  return [
    plural(pendingBatches, 'open batch'),
    ...open,
    ...(batches.length > 0 && rest > 0 ? [`  … and ${rest} more: --offset, --limit`] : []),
    `messages: ${counts.accepted} accepted = ${counts.answered} answered + ${counts.failed} failed + ` +
      `${counts.discarded} discarded + ${counts.revoked} revoked + ${counts.open} open` +
      ` · ${plural(counts.duplicates, 'duplicate')}`,
  ]
}
