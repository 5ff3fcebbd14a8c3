/** What the bridge uses of venom-bot 5.3, written down by its shape, so that it need not be installed. */

type Listen<Told> = (listener: (told: Told) => void) => Promise<unknown>

export interface VenomClient {
  readonly onAnyMessage: Listen<object>
  readonly onMessageEdit: Listen<object>
  readonly onMessageDelete: Listen<object>
  readonly onMessageReaction: Listen<object>
  readonly onChatState: Listen<object>
  readonly onAck: Listen<object>
  readonly onStateChange: Listen<string>
  /** `passId` is the message's id, chosen by us. */
  sendText(to: string, content: string, passId?: VenomMessageId): Promise<unknown>
  sendReactions(messageId: string, emoji: string): Promise<unknown>
  startTyping(chatId: string, checkNumber: boolean): Promise<unknown>
  markPaused(chatId: string, checkNumber: boolean): Promise<unknown>
  markMarkSeenMessage(chatId: string): Promise<unknown>
  getContact(id: string): Promise<unknown>
  close(): Promise<unknown>
}

export interface VenomMessageId {
  readonly number: string
  readonly id: string
  readonly _serialized: string
}

export interface VenomCreateOptions {
  session: string
  mkdirFolderToken: string
  folderNameToken: string
  headless: 'new'
  logQR: boolean
  disableSpins: boolean
  disableWelcome: boolean
  updatesLog: boolean
  createPathFileToken: boolean
  autoClose: number
  catchQR: (image: string, drawn: string, attempt?: number, code?: string) => void
  statusFind: (status: string) => void
  /** The client is there, and nothing has happened on its page yet. */
  browserInstance: (browser: unknown, page: unknown, client: VenomClient) => void
}

export interface VenomModule {
  create(options: VenomCreateOptions): Promise<VenomClient>
}
