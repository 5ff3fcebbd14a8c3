/**
 * `rapid-fire mcp`: a server of the Model Context Protocol on stdin and stdout, with which an AI client
 * plays a person and looks at the service. It ends when the client closes stdin.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Command } from 'commander'
import { type Loaded, loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { MCP_NAMES } from '../config/settings-mcp.ts'
import type { McpPorts } from '../mcp/ports.ts'
import { bySeverity, examineAll, type Finding, isSaid, runChecks } from '../operations/doctor.ts'
import { connectBeside } from './connect.ts'
import { HttpOperator, listens, nothingListens } from './http-operator.ts'
import { postMessage } from './post-message.ts'
import { serviceUrl, tokenFor } from './service-target.ts'
import { type Shell, sayFault } from './shell.ts'

export function mcpCommand(shell: Shell): Command {
  return new Command('mcp')
    .description(
      'serve AI clients over stdio (Model Context Protocol): write as a person, and look',
    )
    .addHelpText(
      'after',
      '\nA client starts it by itself; stdout carries its protocol and nothing else. The service has to\n' +
        'run beside it. Set-up for Claude Code, Claude Desktop and others: docs/mcp.md',
    )
    .action(async () => {
      const loaded = await loadSettings({ cwd: shell.cwd, env: shell.env, also: MCP_NAMES })
      // The protocol is loaded by who speaks it.
      const { serveStdio } = await import('../mcp/stdio.ts')
      const stopped = Promise.withResolvers<void>()
      const off = shell.onStop(() => stopped.resolve())
      try {
        await serveStdio(portsOf(loaded, shell), {
          input: process.stdin,
          output: process.stdout,
          complain: (line) => sayFault(shell, line),
          stopped: stopped.promise,
        })
      } finally {
        off()
      }
    })
}

/** What the tools need, of the service that the settings name. */
export function portsOf(
  { settings, sources }: Loaded,
  shell: Pick<Shell, 'now' | 'cwd'>,
): McpPorts {
  const named = settings.mcpServiceUrl?.replace(/\/+$/, '')
  const urlNow = async (): Promise<string> => named ?? serviceUrl(settings)
  const operator = async (): Promise<HttpOperator> => {
    const url = await urlNow()
    if (!(await listens(url))) throw nothingListens(url)
    return new HttpOperator({ url, token: await tokenFor(url, settings) })
  }
  return {
    operator,
    post: async (said) => postMessage(await urlNow(), said, settings, shell.now()),
    examine: async (onProgress) =>
      isAtHome({ settings, sources })
        ? examineHere(settings, shell.cwd, onProgress)
        : examineAll({ operator: await operator(), onProgress }),
    defaultCompany: sources.get('defaultTenant') === 'default' ? null : settings.defaultTenant,
    realPeople: settings.mcpRealPeople === 'on',
    now: shell.now,
    wait: (ms, signal) => wait(ms, undefined, { signal }),
  }
}

/**
 * Whether the settings are those of the service: a client that has to say where it is, says little
 * else, and what it leaves out would be judged as if it were so.
 */
const isAtHome = ({ settings, sources }: Loaded): boolean =>
  settings.mcpServiceUrl === null && sources.get('dataDir') !== 'environment'

/** All that `rapid-fire doctor` says; an embedded store is left to its service. */
async function examineHere(
  settings: Settings,
  cwd: string,
  onProgress: (examined: number) => void,
): Promise<readonly Finding[]> {
  const { AROUND } = await import('./checks.ts')
  const connecting = connectBeside(settings)
  connecting.catch(() => {})
  try {
    const operator = async () => (await connecting).operator
    const around = await runChecks({ settings, cwd, operator }, AROUND)
    const connected = await connecting.catch(() => null)
    // A check that needed it has said so.
    if (connected === null) return bySeverity(around)
    const inStore = await examineAll({ operator: connected.operator, onProgress })
    const own = inStore.filter((one) => one.repair !== null || !isSaid(one, around))
    return bySeverity([...around, ...own])
  } finally {
    await connecting.then(
      (connection) => connection.close(),
      () => {},
    )
  }
}
