/**
 * What a provider told in one call, taken in its order: messages into batches, edits and typing into
 * the open one, own messages to the takeover, statuses to what they are about.
 *
 * Each account hears what is for it. It ends when all is durable; the same call again changes nothing.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { Amendments } from '../batching/amendments.ts'
import type { BatchStore } from '../batching/store.ts'
import type { WayIn } from '../batching/way-in.ts'
import type { Channel } from '../channels/channel.ts'
import { channelOf, conversationOf, type Hearing, messageFrom, ownFrom } from '../channels/hear.ts'
import type { Told, ToldMessage } from '../channels/told.ts'
import type { Clock } from '../clock.ts'
import type { Settings, TenantSettings } from '../config/settings.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { KeptFiles } from '../media/kept-files.ts'
import type { BatchId, Message } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import type { Arrivals } from './arrivals.ts'
import type { PassOn } from './pass-on.ts'
import type { ShowTyping } from './show-typing.ts'
import type { ToldCall } from './told-call.ts'
import type { Undelivered } from './undelivered.ts'

export interface HearDeps {
  readonly settings: Pick<Settings, 'tenants'>
  readonly store: Pick<BatchStore, 'retime'>
  readonly wayIn: WayIn
  readonly amendments: Pick<Amendments, 'attach' | 'editOpen' | 'revokeOpen'>
  readonly files: KeptFiles
  readonly keys: ConversationKeys
  readonly events: Events
  readonly clock: Clock
  readonly undelivered: Undelivered
  readonly arrivals: Arrivals
  readonly showTyping: ShowTyping
  /** Drop-in: what is no message goes there; null when we answer ourselves. */
  readonly passOn: PassOn | null
}

export interface Heard {
  added: number
  duplicates: number
  amended: number
  ignored: number
  /** Kept on this machine until the store is back. */
  spooled: number
  /** Of the one batch that the messages are in; null when they are in several. */
  batchId: BatchId | null
  /** One for each element that could not be read. */
  problems: string[]
  refusal: RapidFireError | null
  /** Drop-in: what the bot behind us is to be told as it came. */
  passed: Told[]
  /** What is to be told once more, since it came too early. */
  again: RapidFireError | null
}

interface Context {
  readonly channel: Channel
  readonly hearing: Hearing
  readonly tenant: TenantSettings
  readonly heard: Heard
}

type ToldOf<Kind extends Told['kind']> = Extract<Told, { kind: Kind }>

export class HearCall {
  readonly #deps: HearDeps

  constructor(deps: HearDeps) {
    this.#deps = deps
  }

  get keepsOriginals(): boolean {
    return this.#deps.passOn !== null
  }

  /** Rejects with what the store threw, when something could not be made durable. */
  async call(given: ToldCall): Promise<Heard> {
    const heard: Heard = {
      added: 0,
      duplicates: 0,
      amended: 0,
      ignored: 0,
      spooled: 0,
      batchId: null,
      problems: [],
      refusal: null,
      passed: [],
      again: null,
    }
    const waiting: { message: Message; atOnce: boolean; context: Context }[] = []
    const flush = async (): Promise<void> => {
      await this.#take(waiting.splice(0))
    }
    for (const [index, told] of given.told.entries()) {
      const context = this.#contextOf(told, given, heard)
      if (context === null) continue
      try {
        if (told.kind === 'message') {
          const entry = await this.#entryOf(told, index, context)
          if (entry) waiting.push({ ...entry, context })
          else heard.passed.push(told)
          continue
        }
        await flush()
        if (await this.#hear(told, index, context)) heard.passed.push(told)
      } catch (error) {
        if (!isUnreadable(error)) throw error
        heard.problems.push(messageOf(error))
        heard.refusal ??= error
      }
    }
    await flush()
    // Only now, so that it holds back nothing that came with it.
    if (heard.again) throw heard.again
    return heard
  }

  /** Once all is durable, and apart: a bot may take longer than a store. Throws `backend_away`. */
  async passOn(given: ToldCall, { passed }: Heard): Promise<void> {
    await this.#deps.passOn?.call(given, passed)
  }

  /** What we cannot read may be what the bot behind us can. */
  async passOnUnread(given: Omit<ToldCall, 'told'>): Promise<void> {
    await this.#deps.passOn?.whole(given)
  }

  /** Null where the element is for no account of ours, or cannot be read. */
  #contextOf(
    told: Told,
    { provider, call, proven, trace = null }: ToldCall,
    heard: Heard,
  ): Context | null {
    if (told.kind === 'malformed') {
      heard.problems.push(`${told.field}: ${told.allowed}`)
      heard.refusal ??= new RapidFireError('missing_fields', `${told.field}: ${told.allowed}`)
      return null
    }
    const account = told.account ?? null
    const own =
      proven.find(({ channel }) => channel.account !== null && channel.account === account) ??
      proven.find(({ channel }) => channel.account === null || account === null)
    if (!own) {
      this.#ignore(heard, provider.id, 'account')
      return null
    }
    const { channel, seal } = own
    const tenant = this.#deps.settings.tenants.get(channel.tenant)
    if (!tenant) throw new RapidFireError('unknown_tenant', 'this tenant is not configured')
    const hearing: Hearing = {
      tenant: channel.tenant,
      provider: provider.id,
      nowMs: this.#deps.clock(),
      trace,
      makeId: (index, isTimed) => idWithout(seal, isTimed ? call.rawBody : null, index),
    }
    return { channel, hearing, tenant, heard }
  }

