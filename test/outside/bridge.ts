/** A bridge's call: signed, with a deadline; what is not answered 2xx is unknown and sent again. */
import { createHmac } from 'node:crypto'

export const PATHS = {
  batched: '/webhook/whatsapp/batched',
  own: '/webhook/whatsapp/own',
} as const

export interface Taken {
  readonly body: Readonly<Record<string, unknown>>
  /** The open batch that the message is in, where the call was for one person. */
  readonly batchId: string | null
}

/** True when it was taken. */
export async function post(url: string, secret: string, payload: unknown): Promise<boolean> {
  return (await call(url, secret, PATHS.batched, payload)) !== null
}

/** What a 2xx said; null when there was none. */
export async function call(
  url: string,
  secret: string,
  path: string,
  payload: unknown,
  patienceMs = 5000,
): Promise<Taken | null> {
  const body = JSON.stringify(payload)
  const headers = signedHeaders(secret, path, body)
  try {
    const response = await fetch(url + path, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(patienceMs),
    })
    const text = await response.text()
    if (!response.ok) return null
    return { body: JSON.parse(text), batchId: response.headers.get('x-batch-id') }
  } catch {
    // Nobody there, or killed before the answer.
    return null
  }
}

export function signedHeaders(secret: string, path: string, body: string): Record<string, string> {
  const timestamp = String(Date.now())
  const signature = createHmac('sha256', secret)
    .update(`POST:${path}:${timestamp}:${body}`)
    .digest('hex')
  return {
    'content-type': 'application/json',
    'x-timestamp': timestamp,
    'x-signature': signature,
  }
}
