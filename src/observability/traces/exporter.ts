/**
 * Brings spans to the collector, a second's worth at a time, and says once when that fails and once
 * when it goes again. What cannot be delivered is dropped: people are answered all the same.
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { messageOf } from '../../errors.ts'
import { shownAddress } from '../../http-address.ts'
import type { Events } from '../events/events.ts'

/** With the library's own tries: as long as one delivery may take, ms. */
const DELIVERY_MS = 5000

export interface ExporterOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly events: Events
}

export class ToldExporter implements SpanExporter {
  readonly #inner: OTLPTraceExporter
  readonly #events: Events
  readonly #place: string
  #awaySince: number | null = null

  constructor({ url, headers, events }: ExporterOptions) {
    this.#inner = new OTLPTraceExporter({
      url,
      headers: { ...headers },
      timeoutMillis: DELIVERY_MS,
    })
    this.#events = events
    this.#place = shownAddress(new URL(url))
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#inner.export(spans, (result) => {
      // 0 is success.
      if (result.code === 0) this.#delivered()
      else this.#failed(result.error)
      done(result)
    })
  }

  #failed(error: unknown): void {
    if (this.#awaySince !== null) return
    this.#awaySince = performance.now()
    this.#events.emit('traces.away', { place: this.#place, error: sentenceOf(error) })
  }

  #delivered(): void {
    if (this.#awaySince === null) return
    const awayMs = performance.now() - this.#awaySince
    this.#awaySince = null
    this.#events.emit('traces.back', { place: this.#place, awayMs })
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown()
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush()
  }
}

/** A status has a number, a connection a code; neither need have words. */
function sentenceOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const words = messageOf(error)
  return words.includes(code) ? words : `${code} ${words}`.trim()
}
