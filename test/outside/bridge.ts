/** A bridge's call: signed, with a deadline; what is not answered 2xx is unknown and sent again. */
import { createHmac } from 'node:crypto'

const PATH = '/webhook/whatsapp/batched'

/** True when it was taken. */
export async function post(url: string, secret: string, payload: unknown): Promise<boolean> {
  const body = JSON.stringify(payload)
  const timestamp = String(Date.now())
  const signature = createHmac('sha256', secret)
    .update(`POST:${PATH}:${timestamp}:${body}`)
    .digest('hex')
  try {
    const response = await fetch(url + PATH, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-timestamp': timestamp,
        'x-signature': signature,
      },
      body,
      signal: AbortSignal.timeout(5000),
    })
    await response.arrayBuffer()
    return response.ok
  } catch {
    // Nobody there, or killed before the answer.
    return false
  }
}
