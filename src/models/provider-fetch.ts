/**
 * The `fetch` that providers use: an answer ends after `maxBytes`, so that an endless one ends, and
 * a redirect is refused, since it would carry the prompt to an address that nobody has set.
 */
import type { TraceHeaders } from '../trace-headers.ts'

/** Two million characters of any script, escaped, and room to spare. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'
}

export function cappedFetch(
  fetch: typeof globalThis.fetch,
  maxBytes = MAX_ANSWER_BYTES,
): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'error' })
    if (!response.body) return response
    let bytes = 0
    const capped = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.byteLength
          if (bytes <= maxBytes) controller.enqueue(chunk)
          else controller.error(new AnswerTooLarge(`the answer is longer than ${maxBytes} bytes`))
        },
      }),
    )
    const { status, statusText, headers } = response
    return new Response(capped, { status, statusText, headers })
  }
}

/** The same, and the trace goes on at the provider. */
export function tracedFetch(
  fetch: typeof globalThis.fetch,
  traceHeaders: TraceHeaders,
): typeof globalThis.fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    for (const [name, value] of Object.entries(traceHeaders())) headers.set(name, value)
    return fetch(input, { ...init, headers })
  }
}
