/**
 * A bridge: a library that speaks to the messenger, put together with all that makes it safe to use.
 *
 *   library ─events─▶ queue ─▶ poster ─▶ gateway
 *   library ◀─calls── send server (with its memory) ◀── gateway
 *
 * The send server and the poster are there before the library is, which may take minutes to log in.
 * `failed` rejects when the bridge cannot go on by itself; what is in the queue stays there.
 */
import { type Clock, systemClock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import { isLoopbackName } from '../ingress/access.ts'
import type { JournalFile } from '../journal/journal-file.ts'
import { Deadline } from '../service.ts'
import type { Tell } from './bridge-events.ts'
import { openBridgeFile } from './bridge-file.ts'
import { type BridgeKeys, bridgeKeys, type KeySettings } from './bridge-keys.ts'
import { EventQueue } from './event-queue.ts'
import { GatewayPoster } from './gateway-poster.ts'
import type { Library } from './library.ts'
import { SendMemory } from './send-memory.ts'
import { sendRoutes } from './send-routes.ts'
import { SendServer } from './send-server.ts'
import { type Wait, waitFor } from './wait.ts'

export type BridgeSettings = Pick<
  Settings,
  'gatewayUrl' | 'bridgePort' | 'bridgeHost' | 'bridgeSession' | 'dataDir'
> &
  KeySettings

export interface BridgeOptions {
  readonly settings: BridgeSettings
  readonly library: Library
  readonly tell: Tell
  readonly clock?: Clock
  readonly wait?: Wait
}

const ANSWER_MS = 4000
const END_LIBRARY_MS = 3000

export const queueFileOf = (
  { dataDir, bridgeSession }: Pick<BridgeSettings, 'dataDir' | 'bridgeSession'>,
  library: string,
): string => `${dataDir.replace(/\/+$/, '')}/bridge-${library}-${bridgeSession}.db`

export class Bridge {
  /** Rejects when it cannot go on; never resolves. */
  readonly failed: Promise<never>
  readonly queue: EventQueue
  readonly #options: BridgeOptions
  readonly #keys: BridgeKeys
  readonly #file: JournalFile
  readonly #memory: SendMemory
  readonly #poster: GatewayPoster
  readonly #server: SendServer
  readonly #sending = new AbortController()
  readonly #fail: (error: unknown) => void
  #connected = false
  #stopped: Promise<void> | null = null

  /** Throws `access_unsafe`, `data_dir_unwritable`, `data_dir_owned` or `data_newer`. */
  constructor(options: BridgeOptions) {
    const { settings, library, tell, clock = systemClock, wait = waitFor } = options
    const keys = bridgeKeys(library.name, settings)
    refuseUnsafe(settings, keys)
    this.#keys = keys
    this.#options = options
    const failed = Promise.withResolvers<never>()
    this.failed = failed.promise
    this.#fail = failed.reject
    // Who starts a bridge listens to it; until then a failure is nobody's surprise.
    this.failed.catch(() => undefined)
    const file = queueFileOf(settings, library.name)
    this.#file = openBridgeFile(settings.dataDir, file, clock())
    const { database, asideAs } = this.#file
    if (asideAs !== null) tell({ name: 'queue.broken', asideAs })
    this.queue = new EventQueue({ database, clock, tell, onFull: this.#fail })
    this.#memory = new SendMemory(database, clock)
    this.#poster = new GatewayPoster({
      queue: this.queue,
      url: settings.gatewayUrl,
      library: library.name,
      session: settings.bridgeSession,
      secret: keys.secret,
      shownKey: keys.shownKey,
      clock,
      tell,
      wait,
    })
    this.#server = new SendServer({
      host: settings.bridgeHost,
      port: settings.bridgePort,
      apiKey: keys.askedKey,
      routes: sendRoutes(library, this.#memory, this.#sending.signal),
      health: () => this.#health(),
      tell,
    })
  }

  /** Resolves to the address of the send server. Rejects with `port_in_use`. */
  async start(): Promise<string> {
    const { library, tell } = this.#options
    let url: string
    try {
      url = await this.#server.start()
    } catch (error) {
      this.#close()
      throw error
    }
    const { secret, shownKey, names } = this.#keys
    if (secret === null && shownKey === null)
      tell({ name: 'posts.unsigned', setting: names.secret })
    this.#poster.start((error) => this.#fail(queueFailed(error)))
    library
      .start({
        onEvents: (events) => this.queue.append(events),
        onState: (state, detail) => {
          this.#connected = state === 'connected'
          tell({ name: `library.${state}`, detail })
        },
        onCode: (code, drawn) => tell({ name: 'library.code', code, drawn }),
        onTrouble: (sentence) => tell({ name: 'library.trouble', sentence }),
        onEnded: (error) => {
          this.#connected = false
          this.#fail(error)
        },
      })
      .catch(this.#fail)
    return url
  }

  /** Lets calls be answered, ends the library and lets go of what is being posted. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    const { library, tell } = this.#options
    const startedAt = performance.now()
    tell({ name: 'stopping', waiting: this.queue.counts().waiting })
    await this.#server.stop(new Deadline(ANSWER_MS))
    this.#sending.abort()
    const ended = library.stop().catch((error) => {
      tell({ name: 'library.trouble', sentence: messageOf(error) })
    })
    await new Deadline(END_LIBRARY_MS).race(Promise.all([ended, this.#memory.settled()]))
    await this.#poster.stop()
    this.#close()
    tell({ name: 'stopped', tookMs: performance.now() - startedAt })
  }

  #close(): void {
    this.queue.close()
    this.#file.database.close()
  }

  #health(): { readonly ok: boolean } & Readonly<Record<string, unknown>> {
    const { settings, library, clock = systemClock } = this.#options
    const { waiting, refused, oldestAt } = this.queue.counts()
    const awayMs = this.#poster.awayMs
    return {
      ok: this.#connected && awayMs === null,
      library: library.name,
      session: settings.bridgeSession,
      connected: this.#connected,
      gateway: { awayMs: awayMs === null ? null : Math.round(awayMs) },
      queue: { waiting, refused, oldestMs: oldestAt === null ? null : clock() - oldestAt },
    }
  }
}

function refuseUnsafe({ bridgeHost }: BridgeSettings, { askedKey, names }: BridgeKeys): void {
  if (askedKey !== null || isLoopbackName(bridgeHost)) return
  throw new RapidFireError(
    'access_unsafe',
    `no key is set, but BRIDGE_HOST "${bridgeHost}" can be reached from other machines: set ${names.askedKey} (for example from \`openssl rand -hex 24\`), or BRIDGE_HOST=127.0.0.1`,
  )
}

function queueFailed(error: unknown): RapidFireError {
  return new RapidFireError(
    'library_failed',
    `the queue of the bridge cannot be used (${messageOf(error)}): check the disk of DATA_DIR and start again`,
    { cause: error },
  )
}
