/**
 * `rapid-fire start`: runs the roles until a signal asks to stop, and shows what happens: to a
 * person in a terminal, to a log anywhere else.
 */
import { Command, InvalidArgumentError } from 'commander'
import type { Settings } from '../config/settings.ts'
import { ConversationKeys } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import { Events } from '../observability/events/events.ts'
import { LogLevel } from '../observability/logs/log-level.ts'
import { subscribeLogs } from '../observability/logs/logs.ts'
import { startBlock, subscribeTerminal } from '../observability/logs/terminal.ts'
import { phoneSecret } from '../operations/operator-token.ts'
import { VERSION } from '../version.ts'
import { settingsOf } from './options.ts'
import { type Running, runUntilStopped } from './run-until-stopped.ts'
import type { Shell } from './shell.ts'

const ROLES = ['api', 'processor', 'worker'] as const
type Role = (typeof ROLES)[number]

interface Options {
  role?: Role[]
  json?: true
}

export function startCommand(shell: Shell): Command {
  return new Command('start')
    .description('run the service: all roles in one process, or those that are named')
    .option('--role <roles>', `${ROLES.join(', ')}; several by comma or repeated`, readRoles)
    .option('--json', 'log JSON lines also in a terminal')
    .action(async ({ role, json }: Options) => {
      const { settings } = await settingsOf(shell)
      const roles = ROLES.filter((one) => role?.includes(one) ?? true)
      refuseLonelyRoles(roles, settings)
      const terminal = shell.stdout.isTTY === true && !json
      await runUntilStopped(shell, () => startAndShow(settings, roles, terminal, shell))
    })
}

async function startAndShow(
  settings: Settings,
  roles: readonly Role[],
  terminal: boolean,
  shell: Shell,
): Promise<Running> {
  const { startGateway } = await import('../gateway.ts')
  const events = new Events()
  const keys = new ConversationKeys(settings.defaultTenant)
  const phones = settings.logPhones
  const hashSecret = await phoneSecret(settings)
  if (!terminal) {
    const level = new LogLevel(events, settings.logLevel)
    subscribeLogs(events, { level, phones, hashSecret, keys, roles })
    shell.onToggle(() => level.toggle())
    return startGateway({ settings, roles, events, logLevel: level })
  }
  subscribeTerminal(events, { phones, hashSecret, keys, out: shell.stdout })
  const gateway = await startGateway({ settings, roles, events })
  const access = gateway.access.warning ?? 'signed calls, or the static key'
  const channels = gateway.channels.filter(({ sends }) => sends).map(({ id }) => id)
  const store = gateway.store.identity()
  const block = startBlock({
    version: VERSION,
    url: gateway.url,
    store,
    roles,
    settings,
    channels,
    access,
    spool: gateway.spool?.state().folder ?? null,
  })
  shell.stdout.write(block)
  return gateway
}

function readRoles(text: string, before: Role[] = []): Role[] {
  const found = text.split(',').map((word) => ROLES.find((role) => role === word.trim()))
  const roles = found.filter((role) => role !== undefined)
  if (roles.length < found.length) {
    throw new InvalidArgumentError(`Allowed are ${ROLES.join(', ')}.`)
  }
  return [...before, ...roles]
}

function refuseLonelyRoles(roles: readonly Role[], settings: Pick<Settings, 'redisUrl'>): void {
  if (roles.length === ROLES.length || settings.redisUrl !== null) return
  throw new RapidFireError(
    'settings_invalid',
    'roles in processes of their own meet on Redis: set REDIS_URL, or start without --role',
  )
}
