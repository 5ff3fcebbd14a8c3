/**
 * `rapid-fire bridge venom` and `rapid-fire bridge baileys`: runs a bridge until a signal asks to
 * stop, or until it cannot go on by itself.
 */
import { Argument, Command } from 'commander'
import type { Tell } from '../bridges/bridge-events.ts'
import type { LibraryName } from '../bridges/library.ts'
import type { Settings } from '../config/settings.ts'
import { httpAddress, shownAddress } from '../http-address.ts'
import { VERSION } from '../version.ts'
import { settingsOf } from './options.ts'
import { type Running, runUntilStopped } from './run-until-stopped.ts'
import { type Shell, say } from './shell.ts'

const LIBRARIES: readonly LibraryName[] = ['venom', 'baileys']

interface Options {
  json?: true
  retryRefused?: true
}

export function bridgeCommand(shell: Shell): Command {
  return new Command('bridge')
    .description('run a bridge to WhatsApp beside the service: venom-bot or Baileys')
    .addArgument(new Argument('<library>', 'what speaks to WhatsApp').choices(LIBRARIES))
    .option('--retry-refused', 'first queue again what the gateway had refused')
    .option('--json', 'log JSON lines also in a terminal')
    .addHelpText('after', '\nHow to install and run each: docs/bridges.md')
    .action(async (name: LibraryName, options: Options) => {
      const { settings } = await settingsOf(shell)
      await runUntilStopped(shell, () => startBridge(name, settings, options, shell))
    })
}

async function startBridge(
  name: LibraryName,
  settings: Settings,
  options: Options,
  shell: Shell,
): Promise<Running> {
  // Loaded only here: other commands need neither the queue nor a library.
  const [{ Bridge, queueFileOf }, { openLibrary }, { bridgeBlock }, { bridgeKeys }] =
    await Promise.all([
      import('../bridges/bridge.ts'),
      import('../bridges/open-library.ts'),
      import('../bridges/bridge-lines.ts'),
      import('../bridges/bridge-keys.ts'),
    ])
  const terminal = shell.stdout.isTTY === true && !options.json
  const tell = await tellTo(shell, settings, terminal)
  const library = await openLibrary(name, settings)
  const early: Parameters<Tell>[0][] = []
  let shown = false
  const bridge = new Bridge({
    settings,
    library,
    // What is told while the bridge starts comes below the block.
    tell: (event) => (shown ? tell(event) : early.push(event)),
  })
  keepLibrariesQuiet(shell, settings)
  const putBack = options.retryRefused ? bridge.queue.putBack() : 0
  const url = await bridge.start()
  const { waiting, refused } = bridge.queue.counts()
  const keys = bridgeKeys(name, settings)
  const start = { library: name, session: settings.bridgeSession, url, waiting, refused }
  if (terminal) {
    const block = bridgeBlock({
      ...start,
      version: VERSION,
      queueFile: queueFileOf(settings, name),
      keyed: keys.askedKey !== null,
      gatewayUrl: shownAddress(httpAddress(settings.gatewayUrl).url).replace(/\/+$/, ''),
      signed: keys.secret !== null,
    })
    shell.stdout.write(block)
    if (putBack > 0) say(shell, `  ${putBack} refused before, queued again`)
  } else tell({ name: 'started', ...start })
  shown = true
  for (const event of early) tell(event)
  return bridge
}

async function tellTo(shell: Shell, settings: Settings, terminal: boolean): Promise<Tell> {
  const [{ jsonLines, terminalLines }, { drawCode }] = await Promise.all([
    import('../bridges/bridge-lines.ts'),
    import('../bridges/draw-code.ts'),
  ])
  // The key of hashes is the service's, which a bridge need not know.
  const phones = settings.logPhones === 'hashed' ? 'masked' : settings.logPhones
  const redaction = { phones, hashSecret: '' }
  if (!terminal) return jsonLines(shell.stdout, redaction, settings.logLevel)
  return terminalLines(shell.stdout, redaction, drawCode)
}

/** Libraries print what they like, keys of sessions among it; here it goes where debugging looks. */
function keepLibrariesQuiet(shell: Shell, { logLevel }: Settings): void {
  const debugging = logLevel === 'debug' || logLevel === 'trace'
  const print = (...words: unknown[]): void => {
    if (debugging) shell.stderr.write(`${words.map(String).join(' ')}\n`)
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) console[method] = print
}
