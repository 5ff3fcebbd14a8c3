/**
 * The bridge at the far end, with moods: it takes a part and says so, takes it and says nothing,
 * refuses it, or breaks the connection. What reached it stands in its ledger before it answers.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Delivery } from './sink.ts'

export type Fate =
  | 'taken'
  /** Taken, and the sender learns nothing of it. */
  | 'taken, cut'
  | 'taken, hung'
  /** Not taken: 500, 429, and no answer at all. */
  | 'failed'
  | 'busy'
  | 'cut'
  | 'hung'

export interface Mood {
  readonly fate: Fate
  readonly afterMs: number
  /** As the provider names the part; null: it does not say. */
  readonly providerId: string | null
}

export interface Arrival extends Delivery {
  readonly fate: Fate
  readonly providerId: string | null
  /** Also false when the sender hung up at once, as one that waited too long does. */
  told: boolean
}

/** A connection that was not broken off is kept for longer than this, ms; nobody waits longer. */
const HUNG_UP_MS = 2500

export const isTaken = ({ fate }: Pick<Arrival, 'fate'>): boolean => fate.startsWith('taken')

type Part = Omit<Arrival, 'fate' | 'providerId' | 'told'>

export class MoodySink {
  readonly #server: Server
  readonly #mood: (part: Part) => Mood
  readonly arrivals: Arrival[] = []
  readonly #lastOn = new WeakMap<Socket, Arrival>()
  /** Done before the sender has its answer. */
  onArrival: (arrival: Arrival) => Promise<void> | void = () => {}
  onAnswered: (arrival: Arrival) => void = () => {}

  constructor(mood: (part: Part) => Mood) {
    this.#mood = mood
    this.#server = createServer((request, response) => void this.#take(request, response))
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  /** What VENOM_SERVER_URL of a worker is. */
  urlFor(instance: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${instance}`
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = performance.now()
    const body = await bodyOf(request)
    // Its worker was killed while it sent.
    if (body === null) return
    const part: Part = {
      ...{ at, instance: request.url?.split('/')[1] ?? '', to: body.to, text: body.message },
      partId: String(request.headers['idempotency-key']),
    }
    const { fate, afterMs, providerId } = this.#mood(part)
    const arrival: Arrival = { ...part, fate, providerId, told: fate === 'taken' }
    this.arrivals.push(arrival)
    this.#watch(request.socket, arrival)
    response.once('close', () => {
      if (!response.writableEnded) arrival.told = false
    })
    await this.onArrival(arrival)
    setTimeout(() => this.#answer(arrival, response), afterMs)
  }

  #watch(socket: Socket, arrival: Arrival): void {
    if (!this.#lastOn.has(socket)) {
      socket.once('close', () => {
        const last = this.#lastOn.get(socket)
        if (last && performance.now() - last.at < HUNG_UP_MS) last.told = false
      })
    }
    this.#lastOn.set(socket, arrival)
  }

  #answer(arrival: Arrival, response: ServerResponse): void {
    const { fate, providerId } = arrival
    this.onAnswered(arrival)
    if (fate.endsWith('hung')) return
    if (fate.endsWith('cut')) response.destroy()
    else if (fate === 'failed') response.writeHead(500).end()
    else if (fate === 'busy') response.writeHead(429, { 'retry-after': '1' }).end()
    else response.end(JSON.stringify({ ok: true, ...(providerId && { messageId: providerId }) }))
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

async function bodyOf(request: IncomingMessage): Promise<{ to: string; message: string } | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return null
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
