/** What tests of models share: turns to answer, an account in memory, and the `ai` responder. */
import type { BatchId, Message } from '../../src/message.ts'
import { Events } from '../../src/observability/events/events.ts'
import { type AiOptions, AiResponder, type AiTenant } from '../../src/responders/ai/ai-responder.ts'
import type { Spending } from '../../src/responders/ai/spending.ts'
import type { Said, TurnToAnswer } from '../../src/responders/responder.ts'

export const KEY = 'sk-a-key-of-the-tests'
export const ANNA = { tenant: 'salon', channel: 'whatsapp', peer: '79001234567' } as const
/** Tuesday, 10:00 in UTC and 13:00 in Moscow. */
export const AT = Date.parse('2026-11-24T10:00:00Z')

export function message(given: Partial<Message> = {}): Message {
  return {
    conversation: ANNA,
    id: 'm1',
    address: '79001234567@c.us',
    type: 'chat',
    text: 'Привет',
    sentAt: AT,
    sentAtExact: true,
    receivedAt: AT,
    ...given,
  }
}

/** Merged as the worker merges by default: texts joined by a space. */
export function turnOf(
  given: readonly (string | Partial<Message>)[],
  history: readonly Said[] = [],
): TurnToAnswer {
  const messages = given.map((part, index) =>
    message({ id: `m${index}`, ...(typeof part === 'string' ? { text: part } : part) }),
  )
  const texts = messages.map(({ text }) => text).filter((text) => text !== '')
  return { batchId: 'b_1' as BatchId, conversation: ANNA, messages, history, text: texts.join(' ') }
}

export const said = (who: Said['who'], text: string): Said => ({ who, text, at: AT - 60_000 })

export class MemorySpending implements Spending {
  readonly spent = new Map<string, number>()
  readonly calls: [account: string, tokens: number][] = []

  async add(account: string, tokens: number): Promise<number> {
    this.calls.push([account, tokens])
    const total = (this.spent.get(account) ?? 0) + tokens
    this.spent.set(account, total)
    return total
  }
}

export const TENANT: AiTenant = {
  systemPromptFile: null,
  facts: null,
  dailyTokens: null,
  budgetReply: null,
  timeZone: 'Europe/Moscow',
}

export interface AiScene {
  readonly ai: AiResponder
  readonly spending: MemorySpending
  /** Sentences of what was said to the log. */
  readonly told: string[]
}

export async function aiAt(
  baseUrl: string | null,
  { tenant, ...given }: Partial<AiOptions> & { readonly tenant?: Partial<AiTenant> } = {},
): Promise<AiScene> {
  const spending = new MemorySpending()
  const told: string[] = []
  const events = new Events()
  events.subscribe((name, event) => {
    if (name === 'internal.error' && 'where' in event) told.push(`${event.where}: ${event.error}`)
  })
  const ai = await AiResponder.load(
    {
      provider: 'openai-compatible',
      model: 'small',
      apiKey: KEY,
      baseUrl,
      temperature: null,
      maxTokens: null,
      tenantOf: () => ({ ...TENANT, ...tenant }),
      spending,
      events,
      clock: () => AT,
      media: null,
      ...given,
    },
    [ANNA.tenant],
  )
  return { ai, spending, told }
}

/** A signal that nobody aborts. */
export const calm = (): AbortSignal => new AbortController().signal
