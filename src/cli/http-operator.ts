/**
 * The Operator of a running service, over its HTTP routes. Every call has a deadline; an answer that
 * is no answer of ours is `service_unreachable`, one that says no is `refused`.
 */
import { z } from 'zod'
import type { Restored } from '../batching/store-backup.ts'
import type { Subject } from '../batching/store-examine.ts'
import { RapidFireError } from '../errors.ts'
import type { Finding } from '../finding.ts'
import type { BatchId } from '../message.ts'
import { type Line, type Piece, parseLine } from '../operations/backup/format.ts'
import type {
  AtWork,
  BatchStatus,
  ConversationNow,
  DamageOf,
  Examined,
  Held,
  Operator,
  Page,
  Stats,
  Who,
} from '../operations/operator.ts'

export interface HttpOperatorOptions {
  /** Without a slash at the end. */
  readonly url: string
  readonly token: string
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 10_000
/** The file of a store is read as a whole. */
const EXAMINE_MS = 60_000

/** What every answer of the service has; the rest is as `Operator` says it. */
const Answer = z.looseObject({
  success: z.boolean(),
  error: z.string().optional(),
  code: z.string().optional(),
})
type Answer = z.infer<typeof Answer>

interface Reply {
  readonly status: number
  readonly answer: Answer
}

/** Whether anything answers HTTP there, within 3 s. */
export async function listens(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(3000) })
    await response.arrayBuffer()
    return true
  } catch (error) {
    if (error instanceof TypeError || isTimeout(error)) return false
    throw error
  }
}

const Ready = z.looseObject({
  problems: z.array(z.string()),
  spool: z.looseObject({ messages: z.number() }).optional(),
})

/** What a service says of itself; null where nothing of ours answers within 3 s. */
export async function readyAt(
  url: string,
  token: string | null,
): Promise<{ problems: readonly string[]; spooled: number } | null> {
  try {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(`${url}/ready`, { headers, signal: AbortSignal.timeout(3000) })
    const { problems, spool } = Ready.parse(await response.json())
    return { problems, spooled: spool?.messages ?? 0 }
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError || isTimeout(error)) return null
    if (error instanceof z.ZodError) return null
    throw error
  }
}

/** One call; rejects with `service_unreachable` when no answer of ours comes back. */
export async function callService(
  url: string,
  init: { method: string; headers?: Record<string, string>; body?: string; timeoutMs?: number },
): Promise<Reply & { headers: Headers }> {
  const { timeoutMs = TIMEOUT_MS, ...rest } = init
  const { origin } = new URL(url)
  try {
    const response = await fetch(url, { ...rest, signal: AbortSignal.timeout(timeoutMs) })
    const read = Answer.safeParse(await response.json())
    if (!read.success) throw new SyntaxError('unknown form')
    return { status: response.status, answer: read.data, headers: response.headers }
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RapidFireError(
        'service_unreachable',
        `what listens on ${origin} is not Rapid-Fire: name another address with --url`,
        { cause: error },
      )
    }
    if (isTimeout(error)) {
      throw new RapidFireError(
        'service_unreachable',
        `${origin} did not answer within ${timeoutMs / 1000} s; whether it did what was asked is unknown`,
        { cause: error },
      )
    }
    throw nothingListens(origin, error)
  }
}

export function nothingListens(url: string, cause?: unknown): RapidFireError {
  const reason = cause instanceof Error ? reasonOf(cause) : ''
  return new RapidFireError(
    'service_unreachable',
    `nothing listens on ${url}${reason}: start it with \`npm start\`, or name another with --url`,
    { cause },
  )
}

/** ECONNREFUSED is what "nothing listens" means; anything else is worth a word. */
function reasonOf(error: Error): string {
  const inner = error.cause instanceof Error ? error.cause : error
  const code = 'code' in inner ? String(inner.code) : ''
  return code === 'ECONNREFUSED' || code === '' ? '' : ` (${code})`
}

const isTimeout = (error: unknown): boolean =>
  error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError')

export class HttpOperator implements Operator {
  readonly #options: HttpOperatorOptions

  constructor(options: HttpOperatorOptions) {
    this.#options = options
  }

