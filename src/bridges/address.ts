/**
 * Addresses of a person or a group as each library writes them. Pure.
 *
 *   79001234567, 79001234567@c.us, 79001234567:12@s.whatsapp.net → number 79001234567
 *   123456789012345@lid → lid, an address that hides the number
 *   120363000000000001@g.us → group, where answers to those who write in it go
 */
export type Address =
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'lid'; readonly id: string }
  | { readonly kind: 'group'; readonly id: string }

const GROUP = /^\d{5,20}(?:-\d{5,20})?@g\.us$/

/** Null for broadcasts, newsletters and whatever else nobody is answered at. */
export function addressOf(to: string): Address | null {
  if (GROUP.test(to.trim())) return { kind: 'group', id: to.trim() }
  const [, user = '', domain = ''] =
    /^\+?(\d{5,20})(?:_\d+)?(?::\d+)?(?:@([a-z.]+))?$/.exec(to.trim()) ?? []
  if (user === '') return null
  switch (domain) {
    case '':
    case 'c.us':
    case 's.whatsapp.net':
    case 'hosted':
      return user.length <= 15 ? { kind: 'number', digits: user } : null
    case 'lid':
    case 'hosted.lid':
      return { kind: 'lid', id: `${user}@lid` }
    default:
      return null
  }
}

export const ADDRESS_ALLOWED =
  '`to` must be one person or group: a phone in digits, or an address ending in @c.us, @s.whatsapp.net, @lid or @g.us'

/** `false_79001234567@c.us_3EB0…` is `3EB0…` to a library that names the chat apart. */
export function bareMessageId(messageId: string): string {
  return /^(?:true|false)_[^_]+_([^_]+)/.exec(messageId)?.[1] ?? messageId
}
