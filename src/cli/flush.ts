/** `rapid-fire flush PHONE`: the open batch is answered now. */
import { Command } from 'commander'
import { RapidFireError } from '../errors.ts'
import { withOperator } from './connect.ts'
import {
  CHANNEL_OPTION,
  type ChannelOption,
  COMPANY_OPTION,
  type CompanyOption,
  JSON_OPTION,
  type JsonOption,
  settingsOf,
  whoOf,
} from './options.ts'
import { type Shell, say, sayJson } from './shell.ts'

export function flushCommand(shell: Shell): Command {
  return new Command('flush')
    .description('answer the open batch of a person now')
    .argument('<phone>', 'in any spelling')
    .option(...COMPANY_OPTION)
    .option(...CHANNEL_OPTION)
    .option(...JSON_OPTION)
    .action(async (phone: string, options: CompanyOption & ChannelOption & JsonOption) => {
      const { settings } = await settingsOf(shell)
      const batchId = await withOperator(settings, (operator) =>
        operator.flush(whoOf(phone, options)),
      )
      if (batchId === null) throw new RapidFireError('refused', `nothing is open for ${phone}`)
      if (options.json) sayJson(shell, { success: true, batchId })
      else say(shell, `batch ${batchId} of ${phone} is due now`)
    })
}