  async stats(page: Page): Promise<Stats> {
    const path = `/webhook/whatsapp/batched/stats?${pageQuery(page)}`
    const answer = accepted(await this.#call('GET', path))
    return field<Stats>(answer, 'stats')
  }

  async atWork(): Promise<AtWork> {
    return field<AtWork>(accepted(await this.#call('GET', '/operator/roles')), 'atWork')
  }

  async flush(who: Who): Promise<BatchId | null> {
    return field<BatchId | null>(
      accepted(await this.#call('POST', '/operator/flush', who)),
      'batchId',
    )
  }

  async discard({ phone, ...named }: Who): Promise<number> {
    const asked = new URLSearchParams(named).toString()
    const query = asked === '' ? '' : `?${asked}`
    const path = `/webhook/whatsapp/batched/${encodeURIComponent(phone)}${query}`
    return field<number>(accepted(await this.#call('DELETE', path)), 'discarded')
  }

  async examine(cursor: string | null): Promise<Examined> {
    const answer = accepted(await this.#call('POST', '/operator/examine', { cursor }, EXAMINE_MS))
    return {
      damages: field<readonly DamageOf[]>(answer, 'damages'),
      examined: field<number>(answer, 'examined'),
      next: field<string | null>(answer, 'next'),
    }
  }

  async judge(): Promise<readonly Finding[]> {
    const answer = accepted(await this.#call('POST', '/operator/judge', {}, EXAMINE_MS))
    return field<readonly Finding[]>(answer, 'findings')
  }

  async repair(subject: Subject): Promise<readonly DamageOf[]> {
    const answer = accepted(await this.#call('POST', '/operator/repair', { subject }, EXAMINE_MS))
    return field<readonly DamageOf[]>(answer, 'repaired')
  }

  async pause(who: Who, forMs: number | null): Promise<void> {
    accepted(await this.#call('POST', '/operator/pause', { ...who, forMs }))
  }

  async resume(who: Who): Promise<boolean> {
    return field<boolean>(accepted(await this.#call('POST', '/operator/resume', who)), 'released')
  }

  async held(page: Page): Promise<{ count: number; held: readonly Held[] }> {
    const answer = accepted(await this.#call('GET', `/operator/held?${pageQuery(page)}`))
    return { count: field<number>(answer, 'count'), held: field<readonly Held[]>(answer, 'held') }
  }

  async failed(page: Page): Promise<{ count: number; batches: readonly BatchStatus[] }> {
    const answer = accepted(await this.#call('GET', `/operator/failed?${pageQuery(page)}`))
    return {
      count: field<number>(answer, 'count'),
      batches: field<readonly BatchStatus[]>(answer, 'batches'),
    }
  }

  async retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'> {
    const reply = await this.#call('POST', `/operator/failed/${encodeURIComponent(batchId)}/retry`)
    if (reply.status === 404) return 'none'
    if (reply.answer.code === 'conversation_held') return 'held'
    if (reply.status === 409) return 'busy'
    accepted(reply)
    return 'done'
  }

  async discardFailed(batchId: BatchId): Promise<boolean> {
    const reply = await this.#call('DELETE', `/operator/failed/${encodeURIComponent(batchId)}`)
    if (reply.status === 404) return false
    accepted(reply)
    return true
  }

  async batch(batchId: BatchId, who?: Who): Promise<BatchStatus | null> {
    const query = who ? `?${new URLSearchParams({ ...who })}` : ''
    const path = `/operator/batches/${encodeURIComponent(batchId)}${query}`
    const reply = await this.#call('GET', path)
    if (reply.status === 404) return null
    return field<BatchStatus>(accepted(reply), 'batch')
  }

  async conversation(who: Who, last: number): Promise<ConversationNow> {
    const query = new URLSearchParams({ ...who, last: String(last) })
    const reply = await this.#call('GET', `/operator/conversation?${query}`)
    return field<ConversationNow>(accepted(reply), 'conversation')
  }

  /** Ends without an end where the connection ends; whoever reads notices. */
  async *backup(): AsyncGenerator<Line> {
    const { url, token } = this.#options
    const headers = { authorization: `Bearer ${token}` }
    const leaving = new AbortController()
    const response = await fetch(`${url}/operator/backup`, {
      headers,
      signal: leaving.signal,
    }).catch((error) => {
      throw nothingListens(url, error)
    })
    try {
      if (response.status !== 200 || response.body === null) {
        accepted({ status: response.status, answer: Answer.parse(await response.json()) })
      }
      let n = 0
      for await (const text of linesOf(response)) yield parseLine(text, ++n)
    } finally {
      leaving.abort()
    }
  }

  async restore(pieces: readonly Piece[], dryRun: boolean): Promise<Restored> {
    const reply = await this.#call('POST', '/operator/restore', { dryRun, pieces })
    return field<Restored>(accepted(reply), 'restored')
  }

  #call(method: string, path: string, body?: object, withinMs?: number): Promise<Reply> {
    const { url, token, timeoutMs = withinMs } = this.#options
    return callService(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    })
  }
}

/** Throws `service_unreachable` where the connection breaks. */
async function* linesOf({ body, url }: Response): AsyncGenerator<string> {
  let rest = ''
  try {
    for await (const chunk of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new RapidFireError(
      'service_unreachable',
      `${new URL(url).origin} broke off: nothing of the backup was kept, take it again`,
      { cause: error },
    )
  }
  if (rest !== '') yield rest
}

function pageQuery({ offset, limit }: Page): string {
  return new URLSearchParams({ offset: String(offset), limit: String(limit) }).toString()
}

/** The answer of a call that did what was asked; rejects with `refused` and what the service said. */
export function accepted({ status, answer }: Reply): Answer {
  if (answer.success && status < 400) return answer
  const said = answer.error ?? `status ${status}`
  if (status === 401) {
    throw new RapidFireError(
      'refused',
      `refused: ${said}. The command must run with the settings of the service: the same DATA_DIR, ` +
        'ADMIN_TOKEN and secrets',
    )
  }
  throw new RapidFireError('refused', `refused: ${said}`, { cause: answer.code })
}

function field<T>(answer: Answer, name: string): T {
  if (!(name in answer)) {
    throw new RapidFireError(
      'service_unreachable',
      `the service answers without \`${name}\`: it is of another version than this command`,
    )
  }
  return answer[name] as T
}
