/** `rapid-fire discard PHONE`: the open batch is dropped; a turn that is being answered goes on. */
import { Command } from 'commander'
import { plural } from '../observability/words.ts'
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

export function discardCommand(shell: Shell): Command {
  return new Command('discard')
    .description('drop the open batch of a person unanswered')
    .argument('<phone>', 'in any spelling')
    .option(...COMPANY_OPTION)
    .option(...CHANNEL_OPTION)
    .option(...JSON_OPTION)
    .action(async (phone: string, options: CompanyOption & ChannelOption & JsonOption) => {
      const { settings } = await settingsOf(shell)
      const discarded = await withOperator(settings, (operator) =>
        operator.discard(whoOf(phone, options)),
      )
      if (options.json) sayJson(shell, { success: true, discarded })
      else if (discarded === 0) say(shell, `nothing is open for ${phone}`)
      else say(shell, `${plural(discarded, 'message')} of ${phone} discarded`)
    })
}
