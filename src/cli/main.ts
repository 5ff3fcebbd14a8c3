/**
 * The command line: reads the arguments, runs one command, and turns what it throws into one `✗`
 * line for each fact and an exit code. 0 done, 1 failed or refused, 2 wrong usage.
 */
import { Command, CommanderError } from 'commander'
import { SettingsError } from '../config/settings-error.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import { printable } from '../observability/printable.ts'
import { VERSION } from '../version.ts'
import { backupCommand } from './backup.ts'
import { bridgeCommand } from './bridge.ts'
import { configCommand } from './config.ts'
import { discardCommand } from './discard.ts'
import { doctorCommand, FindingsLeft } from './doctor.ts'
import { failedCommand } from './failed.ts'
import { flushCommand } from './flush.ts'
import { mcpCommand } from './mcp.ts'
import { pauseCommand, resumeCommand } from './pause.ts'
import { restoreCommand } from './restore.ts'
import { sendCommand } from './send.ts'
import { processShell, type Shell, sayFault, sayJson } from './shell.ts'
import { startCommand } from './start.ts'
import { statsCommand } from './stats.ts'

const DONE = 0
const FAILED = 1
const WRONG_USAGE = 2

/** Runs one command line (without `node` and the script) and answers its exit code. */
export async function run(args: readonly string[], shell: Shell): Promise<number> {
  const program = programOf(shell)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return DONE
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USAGE
    if (!(error instanceof FindingsLeft)) report(error, args, shell)
    return FAILED
  }
}

function programOf(shell: Shell): Command {
  const program = new Command('rapid-fire')
    .description('A burst of chat messages becomes one turn for a bot.')
    .version(VERSION)
    .showHelpAfterError('All commands: npx rapid-fire --help')
  const commands = [
    startCommand(shell),
    bridgeCommand(shell),
    sendCommand(shell),
    statsCommand(shell),
    flushCommand(shell),
    discardCommand(shell),
    failedCommand(shell),
    pauseCommand(shell),
    resumeCommand(shell),
    doctorCommand(shell),
    mcpCommand(shell),
    backupCommand(shell),
    restoreCommand(shell),
    configCommand(shell),
  ]
  for (const command of commands) program.addCommand(command)
  for (const command of [program, ...commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
      outputError: (text, write) => write(`✗ ${printable(text.replace(/^error: /, '').trim())}\n`),
    })
  }
  return program
}

function report(error: unknown, args: readonly string[], shell: Shell): void {
  const lines = error instanceof SettingsError ? error.lines : messageOf(error).split('\n')
  const starting = ['start', 'bridge', 'mcp'].includes(args[0] ?? '')
  if (asksForJson(args) && !starting) {
    const code = error instanceof RapidFireError ? error.code : 'internal'
    sayJson(shell, { success: false, error: lines.join('\n'), code })
    return
  }
  if (error instanceof RapidFireError) for (const line of lines) sayFault(shell, line)
  else sayFault(shell, `unexpected: ${lines[0] ?? ''}`)
  if (error instanceof SettingsError && starting) {
    shell.stderr.write('Nothing was started. All settings: npx rapid-fire config --help\n')
  }
}

function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes('--json')
}

/** What `bin/rapid-fire.js` calls. */
export async function runFromShell(): Promise<void> {
  const shell = processShell()
  quietKnownWarnings()
  process.on('uncaughtException', (error) => {
    sayFault(shell, `unexpected: ${messageOf(error).split('\n', 1)[0]}`)
    process.exit(FAILED)
  })
  // A command has nothing left to do here; a socket that is kept alive must not keep it waiting.
  process.exit(await run(process.argv.slice(2), shell))
}

/** `node:sqlite` announces on every start that it may still change; people can do nothing about it. */
function quietKnownWarnings(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning' && /SQLite/i.test(warning.message)) return
    process.stderr.write(`${warning.name}: ${printable(warning.message)}\n`)
  })
}
