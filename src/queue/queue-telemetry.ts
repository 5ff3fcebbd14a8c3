/** What BullMQ asks of whoever traces it, as far as it does; its own types fit these. */
export interface QueueTelemetry {
  readonly tracer: {
    startSpan(name: string, options?: { kind: number }, context?: unknown): QueueSpan
  }
  readonly contextManager: {
    // biome-ignore lint/suspicious/noExplicitAny: as BullMQ has it.
    with<Work extends (...args: any[]) => any>(context: unknown, work: Work): ReturnType<Work>
    active(): unknown
    root(): unknown
    /** Of a context that leads nowhere: an empty text. */
    getMetadata(context: unknown): string
    fromMetadata(active: unknown, metadata: string): unknown
  }
}

export interface QueueSpan {
  setSpanOnContext(context: unknown): unknown
  setAttribute(name: string, value: unknown): void
  setAttributes(attributes: Readonly<Record<string, unknown>>): void
  addEvent(name: string, attributes?: Readonly<Record<string, unknown>>): void
  recordException(error: unknown): void
  end(): void
}
