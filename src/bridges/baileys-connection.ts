/**
 * The connection of Baileys to WhatsApp: made, told of, and made again when it ends.
 *
 *   connect → events of the socket → closed → wait → connect …, until the session is over or we stop
 *
 * Baileys holds messages back while it catches up and drops them with the socket; WhatsApp counts
 * them as delivered by then. So they are flushed out of each socket that ends.
 */
import type { RapidFireError } from '../errors.ts'
import { waitBefore } from './backoff.ts'
import { endOfSession, RESTART, sentenceOf, statusOf } from './baileys-errors.ts'
import type { BaileysConfig, BaileysModule, BaileysSocket } from './baileys-socket.ts'
import type { Wait } from './wait.ts'

export interface BaileysConnectionOptions {
  readonly module: BaileysModule
  readonly config: BaileysConfig
  /** Where the login is, for the sentence of a session that ended. */
  readonly folder: string
  /** Sets listeners on each new socket. */
  readonly onSocket: (socket: BaileysSocket) => void
  readonly onState: (state: 'connected' | 'away', detail: string) => void
  readonly onCode: (code: string) => void
  readonly onEnded: (error: RapidFireError) => void
  readonly wait: Wait
}

export class BaileysConnection {
  readonly #options: BaileysConnectionOptions
  readonly #stopping = new AbortController()
  #socket: BaileysSocket | null = null
  #open = false
  #failures = 0

  constructor(options: BaileysConnectionOptions) {
    this.#options = options
  }

  /** Null while WhatsApp cannot be reached. */
  get socket(): BaileysSocket | null {
    return this.#open ? this.#socket : null
  }

  connect(): void {
    const { module, config, onSocket, onCode } = this.#options
    const socket = module.makeWASocket(config)
    this.#socket = socket
    onSocket(socket)
    socket.ev.on('connection.update', ({ connection, lastDisconnect, qr }) => {
      if (connection === 'close') hearLastErrors(socket)
      if (this.#stopping.signal.aborted || socket !== this.#socket) return
      if (qr !== undefined && qr !== '') onCode(qr)
      if (connection === 'open') this.#opened()
      if (connection === 'close') void this.#closed(socket, lastDisconnect?.error)
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#open = false
    const socket = this.#socket
    if (socket === null) return
    socket.ev.flush(true)
    await socket.end(undefined)
  }

  #opened(): void {
    this.#open = true
    this.#failures = 0
    this.#options.onState('connected', 'open')
  }

  async #closed(socket: BaileysSocket, error: unknown): Promise<void> {
    const { folder, onEnded, onState, wait } = this.#options
    this.#open = false
    socket.ev.flush(true)
    const end = endOfSession(error, folder)
    if (end !== null) {
      onEnded(end)
      return
    }
    if (statusOf(error) !== RESTART) {
      this.#failures += 1
      onState('away', sentenceOf(error))
      await wait(waitBefore(this.#failures, null), this.#stopping.signal)
    }
    // What was being decrypted when it closed has arrived by now.
    socket.ev.flush(true)
    if (!this.#stopping.signal.aborted) this.connect()
  }
}

/**
 * Baileys takes its own listeners off a socket that ends, and one that was still connecting has an
 * error to tell after that, which would end the process when nobody hears it.
 */
function hearLastErrors({ ws }: BaileysSocket): void {
  ws.on('error', () => undefined)
}
