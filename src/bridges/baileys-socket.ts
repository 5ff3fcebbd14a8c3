/**
 * What the bridge uses of Baileys (`@whiskeysockets/baileys` 6.7 and 6.17, `baileys` 7), written
 * down by its shape, so that it need not be installed.
 */

export interface BaileysKey {
  readonly remoteJid?: string | null
  readonly fromMe?: boolean | null
  readonly id?: string | null
}

export interface BaileysMessage {
  readonly key: BaileysKey
}

export interface ConnectionUpdate {
  readonly connection?: string
  readonly lastDisconnect?: { readonly error: unknown }
  readonly qr?: string
}

export interface BaileysEventTable {
  'creds.update': object
  'connection.update': ConnectionUpdate
  'messages.upsert': { readonly messages: readonly BaileysMessage[]; readonly type: string }
  'messages.update': readonly object[]
  'messages.reaction': readonly object[]
  'presence.update': object
}

export interface BaileysEmitter {
  on<Name extends keyof BaileysEventTable>(
    event: Name,
    listener: (told: BaileysEventTable[Name]) => void,
  ): void
  /** Hands over what was held back to be told together. */
  flush(force?: boolean): boolean
}

export type BaileysContent =
  | { readonly text: string }
  | { readonly react: { readonly text: string; readonly key: BaileysKey } }

export type BaileysPresence = 'available' | 'unavailable' | 'composing' | 'paused'

export interface BaileysSocket {
  readonly ev: BaileysEmitter
  /** Ourselves, once logged in. */
  readonly user?: { readonly id?: string; readonly lid?: string } | undefined
  readonly ws: { on(event: 'error', listener: (error: Error) => void): unknown }
  sendMessage(
    jid: string,
    content: BaileysContent,
    options?: { messageId?: string },
  ): Promise<BaileysMessage | undefined>
  sendPresenceUpdate(type: BaileysPresence, jid?: string): Promise<void>
  presenceSubscribe(jid: string): Promise<void>
  readMessages(keys: BaileysKey[]): Promise<void>
  end(error: Error | undefined): void | Promise<void>
}

/** The one thing that its logger is for here is to be silent. */
export interface BaileysLogger {
  level: string
  child(context: Record<string, unknown>): BaileysLogger
  trace(fact: unknown, words?: string): void
  debug(fact: unknown, words?: string): void
  info(fact: unknown, words?: string): void
  warn(fact: unknown, words?: string): void
  error(fact: unknown, words?: string): void
}

export interface BaileysConfig {
  /** What `useMultiFileAuthState` gave; nobody else looks into it. */
  auth: never
  logger: BaileysLogger
  markOnlineOnConnect: boolean
  syncFullHistory: boolean
  /** The text of a message of ours that somebody could not decrypt. */
  getMessage: (key: BaileysKey) => Promise<{ conversation: string } | undefined>
  /** Another address than WhatsApp's; for tests. */
  waWebSocketUrl?: string | URL
}

export interface BaileysAuth {
  readonly state: object
  saveCreds(): Promise<void>
}

export interface BaileysModule {
  makeWASocket(config: BaileysConfig): BaileysSocket
  useMultiFileAuthState(folder: string): Promise<BaileysAuth>
}

const nothing = (): void => undefined

export const SILENT: BaileysLogger = {
  level: 'silent',
  child: () => SILENT,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
}
