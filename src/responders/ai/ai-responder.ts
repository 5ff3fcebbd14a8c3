/**
 * Asks a model for the answer.
 *
 *   budget → files → prompt → reserve → model → correct → answer
 *
 * One call and no retry: a turn is tried again by whoever runs it. The model gets no tools, and its
 * answer is untrusted text: made well-formed here, cut and split by whoever sends it. Ends as
 * `Responder` says; when the signal aborts it rejects with the signal's reason.
 */
import type { LanguageModel } from 'ai'
import type { Clock } from '../../clock.ts'
import type { TenantSettings } from '../../config/settings.ts'
import { messageOf, type RapidFireError } from '../../errors.ts'
import type { MediaFetcher } from '../../media/media-fetcher.ts'
import { loadLanguageModel, type ProviderOptions } from '../../models/provider.ts'
import { didNothing, providerError } from '../../models/provider-error.ts'
import type { Events } from '../../observability/events/events.ts'
import type { Answer, Responder, TurnToAnswer } from '../responder.ts'
import { usableText } from './answer.ts'
import { Budget, type Reservation } from './budget.ts'
import { quietModel } from './model.ts'
import { buildPrompt, type Prompt } from './prompt.ts'
import { promptFiles } from './prompt-files.ts'
import { lengthOf, saidIn } from './prompt-text.ts'
import { type Spending, tokensOf } from './spending.ts'
import { SystemPrompts } from './system-prompt.ts'

export type AiTenant = Pick<
  TenantSettings,
  'systemPromptFile' | 'facts' | 'dailyTokens' | 'budgetReply' | 'timeZone'
>

export interface AiOptions extends ProviderOptions {
  readonly model: string | null
  /** Null: as the model has it. */
  readonly temperature: number | null
  readonly maxTokens: number | null
  readonly tenantOf: (id: string) => AiTenant
  readonly spending: Spending
  readonly events: Events
  readonly clock: Clock
  /** Fetches images and files, so that the model gets their bytes; null: it gets their names. */
  readonly media: MediaFetcher | null
}

export class AiResponder implements Responder {
  readonly name = 'ai'
  readonly #options: AiOptions
  readonly #model: LanguageModel
  readonly #prompts: SystemPrompts
  readonly #budget: Budget

  /** @param tenantIds all that there are: a prompt that is missing is found now. */
  static async load(options: AiOptions, tenantIds: Iterable<string>): Promise<AiResponder> {
    const warn = (error: string) => options.events.emit('internal.error', { where: 'ai', error })
    const model = await quietModel(await loadLanguageModel(options, options.model), warn)
    const responder = new AiResponder(options, model, new SystemPrompts(warn))
    for (const id of tenantIds) await responder.#instructions(options.tenantOf(id))
    return responder
  }

  private constructor(options: AiOptions, model: LanguageModel, prompts: SystemPrompts) {
    this.#options = options
    this.#model = model
    this.#prompts = prompts
    this.#budget = new Budget(options.spending, options.events)
  }

  async respond(turn: TurnToAnswer, signal: AbortSignal): Promise<Answer> {
    const id = turn.conversation.tenant
    const tenant = this.#options.tenantOf(id)
    const instead = await this.#budget.instead(id, tenant)
    if (instead !== null) return instead
    const prompt = buildPrompt({
      turn,
      instructions: await this.#instructions(tenant),
      facts: tenant.facts,
      timeZone: tenant.timeZone,
      files: await this.#files(turn, signal),
    })
    signal.throwIfAborted()
    const reserved = await this.#budget.reserve(id, tenant, this.#estimate(prompt))
    if (typeof reserved === 'string') return reserved
    if (signal.aborted) await reserved.giveBack()
    signal.throwIfAborted()
    return this.#ask(prompt, turn, reserved, signal)
  }

  /** What a call costs, as far as can be told before it. */
  #estimate(prompt: Prompt): number {
    return tokensOf(undefined, lengthOf(prompt)) + (this.#options.maxTokens ?? 0)
  }

  async #instructions({ systemPromptFile }: AiTenant): Promise<string | null> {
    return systemPromptFile === null ? null : this.#prompts.of(systemPromptFile)
  }

  async #files({ messages }: TurnToAnswer, signal: AbortSignal) {
    const { media, events } = this.#options
    if (!media) return new Map()
    const onFailure = (error: unknown) =>
      events.emit('internal.error', { where: 'fetching a file for ai', error: messageOf(error) })
    return promptFiles(messages, media, onFailure, signal)
  }

  async #ask(
    prompt: Prompt,
    turn: TurnToAnswer,
    reserved: Reservation,
    signal: AbortSignal,
  ): Promise<string> {
    const { text, usage, toolCalls, finishReason } = await this.#generate(prompt, signal).catch(
      async (error: unknown) => {
        const failure = this.#failure(error, prompt, turn)
        // Whatever else went wrong, the model may have worked, and nobody can say how much.
        if (didNothing(error, failure)) await reserved.giveBack()
        signal.throwIfAborted()
        throw failure
      },
    )
    await reserved.correct(tokensOf(usage, lengthOf(prompt) + text.length))
    return usableText({ text, toolCalls: toolCalls.length, finishReason }, this.#whom)
  }

  get #whom(): string {
    return `${this.#options.provider} ${this.#options.model}`
  }

  #failure(error: unknown, prompt: Prompt, turn: TurnToAnswer): RapidFireError {
    const { apiKey, clock } = this.#options
    return providerError(error, {
      whom: this.#whom,
      keySetting: 'AI_API_KEY',
      apiKey,
      nowMs: clock(),
      said: saidIn(prompt, turn),
    })
  }

  async #generate({ system, messages }: Prompt, signal: AbortSignal) {
    const { temperature, maxTokens } = this.#options
    const { generateText } = await import('ai')
    return generateText({
      model: this.#model,
      messages,
      ...(system !== '' && { instructions: system }),
      ...(temperature !== null && { temperature }),
      ...(maxTokens !== null && { maxOutputTokens: maxTokens }),
      maxRetries: 0,
      abortSignal: signal,
      telemetry: { isEnabled: false },
    })
  }
}
