/**
 * Replies through a Venom bridge: `POST {url}/send-message` with `{to, message}`, `x-api-key` and
 * `Idempotency-Key: <batch>.<part>`. Any 2xx is taken as sent.
 *
 * A bridge that does not answer may have sent all the same: the retry bears the same key, so a
 * bridge that remembers keys sends it once.
 */
import { messageOf, RapidFireError } from '../errors.ts'
import type { Channel, OutgoingPart } from './channel.ts'

export interface VenomOptions {
  readonly url: string
  readonly apiKey: string | null
  readonly timeoutMs: number
}

/** What a repeat cannot heal; 408, 425 and 429 it can. */
const isFinal = (status: number): boolean =>
  status >= 400 && status < 500 && ![408, 425, 429].includes(status)

export class VenomChannel implements Channel {
  readonly name = 'venom'
  readonly #options: VenomOptions
  readonly #url: string

  constructor(options: VenomOptions) {
    this.#options = options
    this.#url = `${options.url.replace(/\/+$/, '')}/send-message`
  }

  async send(part: OutgoingPart, signal: AbortSignal): Promise<{ providerId: string }> {
    const response = await this.#post(part, signal)
    const body = await readCapped(response)
    if (response.ok) return { providerId: messageIdIn(body) }
    throw new RapidFireError(
      isFinal(response.status) ? 'send_refused' : 'send_failed',
      `the bridge at ${this.#url} answered ${response.status}`,
    )
  }

  async #post({ partId, to, text }: OutgoingPart, signal: AbortSignal): Promise<Response> {
    const { apiKey, timeoutMs } = this.#options
    try {
      return await fetch(this.#url, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'content-type': 'application/json',
          'idempotency-key': partId,
          ...(apiKey ? { 'x-api-key': apiKey } : {}),
        },
        body: JSON.stringify({ to, message: text }),
      })
    } catch (error) {
      const cause =
        error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error)
      throw new RapidFireError(
        'send_failed',
        `the bridge at ${this.#url} did not take a part (${cause || 'no answer'})`,
        { cause: error },
      )
    }
  }
}

const MAX_ANSWER_BYTES = 65_536

/** A bridge's answer is read as far as it is useful, so that an endless one ends. */
async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk)
      length += chunk.byteLength
      if (length > MAX_ANSWER_BYTES) break
    }
  } catch (error) {
    // The status has arrived and decides; a body that breaks off after a 2xx is only an id less.
    if (!response.ok) throw new RapidFireError('send_failed', messageOf(error), { cause: error })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function messageIdIn(body: string): string {
  try {
    const { messageId, id } = JSON.parse(body) as { messageId?: unknown; id?: unknown }
    const found = messageId ?? id
    return typeof found === 'string' ? found.slice(0, 256) : ''
  } catch {
    return ''
  }
}
