/** What a tenant has spent on models today. */

/** The account of a day, kept by whoever keeps the batches: the day begins and ends by its clock. */
export interface Spending {
  /** Adds tokens to the account's day and answers its total; 0 only reads, fewer than 0 give back. */
  add(account: string, tokens: number): Promise<number>
}

export interface Usage {
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
}

/** Tokens of English text are longer, those of other scripts shorter. */
const CHARACTERS_PER_TOKEN = 3

/**
 * What a call has cost. Servers that count nothing, or nonsense, are counted by characters: a limit
 * that is never reached would be none.
 */
export function tokensOf(usage: Usage | undefined, characters: number): number {
  const counted = count(usage?.inputTokens) + count(usage?.outputTokens)
  return counted > 0 ? counted : Math.ceil(characters / CHARACTERS_PER_TOKEN)
}

const count = (tokens: number | undefined): number =>
  tokens !== undefined && Number.isFinite(tokens) ? Math.max(0, Math.ceil(tokens)) : 0
