/**
 * Turns a voice message into text by a model.
 *
 *   fetch the file → ask the model → text
 *
 * Both together within `timeoutMs`, once; the file as long as the fetcher allows. What the model
 * says is untrusted text of the person: made well-formed and cut here, and data from then on.
 */
import type { TranscriptionModel } from 'ai'
import type { Clock } from '../clock.ts'
import { RapidFireError } from '../errors.ts'
import type { Message } from '../message.ts'
import { loadTranscriptionModel, type ProviderOptions } from '../models/provider.ts'
import { providerError } from '../models/provider-error.ts'
import { addressOf } from './kept-or-fetched.ts'
import type { MediaFetcher } from './media-fetcher.ts'
import type { Transcriber } from './transcriber.ts'

export interface TranscriberOptions extends ProviderOptions {
  readonly model: string
  readonly timeoutMs: number
  readonly media: MediaFetcher
  readonly clock: Clock
}

/** About an hour of talk; a longer one is a model that repeats itself. */
const MAX_CHARACTERS = 65_536

export class ModelTranscriber implements Transcriber {
  readonly #options: TranscriberOptions
  readonly #model: TranscriptionModel

  /** Rejects with `responder_unusable` when the provider cannot be had. */
  static async load(options: TranscriberOptions): Promise<ModelTranscriber> {
    return new ModelTranscriber(options, await loadTranscriptionModel(options, options.model))
  }

  private constructor(options: TranscriberOptions, model: TranscriptionModel) {
    this.#options = options
    this.#model = model
  }

  async transcribe({ media, type }: Message, signal: AbortSignal): Promise<string> {
    const { timeoutMs } = this.#options
    signal.throwIfAborted()
    const address = media && addressOf(media)
    if (!address) throw new RapidFireError('media_failed', `a ${type} came without its file`)
    const deadline = AbortSignal.timeout(timeoutMs)
    try {
      return await this.#heard(address, AbortSignal.any([signal, deadline]))
    } catch (error) {
      signal.throwIfAborted()
      if (!deadline.aborted) throw error
      throw new RapidFireError(
        'responder_timeout',
        `a ${type} was not transcribed within ${timeoutMs} ms: raise TRANSCRIBE_TIMEOUT`,
      )
    }
  }

  async #heard(url: string, signal: AbortSignal): Promise<string> {
    const { provider, model, apiKey, clock, media } = this.#options
    const audio = await media.fetch(url, signal)
    const { transcribe } = await import('ai')
    const whom = `${provider} ${model}`
    const { text } = await transcribe({
      model: this.#model,
      audio,
      maxRetries: 0,
      abortSignal: signal,
      telemetry: { isEnabled: false },
    }).catch((error: unknown) => {
      const keySetting = 'TRANSCRIBE_API_KEY or AI_API_KEY'
      throw providerError(error, { whom, keySetting, apiKey, nowMs: clock(), said: [] })
    })
    const heard = text.trim().slice(0, MAX_CHARACTERS).toWellFormed()
    if (heard !== '') return heard
    throw new RapidFireError('answer_unusable', `${whom} heard nothing in a voice message`)
  }
}
