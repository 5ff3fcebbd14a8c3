/** A person's file, from wherever it is: the folder of files that came with calls, or the web. */
import { RapidFireError } from '../errors.ts'
import type { Media } from '../message.ts'
import type { KeptFiles } from './kept-files.ts'
import type { MediaFetcher } from './media-fetcher.ts'

/** How a kept file is named among addresses. */
const KEPT = 'kept:'

/** Where a file is had from; undefined when nobody can have it. */
export function addressOf({ file, url }: Media): string | undefined {
  return file === undefined ? url : `${KEPT}${file}`
}

export class KeptOrFetched implements MediaFetcher {
  readonly #kept: KeptFiles
  readonly #fetched: MediaFetcher

  constructor(kept: KeptFiles, fetched: MediaFetcher) {
    this.#kept = kept
    this.#fetched = fetched
  }

  get maxBytes(): number {
    return this.#fetched.maxBytes
  }

  async fetch(address: string, signal: AbortSignal, maxBytes = this.maxBytes): Promise<Uint8Array> {
    if (!address.startsWith(KEPT)) return this.#fetched.fetch(address, signal, maxBytes)
    const bytes = await this.#kept.read(address.slice(KEPT.length))
    if (bytes.byteLength <= maxBytes) return bytes
    throw new RapidFireError('media_failed', `a kept file is longer than ${maxBytes} bytes`)
  }
}