  /** Null where a group is not answered. */
  async #entryOf(
    told: ToldMessage,
    index: number,
    { hearing, tenant, heard }: Context,
  ): Promise<{ message: Message; atOnce: boolean } | null> {
    // Some bridges name the group and nobody in it.
    const isGroup = told.author !== undefined || told.mentioned !== undefined
    const isMeant = told.mentioned === true
    if (isGroup && (tenant.groups === 'ignore' || (tenant.groups === 'mention' && !isMeant))) {
      this.#ignore(heard, hearing.provider, 'group')
      return null
    }
    const file = await this.#keep(told)
    const message = messageFrom(await this.#withOriginal(told), index, hearing, file)
    return { message, atOnce: isGroup && isMeant }
  }

  async #keep({ media }: ToldMessage): Promise<string | null> {
    if (media?.base64 === undefined) return null
    const bytes = Buffer.from(media.base64.replace(/^data:[^,]*,/, ''), 'base64')
    return bytes.length === 0 ? null : this.#deps.files.keep(bytes, media.mimeType)
  }

  /** A call that bears a file is too long for the store. */
  async #withOriginal(told: ToldMessage): Promise<ToldMessage> {
    if (told.original === undefined) return told
    const json = JSON.stringify(told.original)
    if (json.length <= MAX_ORIGINAL_CHARACTERS) return told
    const file = await this.#deps.files.keep(Buffer.from(json), 'application/json')
    return { ...told, original: { file } }
  }

  async #take(
    entries: readonly { message: Message; atOnce: boolean; context: Context }[],
  ): Promise<void> {
    for (const run of runsOf(entries)) {
      const [first] = run
      if (!first) continue
      const { heard, channel } = first.context
      const messages = run.map(({ message }) => message)
      const taken = await this.#deps.wayIn.take(messages, { atOnce: first.atOnce })
      const [failure] = taken.failures
      if (failure) throw failure.error
      heard.added += taken.added
      heard.duplicates += taken.duplicates
      heard.spooled += taken.spooled ?? 0
      heard.batchId = taken.batchIds.length === 1 ? (taken.batchIds[0] ?? null) : null
      if (taken.duplicates > 0) {
        for (const message of messages) await this.#deps.amendments.attach(message)
      }
      if (taken.added > 0) this.#deps.showTyping.of(channel, messages)
    }
  }

  /** Whether it is to be passed on as it came, in a drop-in. */
  async #hear(told: Told, index: number, context: Context): Promise<boolean> {
    switch (told.kind) {
      case 'edit':
        return this.#edit(told, index, context)
      case 'revoke':
        return this.#revoke(told, index, context)
      case 'typing':
        await this.#typing(told, context)
        return true
      case 'own':
        await this.#own(told, index, context)
        return true
      case 'status':
        this.#ignore(context.heard, context.hearing.provider, 'status')
        await this.#status(told, context)
        return true
      case 'ignored':
        this.#ignore(context.heard, context.hearing.provider, told.reason)
        return true
      case 'message':
      case 'malformed':
        return false
    }
  }

  async #edit(told: ToldOf<'edit'>, index: number, context: Context): Promise<boolean> {
    const { heard } = context
    const entry = await this.#entryOf(told, index, context)
    if (entry === null) return true
    const { message } = entry
    const { amendments, passOn, wayIn } = this.#deps
    const inOpen = passOn ? await amendments.editOpen(message, told.of) : null
    if (passOn && inOpen === null) return true
    count(heard, inOpen ?? (await wayIn.edit(message, told.of)))
    return false
  }

  async #revoke(told: ToldOf<'revoke'>, index: number, context: Context): Promise<boolean> {
    const { heard } = context
    const { amendments, passOn, wayIn } = this.#deps
    const withdrawn = { ...told, type: 'revoke', text: '' } as const
    const entry = await this.#entryOf(withdrawn, index, context)
    if (entry === null) return true
    const { message } = entry
    const inOpen = passOn ? await amendments.revokeOpen(message, told.of) : null
    if (passOn && inOpen === null) return true
    count(heard, inOpen ?? (await wayIn.revoke(message, told.of)))
    return false
  }

  /** Who writes on is waited for, never past the age limit; who stopped is not: the wait runs anyway. */
  async #typing(told: ToldOf<'typing'>, { tenant, hearing }: Context): Promise<void> {
    if (told.state === 'paused') return
    const { store, keys } = this.#deps
    const conversation = keys.keyOf(conversationOf(told, hearing))
    await store.retime(conversation, { kind: 'typing', idleMs: tenant.idleMs })
  }

  async #status(told: ToldOf<'status'>, { channel, heard }: Context): Promise<void> {
    try {
      const { undelivered, arrivals } = this.#deps
      await (told.status === 'failed' ? undelivered : arrivals).hear(told, channel)
    } catch (error) {
      if (!(error instanceof RapidFireError) || error.code !== 'overloaded') throw error
      heard.again ??= error
    }
  }

  /** In a drop-in the bot behind us sends by itself, so its messages are no human's. */
  async #own(told: ToldOf<'own'>, index: number, { hearing, heard }: Context): Promise<void> {
    this.#ignore(heard, hearing.provider, 'fromMe')
    if (this.#deps.passOn || told.author !== undefined) return
    const outcome = await this.#deps.wayIn.own(ownFrom(told, index, hearing), told.aliases ?? [])
    if (outcome === 'spooled') heard.spooled += 1
  }

  #ignore(heard: Heard, channel: string, reason: string): void {
    heard.ignored += 1
    this.#deps.events.emit('channel.ignored', { channel: channelOf(channel), reason })
  }
}

