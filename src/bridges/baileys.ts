/**
 * WhatsApp as a linked device, by Baileys: its events become ours, our calls its calls.
 *
 * An upsert of several messages is told as several, so that one that the gateway refuses stops no
 * other. Messages get an id made of the part's, so one that is sent again is the same message. After
 * each message we are unavailable again, or the owner's phone would stop ringing.
 */
import { join } from 'node:path'
import { messageOf, RapidFireError } from '../errors.ts'
import { ADDRESS_ALLOWED, addressOf, bareMessageId } from './address.ts'
import { BaileysConnection } from './baileys-connection.ts'
import { baileysSendError, sentenceOf } from './baileys-errors.ts'
import { openLogin } from './baileys-login.ts'
import {
  type BaileysContent,
  type BaileysKey,
  type BaileysMessage,
  type BaileysModule,
  type BaileysSocket,
  SILENT,
} from './baileys-socket.ts'
import { type Library, type LibraryHooks, type Reaction, SendError } from './library.ts'
import { messageIdOf } from './message-id.ts'
import { hearOrphans } from './orphans.ts'
import { plainJson } from './plain-json.ts'
import { TypingEnds } from './typing-ends.ts'
import type { Wait } from './wait.ts'

export interface BaileysLibraryOptions {
  readonly module: BaileysModule
  readonly session: string
  readonly dataDir: string
  readonly wait: Wait
  /** Another address than WhatsApp's; for tests. */
  readonly waWebSocketUrl?: string | URL
}

const TYPING_MS = 12_000
/** Whose typing we are told of, and whose lost messages can be said again. */
const MOST_KNOWN = 1000

export class BaileysLibrary implements Library {
  readonly name = 'baileys'
  readonly #options: BaileysLibraryOptions
  readonly #typing: TypingEnds
  readonly #said = new Map<string, string>()
  #followed = new Set<string>()
  #hooks: LibraryHooks | null = null
  #connection: BaileysConnection | null = null
  #stopHearing = (): void => undefined

