/**
 * Posts what is queued to the gateway, one after another and in order.
 *
 *   oldest → POST, signed anew → 2xx: removed · no: set aside as refused · not now: again, for ever
 *
 * "No" is a 4xx about the event itself. Wherever the next event would meet the same (a wrong secret,
 * a gateway without this path, a server that is away), nothing is set aside: the line waits, and the
 * fault is told once. A death between the 2xx and the removal posts an event twice; the gateway
 * knows its id.
 */
import { createHmac } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import { httpAddress, shownAddress } from '../http-address.ts'
import { retryAfterMs } from '../retry-after.ts'
import { waitBefore } from './backoff.ts'
import type { Tell } from './bridge-events.ts'
import type { EventQueue, QueuedEvent } from './event-queue.ts'
import type { LibraryName } from './library.ts'
import type { Wait } from './wait.ts'

export interface GatewayPosterOptions {
  readonly queue: EventQueue
  /** Of the gateway; `/webhook/<library>` is added. */
  readonly url: string
  readonly library: LibraryName
  readonly session: string
  readonly secret: string | null
  /** Shown where there is no secret. */
  readonly shownKey: string | null
  readonly clock: Clock
  readonly tell: Tell
  readonly timeoutMs?: number
  /** Waits between tries; ends early when the signal says so. */
  readonly wait: Wait
}

type Verdict =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  | { readonly kind: 'again'; readonly error: string; readonly askedMs: number | null }

const TIMEOUT_MS = 15_000
const MAX_ANSWER_BYTES = 65_536
/** 4xx that are not about the event: who we are, where we knock, or that it is not the moment. */
const NOT_THE_EVENT: ReadonlySet<number> = new Set([401, 403, 404, 405, 408, 421, 425, 429])

export class GatewayPoster {
  readonly #options: GatewayPosterOptions
  readonly #address: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #stopping = new AbortController()
  #running: Promise<void> | null = null
  #awaySince: number | null = null

  constructor(options: GatewayPosterOptions) {
    this.#options = options
    const { url, authorization } = httpAddress(options.url)
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/webhook/${options.library}`
    this.#address = url
    this.#headers = {
      'content-type': 'application/json',
      ...(authorization !== null && { authorization }),
    }
  }

  /** Ms for which the gateway has taken nothing; null while all is well. */
  get awayMs(): number | null {
    return this.#awaySince === null ? null : performance.now() - this.#awaySince
  }

  /** `onBroken`: the queue itself cannot be read or written. */
  start(onBroken: (error: unknown) => void): void {
    this.#running ??= this.#run().catch(onBroken)
  }

  /** Lets go of the event that is being posted; it stays in the queue. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { queue } = this.#options
    const { signal } = this.#stopping
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    while (!signal.aborted) {
      const changed = queue.changed()
      const next = queue.oldest()
      if (next === null) await Promise.race([changed, stopped])
      else await this.#deliver(next, signal)
    }
  }

  /** Until it is posted or refused, or we are to stop. */
  async #deliver(next: QueuedEvent, signal: AbortSignal): Promise<void> {
    const { queue, tell, wait } = this.#options
    for (let failures = 1; !signal.aborted; failures += 1) {
      const verdict = await this.#post(next, signal)
      if (signal.aborted && verdict.kind === 'again') return
      if (verdict.kind === 'again') {
        this.#goneAway(verdict.error)
        await wait(waitBefore(failures, verdict.askedMs), signal)
        continue
      }
      if (verdict.kind === 'taken') queue.remove(next.id)
      else {
        const { status, code } = verdict
        queue.refuse(next.id, status, code)
        tell({ name: 'event.refused', what: next.event, status, code })
      }
      this.#backAgain()
      return
    }
  }

  #goneAway(error: string): void {
    if (this.#awaySince !== null) return
    this.#awaySince = performance.now()
    const { tell, queue } = this.#options
    tell({ name: 'gateway.away', error, waiting: queue.counts().waiting })
  }

  #backAgain(): void {
    if (this.#awaySince === null) return
    const forMs = performance.now() - this.#awaySince
    this.#awaySince = null
    const { tell, queue } = this.#options
    tell({ name: 'gateway.back', forMs, waiting: queue.counts().waiting })
  }

  async #post(next: QueuedEvent, signal: AbortSignal): Promise<Verdict> {
    const { session, timeoutMs = TIMEOUT_MS, clock } = this.#options
    const body = bodyOf(next, session)
    try {
      const response = await fetch(this.#address, {
        method: 'POST',
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: { ...this.#headers, ...this.#signed(body) },
        body,
      })
      const text = await readCapped(response)
      return verdictOf(response, text, clock(), shownAddress(this.#address))
    } catch (error) {
      const cause = error instanceof Error && error.cause ? error.cause : error
      const fact = messageOf(cause) || 'no answer'
      return { kind: 'again', error: `${shownAddress(this.#address)} (${fact})`, askedMs: null }
    }
  }

  /** Made anew for each try: the gateway takes a timestamp for five minutes. */
  #signed(body: string): Record<string, string> {
    const { secret, shownKey, clock } = this.#options
    if (secret === null) return shownKey === null ? {} : { 'x-api-key': shownKey }
    const timestamp = String(clock())
    const { pathname, search } = this.#address
    const signature = createHmac('sha256', secret)
      .update(`POST:${pathname}${search}:${timestamp}:${body}`)
      .digest('hex')
    return { 'x-timestamp': timestamp, 'x-signature': signature }
  }
}

/** The data are JSON already; read and written again they would only be slower. */
function bodyOf({ event, data, me }: QueuedEvent, session: string): string {
  const who = me === null ? '' : `,"me":${me}`
  return `{"event":${JSON.stringify(event)},"session":${JSON.stringify(session)}${who},"data":${data}}`
}

function verdictOf(response: Response, text: string, nowMs: number, shown: string): Verdict {
  const { status, ok, headers } = response
  if (ok) return { kind: 'taken' }
  const { code, error } = refusalIn(text)
  if (status >= 400 && status < 500 && !NOT_THE_EVENT.has(status)) {
    return { kind: 'refused', status, code }
  }
  const said = error === '' ? '' : `: ${error}`
  const askedMs = retryAfterMs(headers.get('retry-after'), nowMs)
  return { kind: 'again', error: `${shown} answered ${status}${said}`, askedMs }
}

/** What the gateway says of itself; of another server's page nothing is repeated. */
function refusalIn(text: string): { code: string; error: string } {
  try {
    const { code, error } = JSON.parse(text) as { code?: unknown; error?: unknown }
    return {
      code: typeof code === 'string' ? code.slice(0, 64) : 'unknown',
      error: typeof error === 'string' ? error.slice(0, 200) : '',
    }
  } catch {
    return { code: 'unknown', error: '' }
  }
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      length += chunk.byteLength
      if (length > MAX_ANSWER_BYTES) break
    }
  } catch {
    // The status has arrived and decides.
  }
  return Buffer.concat(chunks).toString('utf8')
}
