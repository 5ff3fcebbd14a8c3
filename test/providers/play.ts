/** The whole service with one account of a provider, and that provider at the far end. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import { type Gateway, ROLES, startGateway } from '../../src/gateway.ts'
import { Events } from '../../src/observability/events/events.ts'
import type { Answer, Responder } from '../../src/responders/responder.ts'
import { EventLog } from '../support/event-log.ts'
import type { ProviderStub, StubAnswer, StubRequest } from './stub.ts'

/** One call of the provider to our webhook. */
export type Call = ReturnType<ProviderStub['inbound']>

export type Fate = 'taken' | 'cut' | 'lost'

export interface Taken {
  readonly to: string
  readonly text: string
}

export class Play implements AsyncDisposable {
  /** Texts that the provider took, in order. */
  readonly taken: Taken[] = []
  /** What the provider refused as no call of its send API. */
  readonly complaints: string[] = []
  /** Given for the next parts, then they are taken. */
  readonly answers: StubAnswer[] = []
  /** What becomes of a part: with `cut` and `lost` its sender gets no answer. */
  fate: (said: Taken, asked: StubRequest) => Fate | Promise<Fate> = () => 'taken'
  /** What is asked and sends nothing; null for anything else. */
  question: (asked: StubRequest) => StubAnswer | null = () => null
  /** Calls that say nothing: read, typing. */
  courtesies = 0
  /** What the responder was asked. */
  readonly asked: string[] = []
  reply: (text: string) => Answer = (text) => text
  readonly events: EventLog
  readonly #stub: ProviderStub
  readonly #dir: string
  readonly #server = createServer()
  readonly #shown = Promise.withResolvers<void>()
  #gateway: Gateway | null = null
  readonly #events = new Events()

  private constructor(stub: ProviderStub) {
    this.#stub = stub
    this.#dir = mkdtempSync(join(tmpdir(), 'rapid-fire-provider-'))
    this.events = new EventLog(this.#events)
    this.#server.on('request', async (incoming, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      const { method = '', url = '', headers } = incoming
      const asked = { method, url, headers, body: Buffer.concat(chunks) }
      const answer = this.question(asked) ?? (await this.#answer(asked))
      if (answer === 'cut') {
        response.destroy()
        return
      }
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      response.end(answer.body)
    })
  }

  static async start(stub: ProviderStub, env: Record<string, string> = {}): Promise<Play> {
    const play = new Play(stub)
    play.#server.listen(0, '127.0.0.1')
    await once(play.#server, 'listening')
    const { port } = play.#server.address() as AddressInfo
    const { settings } = await loadSettings({
      cwd: play.#dir,
      env: {
        PORT: '0',
        DATA_DIR: join(play.#dir, 'data'),
        BATCH_TIMEOUT: '150',
        CHECK_INTERVAL: '20',
        QUEUE_RETRY_DELAY: '100',
        PART_PAUSE_MIN: '0',
        PART_PAUSE_MAX: '0',
        SEND_PER_MINUTE: '0',
        ...env,
      },
    })
    play.#gateway = await startGateway({
      settings: withAccount(settings, stub, `http://127.0.0.1:${port}`),
      roles: ROLES,
      events: play.#events,
      responder: play.#responder(),
    })
    return play
  }

  get gateway(): Gateway {
    if (!this.#gateway) throw new Error('it is not started')
    return this.#gateway
  }

  #responder(): Responder {
    return {
      name: 'played',
      respond: async ({ text }) => {
        this.asked.push(text)
        return this.reply(text)
      },
    }
  }

  async #answer(asked: StubRequest): Promise<StubAnswer | 'cut'> {
    let said: ReturnType<ProviderStub['read']>
    try {
      said = this.#stub.read(asked)
    } catch (error) {
      this.complaints.push(error instanceof Error ? error.message : String(error))
      return { status: 400, body: '{}' }
    }
    if (said === null) {
      this.courtesies += 1
      this.#shown.resolve()
      return this.#stub.taken(0)
    }
    const answer = this.answers.shift()
    if (answer) return answer
    const fate = await this.fate(said, asked)
    if (fate !== 'lost') this.taken.push(said)
    return fate === 'taken' ? this.#stub.taken(this.taken.length) : 'cut'
  }

  /** The person sees that somebody reads or writes. */
  get shown(): Promise<void> {
    return this.#shown.promise
  }

  /** How the provider tells of one text. */
  callOf(text: string, n: number): Call {
    return this.#stub.inbound({ text, n, at: Date.now() }, this.gateway.url ?? '')
  }

  /** The provider tells of one text; answers the status. */
  say(text: string, n: number): Promise<number> {
    return this.post(this.callOf(text, n))
  }

  post({ path, headers, body }: Call): Promise<number> {
    const { hostname, port } = new URL(this.gateway.url ?? '')
    const whole = { ...headers, 'content-length': String(Buffer.byteLength(body)) }
    return new Promise((resolve, reject) => {
      const call = request({ hostname, port, path, method: 'POST', headers: whole }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
      call.on('error', reject)
      call.end(body)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.stop()
    this.#server.closeAllConnections()
    this.#server.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

function withAccount(settings: Settings, stub: ProviderStub, url: string): Settings {
  const given = stub.settings(url)
  if (stub.id === 'venom') {
    const flat = { secretKey: null, venomServerUrl: null, venomApiKey: null, webhookApiKey: null }
    const { secretKey = null, serverUrl = null, apiKey = null, webhookKey = null } = given
    const set = {
      secretKey,
      venomServerUrl: serverUrl,
      venomApiKey: apiKey,
      webhookApiKey: webhookKey,
    }
    const [tenant] = settings.tenants.values()
    const tenants = new Map(
      tenant && [[tenant.id, { ...tenant, secretKey: set.secretKey as string }]],
    )
    return { ...settings, ...flat, ...set, tenants } as Settings
  }
  const accounts = settings.accounts.map((account) =>
    account.channel === stub.id
      ? { ...account, isSet: true, values: { ...account.values, ...given } }
      : account,
  )
  return { ...settings, accounts }
}
