/**
 * kill -9 of a real process with a part on the wire, with a provider at the far end that can tell
 * whether it has it. By turns the provider has taken the part and has not; afterwards every part of
 * every answer has to be there, once.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROVIDERS } from '../../src/channels/registry.ts'
import { Member } from '../outside/member.ts'
import { freePort } from '../support/redis-server.ts'
import { type Has, PROOFS, partIdOf } from './proofs.ts'
import type { ProviderStub, StubAnswer, StubRequest } from './stub.ts'

/** What `role.ts` answers to one message. */
const partsOf = (text: string): string[] => [text, '1', 'end']

export interface Killed {
  /** Kills that met a part which the provider had, and which it had not. */
  readonly taken: number
  readonly lost: number
  /** Texts that reached the person, in order, and those that should have. */
  readonly texts: readonly string[]
  readonly wanted: readonly string[]
}

/** Plays `kills` answers, each of which has its process killed at one of its parts. */
export async function killOnTheWire(stub: ProviderStub, kills: number): Promise<Killed> {
  const folder = mkdtempSync(join(tmpdir(), 'rapid-fire-kills-'))
  const far = await FarSide.open(stub)
  const member = new Member({
    name: stub.id,
    roles: ['api', 'processor', 'worker'],
    sink: far,
    env: {
      ...{ DATA_DIR: join(folder, 'data'), PORT: String(await freePort()), LOG_LEVEL: 'error' },
      ...{ BATCH_TIMEOUT: '50', CHECK_INTERVAL: '20', PART_PAUSE_MIN: '0', PART_PAUSE_MAX: '0' },
      ...{ ON_UNCERTAIN: 'reconcile', RECONCILE_TIMEOUT: '8000', QUEUE_RETRY_DELAY: '100' },
      ...envOf(stub, far.urlFor()),
    },
  })
  const wanted: string[] = []
  try {
    await member.start()
    for (let kill = 0; kill < kills; kill += 1) {
      const text = `Сообщение ${kill}`
      wanted.push(...partsOf(text))
      const isTaken = kill % 2 === 0
      const victim = wanted[kill * 3 + (kill % 3)] ?? text
      const death = far.next(victim, isTaken, () => member.kill('SIGKILL'))
      await post(stub, text, kill + 1, member.url ?? '')
      const has = await death
      await member.exit
      await member.start()
      const { tell } = PROOFS[stub.id] ?? {}
      if (isTaken && tell) await fetchCall(tell(has, stub, member.url ?? ''), member.url ?? '')
      await far.until(wanted.length)
    }
    const [taken, lost] = [Math.ceil(kills / 2), Math.floor(kills / 2)]
    return { taken, lost, texts: far.texts, wanted }
  } finally {
    member.kill('SIGKILL')
    await member.exit
    far.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class FarSide {
  readonly #stub: ProviderStub
  readonly #all: Has[] = []
  readonly #server = createServer()
  #victim: { text: string; isTaken: boolean; met: (has: Has) => void } | null = null
  #heard: () => void = () => {}

  private constructor(stub: ProviderStub) {
    this.#stub = stub
    this.#server.on('request', async (incoming, response) => {
      const chunks: Buffer[] = []
      try {
        for await (const chunk of incoming) chunks.push(chunk as Buffer)
      } catch {
        // Its sender was killed in the middle of it.
        return
      }
      const { method = '', url = '', headers } = incoming
      const answer = this.#answer({ method, url, headers, body: Buffer.concat(chunks) })
      if (answer === null) return
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      response.end(answer.body)
    })
  }

  static async open(stub: ProviderStub): Promise<FarSide> {
    const far = new FarSide(stub)
    far.#server.listen(0, '127.0.0.1')
    await once(far.#server, 'listening')
    return far
  }

  urlFor(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get texts(): readonly string[] {
    return this.#all.map(({ text }) => text)
  }

  /** Resolves when a part of this text has come, been taken or not, and its sender was killed. */
  next(text: string, isTaken: boolean, kill: () => void): Promise<Has> {
    return new Promise((resolve) => {
      const met = (has: Has) => {
        kill()
        resolve(has)
      }
      this.#victim = { text, isTaken, met }
    })
  }

  /** Resolves when so many parts were taken. */
  async until(count: number): Promise<void> {
    while (this.#all.length < count) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve
      })
    }
  }

  /** Null: its sender gets none. */
  #answer(request: StubRequest): StubAnswer | null {
    const told = PROOFS[this.#stub.id]?.asked?.(request, this.#all)
    if (told) return told
    const said = this.#stub.read(request)
    if (said === null) return this.#stub.taken(0)
    const n = this.#all.length + 1
    const has = { text: said.text, partId: partIdOf(request), at: Date.now(), n }
    const victim = this.#victim?.text === said.text ? this.#victim : null
    if (victim?.isTaken !== false) this.#all.push(has)
    this.#heard()
    if (victim === null) return this.#stub.taken(n)
    this.#victim = null
    victim.met(has)
    return null
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** The account of a stub as variables. */
function envOf(stub: ProviderStub, url: string): Record<string, string> {
  const given = stub.settings(url)
  if (stub.id === 'venom') {
    return { VENOM_SECRET_KEY: String(given.secretKey), VENOM_API_KEY: String(given.apiKey) }
  }
  const table = PROVIDERS.find(({ id }) => id === stub.id)?.settings ?? {}
  const pairs = Object.entries(given).map(([name, value]) => [table[name]?.env, String(value)])
  return Object.fromEntries(pairs)
}

async function post(stub: ProviderStub, text: string, n: number, url: string): Promise<void> {
  await fetchCall(stub.inbound({ text, n, at: Date.now() }, url), url)
}

async function fetchCall(call: ReturnType<ProviderStub['inbound']>, url: string): Promise<void> {
  const { path, headers, body } = call
  const response = await fetch(new URL(path, url), { method: 'POST', headers, body })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
}
