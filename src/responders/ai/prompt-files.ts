/**
 * The files that a model gets as bytes: images and PDFs, which models can read. Others, those that
 * cannot be fetched, and those over the limit of the turn are named only, and the turn goes on.
 */
import { fileTypeOf } from '../../media/file-type.ts'
import { addressOf } from '../../media/kept-or-fetched.ts'
import type { MediaFetcher } from '../../media/media-fetcher.ts'
import type { Message } from '../../message.ts'
import type { PromptFile } from './prompt.ts'

const READABLE = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf'])
const TYPES = new Set(['image', 'sticker', 'document'])

/** One after the other, so that all files of a turn together stay below the fetcher's limit. */
export async function promptFiles(
  messages: readonly Message[],
  fetcher: MediaFetcher,
  onFailure: (error: unknown) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<Message, PromptFile>> {
  const files = new Map<Message, PromptFile>()
  let left = fetcher.maxBytes
  for (const message of messages) {
    const url = message.media && addressOf(message.media)
    if (!url || !TYPES.has(message.type)) continue
    try {
      const bytes = await fetcher.fetch(url, signal, left)
      const mediaType = fileTypeOf(bytes)
      if (!mediaType || !READABLE.has(mediaType)) continue
      left -= bytes.byteLength
      files.set(message, { bytes, mediaType })
    } catch (error) {
      signal.throwIfAborted()
      onFailure(error)
    }
  }
  return files
}
