/** Which messages of a call are new to a conversation. */
/** Those whose id is new, in order; the first of a kind when an id is twice in a call. */
export function unseen<Seen extends { idHash: string }>(
  seen: ReadonlyMap<string, number>,
  messages: readonly Seen[],
  dedupeMs: number,
  now: number,
): Seen[] {
  const fresh = new Map<string, Seen>()
  for (const message of messages) {
    const seenAt = seen.get(message.idHash)
    const isKnown = seenAt !== undefined && seenAt + dedupeMs > now
    if (!isKnown && !fresh.has(message.idHash)) fresh.set(message.idHash, message)
  }
  return [...fresh.values()]
}
