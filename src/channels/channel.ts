/**
 * Channel: one provider, both ways. Calls of it come in, answers go out through it.
 *
 *   call → verify (raw bytes) → read → what it tells us          part → send → provider's id
 *
 * A provider is a file that exports a `Provider`; `registry.ts` names them all. One account of it,
 * with its secrets, is a `Channel`; a tenant has at most one account of a provider.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../clock.ts'
import type { SettingSpec } from '../config/spec.ts'
import type { Part } from '../message.ts'
import type { ProviderHttp } from './provider-http.ts'
import type { Told } from './told.ts'

export interface OutgoingPart {
  /** `<batch>.<index>`; stays the same however often it is tried. */
  readonly partId: string
  /** The person's address as it came in. */
  readonly to: string
  readonly content: Part
}

/** A part that was being sent when its worker died, or of which no answer came. */
export interface UncertainPart extends OutgoingPart {
  /** When it was begun to be sent, ms by the store's clock. */
  readonly startedAt: number
}

/**
 * How a channel can tell whether a part arrived: `ids`: what is sent again under the same id is sent
 * once · `ask`: by `find` · `status`: a call bears our id of the part · `echo`: what our side writes
 * comes back as a call.
 */
export type ArrivalProof = 'ids' | 'ask' | 'status' | 'echo'

/**
 * What may be asked of a provider at any time, to know whether it can be reached and takes our key: it
 * changes nothing and reaches nobody. 401 and 403 are about the key, 5xx about the provider; any other
 * status says that it is there.
 */
export interface Question {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** A GET when left out. */
  readonly json?: unknown
  /** Nothing is asked: where a connection can be made, all that is known is well. */
  readonly connectOnly?: true
}

/** What a provider has that may be the part. */
export interface Found {
  /** Its ids; those of other parts may be among them, where they say the same. */
  readonly ids: readonly string[]
  /** Whether the part, had it arrived, would be among them for sure. */
  readonly isAll: boolean
}

/** Where an answer is shown to be in the making. */
export interface Heard {
  /** The person's address as it came in. */
  readonly to: string
  /** Id of their last message. */
  readonly messageId: string
}

/** The way out alone; what a worker knows of a channel. */
export interface Sender {
  readonly name: string
  readonly limits: SendLimits
  /**
   * Resolves when the provider took it; '' where it gives no id. Rejects with `send_failed`
   * (may be tried again), `send_away` or `send_denied` (so too, and surely nothing was taken),
   * `send_refused` or `outside_window` (final).
   */
  send(part: OutgoingPart, signal: AbortSignal): Promise<{ providerId: string }>
  /** Left out: nobody can tell, so that the tenant's wish alone decides. */
  readonly proofs?: readonly ArrivalProof[]
  /** Asks the provider for the part. Rejects as `send` does where it does not answer. */
  find?(part: UncertainPart, signal: AbortSignal): Promise<Found>
  /** Marks as read and shows for some seconds that an answer is written; a courtesy, so it may fail unheard. */
  typing?(heard: Heard, signal: AbortSignal): Promise<void>
}

export interface SendLimits {
  /** The longest text that it takes, in UTF-16 units. */
  readonly maxTextLength: number
  /** To one person: so many at once, then one each `everyMs`; null = as fast as it goes. */
  readonly conversation: { readonly burst: number; readonly everyMs: number } | null
  /** Of one account, unless the settings say otherwise; null = no ceiling. */
  readonly perMinute: number | null
  readonly perDay: number | null
}

/** What a caller sees of a provider before any account is looked at. */
export interface ProviderFacts {
  readonly body: 'json' | 'form'
  readonly bodyLimitBytes: number
  /** What follows a 2xx: nothing, our own JSON, or an empty TwiML document. */
  readonly answer: 'json' | 'empty' | 'twiml'
  /**
   * Status for what is rightly signed and cannot be read. Providers that repeat a refused call for
   * days, or hold all others back meanwhile, get a 200.
   */
  readonly junkStatus: 200 | 400
  /** Whether it tells that a person is typing; a window must not depend on it. */
  readonly tellsTyping: boolean
  /** How long its ids must be remembered, s, since it repeats calls for so long; null = DEDUPE_WINDOW. */
  readonly dedupeS: number | null
  /** Its JSON is ASCII, all else escaped; some bots check its signature over the text as they would escape it. */
  readonly escapesJson?: true
  /** Sent by a bridge on somebody's own phone number, which may be banned for haste. */
  readonly isUnofficial: boolean
}

