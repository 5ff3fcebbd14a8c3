/**
 * Who a `from` is. Pure but for a bounded cache.
 *
 * Messengers deliver international numbers, people type local ones. So what comes with a
 * messenger's suffix is never rewritten, and a bare number that is valid as it stands neither:
 * taking a Vietnamese 84 912… for a Russian 8 491 2… would show one person's words to another.
 * Only what is no number of any country is read as a local spelling of the region.
 */

import type { CountryCode } from 'libphonenumber-js/min'
import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'

export type PeerRead =
  | { readonly peer: string }
  | { readonly code: 'invalid_phone' | 'unsupported_peer'; readonly allowed: string }

export const PHONE_ALLOWED =
  'a phone of 7 to 15 digits as text, for example 79001234567, or an address ending in @c.us, @s.whatsapp.net or @lid'
export const PEER_ALLOWED =
  'one person: groups, broadcasts, newsletters and other addresses are not answered'

const INVALID: PeerRead = { code: 'invalid_phone', allowed: PHONE_ALLOWED }
const UNSUPPORTED: PeerRead = { code: 'unsupported_peer', allowed: PEER_ALLOWED }
const MAX_FROM_CHARACTERS = 128
/** Marks without width and direction, which copying from a messenger leaves inside numbers. */
const INVISIBLE = /\p{Cf}|\u2800/gu
const SEPARATORS = /[\s()./\u2010-\u2015\u2212-]+/gu
const OTHER_DIGITS = /[^\P{Nd}0-9]/gu
/** What is asked about is a number and nothing else: there is none to look for in a text. */
const AS_IT_IS = { extract: false } as const
/** First digit of the scripts that people's keyboards have. */
const ZEROS = [0x0660, 0x06f0, 0x0966, 0x09e6, 0xff10]

/** `region`: two capital letters, or NONE to take bare numbers as they come. */
export function peerOf(from: unknown, region: string): PeerRead {
  if (typeof from !== 'string' || from.length > MAX_FROM_CHARACTERS) return INVALID
  if (/[\p{Cc}]/u.test(from)) return INVALID
  const text = plainDigits(from.replace(INVISIBLE, '').trim())
  const at = text.lastIndexOf('@')
  return at < 0 ? bare(text, region) : addressed(text.slice(0, at), text.slice(at + 1))
}

function plainDigits(text: string): string {
  return text.replace(OTHER_DIGITS, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    const zero = ZEROS.find((first) => code >= first && code < first + 10)
    return zero === undefined ? digit : String(code - zero)
  })
}

/** `79001234567@c.us`, `79001234567:12@s.whatsapp.net`: the device is not another person. */
function addressed(local: string, domain: string): PeerRead {
  const user = local.replace(/(?:_\d+)?(?::\d+)?$/, '')
  switch (domain.toLowerCase()) {
    case 'c.us':
    case 's.whatsapp.net':
      // WhatsApp itself writes from 0.
      return user === '0' ? UNSUPPORTED : international(user.replace(SEPARATORS, ''))
    case 'lid':
      return /^[1-9]\d{4,19}$/.test(user) ? { peer: `${user}@lid` } : INVALID
    default:
      return UNSUPPORTED
  }
}

function bare(text: string, region: string): PeerRead {
  const compact = text.replace(SEPARATORS, '')
  if (compact.startsWith('+')) return international(text.replace('(0)', '').replace(SEPARATORS, ''))
  if (!/^\d+$/.test(compact)) return INVALID
  if (compact.startsWith('00')) return international(compact.slice(2))
  if (!isSupportedCountry(region)) return international(compact)
  const local = () => localNumber(compact, region)
  // Blanks and brackets are written by people, so the local reading goes first there.
  if (compact !== text) return international(local() ?? compact)
  const known = parsePhoneNumberFromString(`+${compact}`, AS_IT_IS)?.isValid() === true
  return international(known ? compact : (local() ?? compact))
}

function localNumber(digits: string, region: CountryCode): string | undefined {
  const parsed = parsePhoneNumberFromString(digits, { defaultCountry: region, ...AS_IT_IS })
  return parsed?.isValid() ? parsed.number.slice(1) : undefined
}

function international(text: string): PeerRead {
  const digits = text.replace(/^\+/, '')
  return /^\d{7,15}$/.test(digits) ? { peer: digits } : INVALID
}

/**
 * Reads addresses of one region; the cache is by the address as it came. It is in two halves: what was
 * not asked for while one of them filled is gone. A Map that loses its first key for each new one is
 * slow to find the next first.
 */
export class PhoneReader {
  readonly #region: string
  readonly #maxCached: number
  #recent = new Map<string, PeerRead>()
  #earlier: ReadonlyMap<string, PeerRead> = new Map()

  constructor(region: string, maxCached = 20_000) {
    this.#region = region
    this.#maxCached = maxCached
  }

  read(from: unknown): PeerRead {
    if (typeof from !== 'string' || from.length > MAX_FROM_CHARACTERS) return INVALID
    const recent = this.#recent.get(from)
    if (recent) return recent
    const read = this.#earlier.get(from) ?? peerOf(from, this.#region)
    if (this.#recent.size >= this.#maxCached / 2) {
      this.#earlier = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(from, read)
    return read
  }
}
