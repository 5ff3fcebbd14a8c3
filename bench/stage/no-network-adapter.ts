/**
 * The least that the Chat SDK takes for a platform: messages that are told to it, answers that go
 * nowhere. Every person is a thread and a channel of their own, as in a messenger.
 */
import {
  type Adapter,
  type ChatInstance,
  type FormattedContent,
  Message,
  type RawMessage,
  type ThreadInfo,
} from 'chat'
import type { ArmMessage } from './arm.ts'

export class NoNetworkAdapter implements Adapter<number, ArmMessage> {
  readonly name = 'none'
  readonly userName = 'bot'
  readonly lockScope = 'channel'
  #chat: ChatInstance | null = null
  #posted = 0

  async initialize(chat: ChatInstance): Promise<void> {
    this.#chat = chat
  }

  /** As a webhook would hand it on; resolves when whatever it began has ended. */
  async receive(message: ArmMessage): Promise<void> {
    const threadId = this.encodeThreadId(message.person)
    await this.#chat?.processMessage(this, threadId, this.parseMessage(message))
  }

  encodeThreadId(person: number): string {
    return `${this.name}:${person}`
  }

  decodeThreadId(threadId: string): number {
    return Number(threadId.slice(this.name.length + 1))
  }

  channelIdFromThreadId(threadId: string): string {
    return threadId
  }

  isDM(): boolean {
    return true
  }

  parseMessage(raw: ArmMessage): Message<ArmMessage> {
    const { person, n, text } = raw
    const userId = String(person)
    return new Message({
      id: String(n),
      threadId: this.encodeThreadId(person),
      text,
      formatted: {
        type: 'root',
        children: [{ type: 'paragraph', children: [{ type: 'text', value: text }] }],
      },
      raw,
      author: { userId, userName: userId, fullName: userId, isBot: false, isMe: false },
      metadata: { dateSent: new Date(), edited: false },
      attachments: [],
    })
  }

  async postMessage(threadId: string): Promise<RawMessage<ArmMessage>> {
    this.#posted += 1
    const raw = { person: this.decodeThreadId(threadId), n: this.#posted, text: '' }
    return { id: `sent-${this.#posted}`, raw, threadId }
  }

  renderFormatted(_content: FormattedContent): string {
    return ''
  }

  async fetchThread(threadId: string): Promise<ThreadInfo> {
    return { id: threadId, channelId: threadId, isDM: true, metadata: {} }
  }

  async fetchMessages(): Promise<{ messages: Message<ArmMessage>[] }> {
    return { messages: [] }
  }

  async startTyping(): Promise<void> {}
  async addReaction(): Promise<void> {}
  async removeReaction(): Promise<void> {}
  async deleteMessage(): Promise<void> {}

  editMessage(threadId: string): Promise<RawMessage<ArmMessage>> {
    return this.postMessage(threadId)
  }

  async handleWebhook(): Promise<Response> {
    return new Response(null, { status: 404 })
  }
}
