/** The port through which a person's file is fetched. */
export interface MediaFetcher {
  /** The largest file that it fetches. */
  readonly maxBytes: number
  /** Rejects with `media_failed`, or with the signal's reason; `maxBytes` only lowers the limit. */
  fetch(url: string, signal: AbortSignal, maxBytes?: number): Promise<Uint8Array>
}
