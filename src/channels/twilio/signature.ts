/**
 * How Twilio signs: base64 of HMAC-SHA1 over the address that it was told, and what follows it.
 *
 *   a form  address + name1value1name2value2…, sorted by name, values as they are once decoded
 *   other   address alone, in which Twilio has put bodySHA256=<hex of the body's SHA-256>
 *
 * A name that comes several times counts each of its values once, in order. The port may be in what
 * was signed or not, and some of its machines sign the address as a URL parser would write it, so all
 * of these are tried. Facts: twilio.com/docs/usage/security and twilio-node, lib/webhooks. Pure.
 */
import { createHmac, hash } from 'node:crypto'
import { parse as parseQuery, stringify as stringifyQuery } from 'node:querystring'
import type { Proof, ProviderCall } from '../channel.ts'
import { headerOf, isSame } from '../secrets.ts'

export const SIGNATURE_HEADER = 'x-twilio-signature'
const BODY_HASH = 'bodySHA256'

const MISSING: Proof = {
  ok: false,
  code: 'signature_missing',
  message: 'Missing the header X-Twilio-Signature',
}
const REFUSED: Proof = {
  ok: false,
  code: 'signature_refused',
  message: 'Invalid signature; Twilio must be told the address that PUBLIC_URL says',
}

export function verifyTwilio(
  call: ProviderCall,
  { tokens, publicUrl }: { tokens: readonly string[]; publicUrl: string | null },
): Proof {
  if (tokens.length === 0) return 'open'
  const shown = headerOf(call.headers, SIGNATURE_HEADER)
  if (shown === null) return MISSING
  const form = pairsOf(call.rawBody)
  for (const address of addressesOf(call, publicUrl)) {
    const signed = signedPart(address, call.rawBody, form)
    if (signed === null) continue
    for (const spelt of spellingsOf(address)) {
      if (tokens.some((token) => isSame(shown, twilioHmac(token, spelt + signed)))) {
        return { ok: true, seal: shown }
      }
    }
  }
  return REFUSED
}

/** The signature of a form that is posted to `address`. */
export function signTwilio(token: string, address: string, rawBody: Buffer): string {
  return twilioHmac(token, withoutFragment(address) + pairsOf(rawBody))
}

const twilioHmac = (token: string, signed: string): string =>
  createHmac('sha1', token).update(signed, 'utf8').digest('base64')

/** What stands after the address; null where the body is not the one that was signed. */
function signedPart(address: string, rawBody: Buffer, form: string): string | null {
  const shown = URL.parse(address)?.searchParams.get(BODY_HASH) ?? null
  if (shown === null) return form
  return isSame(shown, hash('sha256', rawBody, 'hex')) ? '' : null
}

/** The parameters of a form as they are signed. */
function pairsOf(rawBody: Buffer): string {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of new URLSearchParams(rawBody.toString('utf8'))) {
    values.set(name, (values.get(name) ?? new Set()).add(value))
  }
  return [...values.keys()]
    .sort()
    .flatMap((name) => [...(values.get(name) ?? [])].sort().map((value) => name + value))
    .join('')
}

/**
 * A setting says where Twilio calls. Its query may be another one, since status callbacks and Twilio
 * itself put something there; the signature proves that query too. Without a setting the path is also
 * tried as it came, since `publicUrl` has been through a parser.
 */
function addressesOf({ url, publicUrl }: ProviderCall, setting: string | null): readonly string[] {
  if (setting === null) {
    const parsed = URL.parse(url, publicUrl)
    const isIt = parsed !== null && parsed.href === URL.parse(publicUrl)?.href
    return [withoutFragment(publicUrl), ...(isIt ? [withoutFragment(parsed.origin + url)] : [])]
  }
  const address = withoutFragment(setting)
  const query = url.indexOf('?')
  const other = query < 0 ? address : (address.split('?')[0] ?? '') + url.slice(query)
  return [...new Set([address, other])]
}

const withoutFragment = (address: string): string => address.split('#')[0] ?? ''

function spellingsOf(address: string): ReadonlySet<string> {
  const plain = [withoutPort(address), withPort(address)]
  const normal = URL.parse(address)?.href
  if (normal === undefined) return new Set(plain)
  const parsed = [withoutPort(normal), withPort(normal)]
  return new Set([...plain, ...parsed, ...parsed.map(withOldQuery)])
}

interface Parts {
  /** `https://`, with a user where there is one. */
  readonly before: string
  readonly host: string
  /** `:443`, or nothing. */
  readonly port: string
  readonly after: string
}

/** An address is split without a parser, which would write characters of the path anew. */
function partsOf(address: string): Parts | null {
  const match = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)/i.exec(address)
  if (!match) return null
  const [whole, scheme = '', authority = ''] = match
  const user = authority.lastIndexOf('@') + 1
  const hostAndPort = authority.slice(user)
  // The colons of an IPv6 address stand in brackets.
  const colon = hostAndPort.indexOf(':', hostAndPort.lastIndexOf(']') + 1)
  return {
    before: scheme + authority.slice(0, user),
    host: colon < 0 ? hostAndPort : hostAndPort.slice(0, colon),
    port: colon < 0 ? '' : hostAndPort.slice(colon),
    after: address.slice(whole.length),
  }
}

function withoutPort(address: string): string {
  const parts = partsOf(address)
  return parts === null ? address : parts.before + parts.host + parts.after
}

function withPort(address: string): string {
  const parts = partsOf(address)
  if (parts === null || parts.port !== '') return address
  const port = /^https:/i.test(parts.before) ? ':443' : ':80'
  return parts.before + parts.host + port + parts.after
}

/** Some of Twilio's machines escape a query as Node's `querystring` does. */
function withOldQuery(address: string): string {
  const query = address.indexOf('?')
  if (query < 0 || query === address.length - 1) return address
  return `${address.slice(0, query)}?${stringifyQuery(parseQuery(address.slice(query + 1)))}`
}
