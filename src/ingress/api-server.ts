/**
 * The API as a service: listens, says where, and stops cleanly. A stop takes no new connections,
 * answers what is under way, and closes what is still open at the deadline.
 */
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Settings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import { Deadline, type Service } from '../service.ts'
import { buildServer, type ServerDeps } from './server.ts'

/** Left over for closing sockets by force. */
const FORCE_MS = 500

export type ApiServerDeps = ServerDeps & { readonly settings: Pick<Settings, 'host' | 'port'> }

export class ApiServer implements Service {
  readonly #app: FastifyInstance
  readonly #host: string
  readonly #port: number
  #closing: Promise<unknown> | null = null
  #url = ''

  constructor(deps: ApiServerDeps) {
    this.#app = buildServer(deps)
    this.#host = deps.settings.host
    this.#port = deps.settings.port
  }

  /** Where it listens; empty before `start`. */
  get url(): string {
    return this.#url
  }

  /** Throws RapidFireError `port_in_use` or `settings_invalid`. */
  async start(): Promise<void> {
    try {
      await this.#app.listen({ host: this.#host, port: this.#port })
    } catch (error) {
      throw this.#asRefusal(error)
    }
    const { port } = this.#app.server.address() as AddressInfo
    this.#url = `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${port}`
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#closing ??= this.#app.close()
    const patience = new Deadline(Math.max(0, deadline.remainingMs() - FORCE_MS))
    if (await patience.race(this.#closing)) return
    this.#app.server.closeAllConnections()
    await deadline.race(this.#closing)
  }

  #asRefusal(error: unknown): unknown {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    const place = `${this.#host}:${this.#port}`
    switch (code) {
      case 'EADDRINUSE':
        return new RapidFireError(
          'port_in_use',
          `something listens on ${place} already: stop it, or set PORT to another`,
          { cause: error },
        )
      case 'EACCES':
      case 'EADDRNOTAVAIL':
      case 'EINVAL':
      case 'EAI_AGAIN':
      case 'ENOTFOUND':
        return new RapidFireError(
          'settings_invalid',
          `cannot listen on ${place} (${String(code)}): set HOST to an address of this machine and PORT to a free one above 1023`,
          { cause: error },
        )
      default:
        return error
    }
  }
}
