/**
 * `rapid-fire start`: runs the roles until a signal asks to stop. The first signal stops cleanly,
 * a second one at once; either way nothing accepted is lost, since the store is the truth.
 */
import { Command, InvalidArgumentError } from 'commander'
import type { Settings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import { settingsOf } from './options.ts'
import { sayFault, type Shell } from './shell.ts'

const ROLES = ['api', 'processor', 'worker'] as const
type Role = (typeof ROLES)[number]

/** Longer than any role may take; past it the process ends as it is. */
const STOP_WITHIN_MS = 9800
/**
 * One ^C arrives several times: from the terminal, from npm, and from the older Node that started
 * this one. What comes this close together is one wish, ms.
 */
export const ONE_WISH_MS = 200

interface Options {
  role?: Role[]
  json?: true
}

export interface Running {
  stop(reason?: string): Promise<void>
  readonly stopped: Promise<void>
}

export function startCommand(shell: Shell): Command {
  return new Command('start')
    .description('run the service: all roles in one process, or those that are named')
    .option('--role <roles>', `${ROLES.join(', ')}; several by comma or repeated`, readRoles)
    .option('--json', 'log JSON lines also in a terminal')
    .action(async ({ role, json }: Options) => {
      const { settings, sources } = await settingsOf(shell)
      const roles = ROLES.filter((one) => role?.includes(one) ?? true)
      refuseLonelyRoles(roles, settings)
      const terminal = shell.stdout.isTTY === true && !json
      await runUntilStopped(shell, async () => {
        const { startGateway } = await import('../gateway.ts')
        return startGateway({ settings, sources, roles, terminal })
      })
    })
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

/** Starts, and resolves when all has ended; rejects when the start or the stop failed. */
export async function runUntilStopped(shell: Shell, start: () => Promise<Running>): Promise<void> {
  const wishes = new StopWishes(shell)
  try {
    const running = await start()
    const stopping = wishes.first.then(async (signal) => {
      const late = shell.wait(STOP_WITHIN_MS).then(() => 'late' as const)
      if ((await Promise.race([running.stop(signal), late])) !== 'late') return
      sayFault(shell, 'did not stop in time: what was being answered is taken up at the next start')
      shell.exit(1)
    })
    await Promise.race([stopping, running.stopped])
    if (wishes.wished) await stopping
  } finally {
    wishes.end()
  }
}

/** Turns signals into wishes: the first stops, the next one ends the process at once. */
class StopWishes {
  readonly first: Promise<string>
  readonly end: () => void
  #firstAt: number | null = null

  constructor(shell: Shell) {
    const { promise, resolve } = Promise.withResolvers<string>()
    this.first = promise
    this.end = shell.onStop((signal) => {
      if (this.#firstAt === null) {
        this.#firstAt = shell.now()
        resolve(signal)
      } else if (shell.now() - this.#firstAt >= ONE_WISH_MS) {
        sayFault(
          shell,
          'stopped at once: open batches stay in the store, what was being answered is given back',
        )
        shell.exit(130)
      }
    })
  }

  get wished(): boolean {
    return this.#firstAt !== null
  }
}
