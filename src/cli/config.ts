/** `rapid-fire config`: the settings in force and where each came from; `--help` lists them all. */
import { Command } from 'commander'
import { settingsSummary } from '../config/docs.ts'
import { settingsInForce, settingsTable } from '../config/print.ts'
import { JSON_OPTION, type JsonOption, settingsOf } from './options.ts'
import { type Shell, sayJson } from './shell.ts'

export function configCommand(shell: Shell): Command {
  return new Command('config')
    .description('print the settings in force and where each came from, secrets hidden')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      () =>
        '\nSettings, from the environment, .env or rapid-fire.config.ts (see docs/settings.md):\n' +
        settingsSummary(),
    )
    .action(async ({ json }: JsonOption) => {
      const { settings, sources } = await settingsOf(shell)
      if (json) sayJson(shell, { success: true, settings: settingsInForce(settings, sources) })
      else shell.stdout.write(`${settingsTable(settings, sources)}\n`)
    })
}
