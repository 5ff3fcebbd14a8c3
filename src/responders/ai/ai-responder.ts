/**
 * Asks a model for the answer.
 *
 *   budget → files → prompt → model → account → answer
 *
 * One call and no retry: a turn is tried again by whoever runs it. The model gets no tools, and its
 * answer is untrusted text: made well-formed here, cut and split by whoever sends it. Ends as
 * `Responder` says; when the signal aborts it rejects with the signal's reason.
 */
import type { LanguageModel } from 'ai'
import type { Clock } from '../../clock.ts'
import type { TenantSettings } from '../../config/settings.ts'
import { messageOf, RapidFireError } from '../../errors.ts'
import type { MediaFetcher } from '../../media/media-fetcher.ts'
import { loadLanguageModel, type ProviderOptions } from '../../models/provider.ts'
import { providerError } from '../../models/provider-error.ts'
import type { Events } from '../../observability/events.ts'
import type { Answer, Responder, TurnToAnswer } from '../responder.ts'
import { usableText } from './answer.ts'
import { quietModel } from './model.ts'
import { buildPrompt, type Prompt } from './prompt.ts'
import { promptFiles } from './prompt-files.ts'
import { lengthOf, saidIn } from './prompt-text.ts'
import { type Spending, tokensOf, type Usage } from './spending.ts'
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
  }

  async respond(turn: TurnToAnswer, signal: AbortSignal): Promise<Answer> {
    const id = turn.conversation.tenant
    const tenant = this.#options.tenantOf(id)
    const instead = await this.#overBudget(id, tenant)
    if (instead !== null) return instead
    const prompt = buildPrompt({
      turn,
      instructions: await this.#instructions(tenant),
      facts: tenant.facts,
      timeZone: tenant.timeZone,
      files: await this.#files(turn, signal),
    })
    signal.throwIfAborted()
    return this.#ask(prompt, turn, signal)
  }

  /** The reply that stands in for an answer; null: there is budget. */
  async #overBudget(id: string, { dailyTokens, budgetReply }: AiTenant): Promise<string | null> {
    if (dailyTokens === null) return null
    const spent = await this.#options.spending.add(id, 0)
    if (spent < dailyTokens) return null
    if (budgetReply !== null) return budgetReply
    throw new RapidFireError(
      'budget_spent',
      `tenant ${id} has spent ${spent} of its ${dailyTokens} tokens today: raise AI_DAILY_TOKENS, or set AI_BUDGET_REPLY`,
    )
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

  async #ask(prompt: Prompt, turn: TurnToAnswer, signal: AbortSignal): Promise<string> {
    const { text, usage, toolCalls, finishReason } = await this.#generate(prompt, signal).catch(
      async (error: unknown) => {
        signal.throwIfAborted()
        const failure = this.#failure(error, prompt, turn)
        // It has answered, so it has counted; how much, nobody could read.
        if (failure.code === 'answer_unusable') await this.#account(turn, undefined, prompt)
        throw failure
      },
    )
    await this.#account(turn, usage, prompt, text)
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

  /** An answer that is paid for goes out, also when the account cannot be written. */
  async #account(
    { conversation: { tenant } }: TurnToAnswer,
    usage: Usage | undefined,
    prompt: Prompt,
    answer = '',
  ): Promise<void> {
    const { spending, events } = this.#options
    const tokens = tokensOf(usage, lengthOf(prompt) + answer.length)
    try {
      await spending.add(tenant, tokens)
    } catch (error) {
      const where = `counting ${tokens} tokens of tenant ${tenant}`
      events.emit('internal.error', { where, error: messageOf(error) })
    }
  }
}