/** A call before anything in it is read. */
export interface ProviderCall {
  readonly method: string
  /** Path with query, as it came. */
  readonly url: string
  /** As the provider was told, for schemes that sign it. */
  readonly publicUrl: string
  readonly headers: IncomingHttpHeaders
  readonly rawBody: Buffer
}

export type Proof =
  /** `seal`: the same for an exact replay and nothing else; ids of messages without one come from it. */
  | { readonly ok: true; readonly seal: string | null }
  | {
      readonly ok: false
      readonly code:
        | 'auth_missing'
        | 'auth_timestamp'
        | 'auth_invalid'
        | 'signature_missing'
        | 'signature_refused'
      readonly message: string
    }
  /** This account has no secret, so nothing can be proven. */
  | 'open'

/** What the drop-in hands on: the shape that the provider itself would have sent. */
export interface Rebuilt {
  readonly headers: Readonly<Record<string, string>>
  readonly rawBody: Buffer
}

export interface Channel extends Sender {
  readonly id: string
  readonly tenant: string
  /** Which account of the provider this is, as `Told.account` names it; null = any that its secret proves. */
  readonly account: string | null
  /** Whether replies leave by it, or nothing is known that could send them. */
  readonly sends: boolean
  /** For who looks whether all is well; where it sends. */
  readonly asks?: readonly Question[]
  verify(call: ProviderCall): Proof | Promise<Proof>
  /** Goes before the provider's own, where reading depends on the account's settings. */
  parse?(body: unknown, reading: Reading): readonly Told[]
  /** What is sent instead of a part that was too late, where a template is set. */
  sendTemplate?(part: Pick<OutgoingPart, 'partId' | 'to'>, signal: AbortSignal): Promise<void>
  /** Whether a call that proves nothing may be answered at all, as Meta's question at registration: its text, or null. */
  challenge?(call: ProviderCall): string | null
  /** Calls that the account signs, for the drop-in. */
  sign(
    call: Omit<ProviderCall, 'publicUrl' | 'headers'> & { readonly target: URL },
  ): Readonly<Record<string, string>>
}

export interface ChannelDeps {
  readonly tenant: string
  readonly http: ProviderHttp
  readonly clock: Clock
}

export type SpecTable = Readonly<Record<string, SettingSpec<unknown>>>
export type ValuesOf<Specs extends SpecTable> = {
  readonly [Name in keyof Specs]: Specs[Name] extends SettingSpec<infer T> ? T : never
}

/** One integration. `parse` is pure and knows no account. */
export interface Provider {
  readonly id: string
  readonly title: string
  readonly facts: ProviderFacts
  /** Settings of one account; their variables are those of the default tenant. */
  readonly settings: SpecTable
  /** Throws RapidFireError `invalid_format` or `missing_fields` where the whole cannot be read. */
  parse(body: unknown, reading: Reading): readonly Told[]
  /** What of a call is no message, as a call of its own; null when nothing is left. */
  rest?(body: unknown): unknown
  /** The same call as if its person had written `text` at once. See `docs/channels.md`. */
  rebuild(original: unknown, merged: Merged): unknown
  open(values: Readonly<Record<string, unknown>>, deps: ChannelDeps): Channel
}

export interface Reading {
  readonly headers: IncomingHttpHeaders
  /** Drop-in: whether `original` is wanted. */
  readonly keepOriginal: boolean
}

export interface Merged {
  readonly text: string
  /** Ids of all parts, in order. */
  readonly messageIds: readonly string[]
}

/** Keeps the types of a provider's settings between its table and its account. */
export function defineProvider<const Specs extends SpecTable>(
  provider: Omit<Provider, 'settings' | 'open'> & {
    readonly settings: Specs
    open(values: ValuesOf<Specs>, deps: ChannelDeps): Channel
  },
): Provider {
  return provider as unknown as Provider
}
