/** What a human said, as the history keeps it. Pure. */

export function humanPayload(text: string): string {
  return JSON.stringify({ text })
}

/** '' when it cannot be read. */
export function saidByHuman(payload: string): string {
  try {
    const { text } = JSON.parse(payload) as { text?: unknown }
    return typeof text === 'string' ? text : ''
  } catch {
    return ''
  }
}
