/**
 * WhatsApp Web in a browser, by venom-bot: its listeners become events, our calls its calls.
 *
 * Listeners are set as soon as there is a client, before it has logged in, since what venom tells
 * nobody is gone. Its messages get an id that we choose. Venom sends to numbers alone, so an address
 * that hides the number is looked up, and refused where nobody knows the number.
 */
import { resolve } from 'node:path'
import { messageOf, RapidFireError } from '../errors.ts'
import { ADDRESS_ALLOWED, addressOf } from './address.ts'
import { type Library, type LibraryHooks, type Reaction, SendError } from './library.ts'
import { messageIdOf } from './message-id.ts'
import { plainJson } from './plain-json.ts'
import { TypingEnds } from './typing-ends.ts'
import { VenomCalls } from './venom-calls.ts'
import type { VenomClient, VenomCreateOptions, VenomModule } from './venom-client.ts'
import { venomMessageId } from './venom-errors.ts'

export interface VenomLibraryOptions {
  readonly module: VenomModule
  readonly session: string
  readonly dataDir: string
}

const EVENTS = [
  'onAnyMessage',
  'onMessageEdit',
  'onMessageDelete',
  'onMessageReaction',
  'onChatState',
  'onAck',
] as const
/** What venom reports when its browser is gone, which it does not start again. */
const GONE: ReadonlySet<string> = new Set(['browserClose', 'serverClose', 'noOpenBrowser'])
const TYPING_MS = 12_000
const MOST_LIDS = 1000
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export class VenomLibrary implements Library {
  readonly name = 'venom'
  readonly #options: VenomLibraryOptions
  readonly #numbers = new Map<string, string>()
  readonly #typing: TypingEnds
  #hooks: LibraryHooks | null = null
  #calls: VenomCalls | null = null
  #client: VenomClient | null = null
  #connected = false
  #stopping = false

  constructor(options: VenomLibraryOptions) {
    this.#options = options
    this.#typing = new TypingEnds(TYPING_MS, (chat) => {
      // A courtesy: the messenger forgets by itself too.
      void this.#run(async () => this.#client?.markPaused(chat, false)).catch(() => undefined)
    })
  }

  async start(hooks: LibraryHooks): Promise<void> {
    this.#hooks = hooks
    this.#calls = new VenomCalls((sentence) => hooks.onTrouble(sentence))
    const ours = SIGNALS.map((signal) => new Set<unknown>(process.listeners(signal)))
    try {
      const client = await this.#options.module.create(this.#createOptions(hooks, ours))
      leaveSignalsToUs(ours)
      this.#take(client)
      this.#isConnected('CONNECTED')
    } catch (error) {
      if (this.#stopping) return
      throw new RapidFireError(
        'library_failed',
        `venom-bot could not be started (${messageOf(error)}): it needs Chrome and a scanned code, \`docs/bridges.md\``,
        { cause: error },
      )
    }
  }

  async sendText(
    to: string,
    text: string,
    partId: string | null,
    signal: AbortSignal,
  ): Promise<string> {
    const client = this.#ready()
    const chat = await this.#chatOf(to, client)
    this.#typing.over(chat)
    const id = partId === null ? null : messageIdOf(this.#options.session, partId)
    const passId = id === null ? null : { number: chat, id, _serialized: `true_${chat}_${id}` }
    const answer = await this.#run(
      () => (passId === null ? client.sendText(chat, text) : client.sendText(chat, text, passId)),
      signal,
    )
    return venomMessageId(answer) || (passId?._serialized ?? '')
  }

  /** Venom does not say whether the reaction went out, nor under which id. */
  async react(reaction: Reaction, _partId: string | null, signal: AbortSignal): Promise<string> {
    const client = this.#ready()
    await this.#run(() => client.sendReactions(reaction.messageId, reaction.emoji), signal)
    return ''
  }

  async typing(to: string): Promise<void> {
    const client = this.#ready()
    const chat = await this.#chatOf(to, client)
    await this.#run(() => client.startTyping(chat, false))
    this.#typing.begun(chat)
  }

  async seen(to: string, _messageId: string): Promise<void> {
    const client = this.#ready()
    const chat = await this.#chatOf(to, client)
    await this.#run(() => client.markMarkSeenMessage(chat))
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#typing.stop()
    this.#calls?.stop()
    await this.#client?.close()
  }

  #createOptions(hooks: LibraryHooks, ours: readonly ReadonlySet<unknown>[]): VenomCreateOptions {
    const { session, dataDir } = this.#options
    return {
      session,
      // Below DATA_DIR, which is closed to others: venom opens its own folder to everybody.
      mkdirFolderToken: resolve(dataDir),
      folderNameToken: 'venom',
      headless: 'new',
      logQR: false,
      disableSpins: true,
      disableWelcome: true,
      updatesLog: false,
      createPathFileToken: false,
      // Waiting for the code to be scanned has no end.
      autoClose: 0,
      catchQR: (_image, drawn, _attempt, code) => hooks.onCode(code ?? '', drawn),
      statusFind: (status) => this.#heard(status),
      browserInstance: (_browser, _page, client) => {
        leaveSignalsToUs(ours)
        this.#take(client)
      },
    }
  }

  #take(client: VenomClient): void {
    if (this.#client !== null) return
    this.#client = client
    for (const event of EVENTS) {
      void client[event]((told) =>
        this.#hooks?.onEvents([{ event, data: plainJson(told), me: null }]),
      )
    }
    void client.onStateChange((state) => {
      if (state === 'CONNECTED') this.#isConnected(state)
      else this.#isAway(state)
    })
  }

  #isConnected(detail: string): void {
    if (this.#connected || this.#stopping) return
    this.#connected = true
    this.#hooks?.onState('connected', detail)
  }

  #isAway(detail: string): void {
    if (!this.#connected || this.#stopping) return
    this.#connected = false
    this.#hooks?.onState('away', detail)
  }

  #heard(status: string): void {
    if (status === 'desconnectedMobile')
      this.#isAway('logged out on the phone: scan the code again')
    if (!GONE.has(status) || this.#stopping) return
    this.#isAway(status)
    this.#hooks?.onEnded(
      new RapidFireError(
        'library_failed',
        `the browser of venom-bot is gone (${status}): start this bridge again`,
      ),
    )
  }

  #ready(): VenomClient {
    if (this.#client !== null && this.#connected) return this.#client
    throw SendError.away('venom-bot is not connected to WhatsApp: send it again')
  }

  async #run<Answer>(call: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    if (this.#calls === null) throw SendError.away('this bridge is not started')
    return this.#calls.run(call, signal)
  }

  async #chatOf(to: string, client: VenomClient): Promise<string> {
    const address = addressOf(to)
    if (address === null) throw SendError.refused(400, ADDRESS_ALLOWED)
    if (address.kind === 'number') return `${address.digits}@c.us`
    if (address.kind === 'group') return address.id
    const known = this.#numbers.get(address.id)
    if (known !== undefined) return known
    const contact = await this.#run(() => client.getContact(address.id))
    const chat = numberIn(contact)
    if (chat === null) {
      throw SendError.refused(
        400,
        'venom-bot sends to numbers alone, and does not know the number behind this @lid address',
      )
    }
    if (this.#numbers.size >= MOST_LIDS) this.#numbers.clear()
    this.#numbers.set(address.id, chat)
    return chat
  }
}

/** The number of a contact, in one of the two forms in which WhatsApp Web keeps it. */
function numberIn(contact: unknown): string | null {
  if (typeof contact !== 'object' || contact === null || !('phoneNumber' in contact)) return null
  const { phoneNumber } = contact
  const text =
    typeof phoneNumber === 'object' && phoneNumber !== null && '_serialized' in phoneNumber
      ? phoneNumber._serialized
      : phoneNumber
  const address = typeof text === 'string' ? addressOf(text) : null
  return address?.kind === 'number' ? `${address.digits}@c.us` : null
}

/** The browser's driver ends the whole process at ^C; the bridge stops by itself, and then it. */
function leaveSignalsToUs(ours: readonly ReadonlySet<unknown>[]): void {
  for (const [index, signal] of SIGNALS.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!ours[index]?.has(listener)) process.off(signal, listener)
    }
  }
}