  constructor(options: BaileysLibraryOptions) {
    this.#options = options
    this.#typing = new TypingEnds(TYPING_MS, (jid) => {
      // A courtesy: the messenger forgets by itself too.
      this.#connection?.socket?.sendPresenceUpdate('paused', jid).catch(() => undefined)
    })
  }

  async start(hooks: LibraryHooks): Promise<void> {
    this.#hooks = hooks
    const { module, dataDir, session, wait, waWebSocketUrl } = this.#options
    const folder = join(dataDir, `baileys-${session}`)
    const login = await openLogin(module, folder)
    this.#stopHearing = hearOrphans((error) => hooks.onTrouble(sentenceOf(error)))
    this.#connection = new BaileysConnection({
      module,
      folder,
      wait,
      config: {
        auth: login.state as never,
        logger: SILENT,
        markOnlineOnConnect: false,
        syncFullHistory: false,
        getMessage: async ({ id }) => this.#wordsOf(id),
        ...(waWebSocketUrl !== undefined && { waWebSocketUrl }),
      },
      onSocket: (socket) => this.#listen(socket, login.save),
      onState: (state, detail) => hooks.onState(state, detail),
      onCode: (code) => hooks.onCode(code, null),
      onEnded: (error) => hooks.onEnded(error),
    })
    try {
      this.#connection.connect()
    } catch (error) {
      throw new RapidFireError(
        'library_failed',
        `Baileys could not be started (${messageOf(error)}): install it again, \`docs/bridges.md\` says which version`,
        { cause: error },
      )
    }
  }

  async sendText(to: string, text: string, partId: string | null): Promise<string> {
    const jid = jidOf(to)
    this.#typing.over(jid)
    return this.#send(jid, { text }, partId)
  }

  async react({ to, emoji, messageId }: Reaction, partId: string | null): Promise<string> {
    const jid = jidOf(to)
    return this.#send(jid, { react: { text: emoji, key: theirs(jid, messageId) } }, partId)
  }

  async typing(to: string): Promise<void> {
    const jid = jidOf(to)
    await this.#try((socket) => socket.sendPresenceUpdate('composing', jid))
    this.#typing.begun(jid)
  }

  async seen(to: string, messageId: string): Promise<void> {
    const jid = jidOf(to)
    await this.#try((socket) => socket.readMessages([theirs(jid, messageId)]))
  }

  async stop(): Promise<void> {
    this.#typing.stop()
    await this.#connection?.stop()
    this.#stopHearing()
  }

  async #send(jid: string, content: BaileysContent, partId: string | null): Promise<string> {
    const messageId = partId === null ? null : messageIdOf(this.#options.session, partId)
    if (messageId !== null && 'text' in content) this.#remember(messageId, content.text)
    return this.#try(async (socket) => {
      const sent = await socket.sendMessage(jid, content, messageId === null ? {} : { messageId })
      socket.sendPresenceUpdate('unavailable').catch(() => undefined)
      return sent?.key.id ?? messageId ?? ''
    })
  }

  /** Rejects with SendError. */
  async #try<Answer>(work: (socket: BaileysSocket) => Promise<Answer>): Promise<Answer> {
    const socket = this.#connection?.socket
    if (!socket) throw SendError.away('Baileys is not connected to WhatsApp: send it again')
    try {
      return await work(socket)
    } catch (error) {
      throw baileysSendError(error)
    }
  }

  #listen(socket: BaileysSocket, save: () => Promise<void>): void {
    const { ev } = socket
    this.#followed = new Set()
    const tell = (event: string, told: unknown): void =>
      this.#hooks?.onEvents([{ event, data: plainJson(told), me: meOf(socket) }])
    ev.on('creds.update', () => {
      save().catch((error) => this.#hooks?.onTrouble(`the login is not saved: ${messageOf(error)}`))
    })
    ev.on('messages.upsert', (told) => {
      const { messages } = told
      const events = messages.map((message) => ({
        event: 'messages.upsert',
        data: plainJson({ ...told, messages: [message] }),
        me: meOf(socket),
      }))
      this.#hooks?.onEvents(events)
      for (const message of messages) this.#follow(message, socket)
    })
    ev.on('messages.update', (told) => tell('messages.update', told))
    ev.on('messages.reaction', (told) => tell('messages.reaction', told))
    ev.on('presence.update', (told) => tell('presence.update', told))
  }

  /** Of who writes to us we are told when they type, until the next connection. */
  #follow({ key }: BaileysMessage, socket: BaileysSocket): void {
    const jid = key.remoteJid ?? ''
    const address = addressOf(jid)
    if (key.fromMe || !address || address.kind === 'group' || this.#followed.has(jid)) return
    if (this.#followed.size >= MOST_KNOWN) this.#followed.clear()
    this.#followed.add(jid)
    socket.presenceSubscribe(jid).catch(() => this.#followed.delete(jid))
  }

  #remember(id: string, text: string): void {
    if (this.#said.size >= MOST_KNOWN) {
      const oldest = this.#said.keys().next()
      if (!oldest.done) this.#said.delete(oldest.value)
    }
    this.#said.set(id, text)
  }

  #wordsOf(id: string | null | undefined): { conversation: string } | undefined {
    const text = this.#said.get(id ?? '')
    return text === undefined ? undefined : { conversation: text }
  }
}

function jidOf(to: string): string {
  const address = addressOf(to)
  if (address === null) throw SendError.refused(400, ADDRESS_ALLOWED)
  return address.kind === 'number' ? `${address.digits}@s.whatsapp.net` : address.id
}

/** By these a message in a group is known to mean us. */
function meOf({ user }: BaileysSocket): string | null {
  return user?.id === undefined ? null : plainJson({ id: user.id, lid: user.lid })
}

function theirs(jid: string, messageId: string): BaileysKey {
  return { remoteJid: jid, id: bareMessageId(messageId), fromMe: false }
}