const MAX_ORIGINAL_CHARACTERS = 65_536

function count(heard: Heard, outcome: string): void {
  if (outcome === 'spooled') heard.spooled += 1
  else heard.amended += 1
}

/** What is wrong with one element, not with us. */
function isUnreadable(error: unknown): error is RapidFireError {
  return error instanceof RapidFireError && error.status === 400
}

/**
 * The same for an exact replay. Of a call that nobody signed the bytes count where they bear a time, so
 * that a person may say the same twice.
 */
function idWithout(seal: string | null, timedBody: Buffer | null, index: number): string {
  const bytes = seal ?? timedBody
  if (bytes === null) return `rf-${randomUUID()}`
  const digest = createHash('sha256').update(bytes).update(`:${index}`).digest('base64url')
  return `rf-${digest.slice(0, 22)}`
}

/** Messages that are taken together: neighbours of one account with the same wish. */
function runsOf<Entry extends { readonly atOnce: boolean; readonly context: Context }>(
  entries: readonly Entry[],
): Entry[][] {
  const runs: Entry[][] = []
  for (const entry of entries) {
    const last = runs.at(-1)
    const before = last?.[0]
    const isSame =
      before?.atOnce === entry.atOnce && before.context.channel === entry.context.channel
    if (last && isSame) last.push(entry)
    else runs.push([entry])
  }
  return runs
}
