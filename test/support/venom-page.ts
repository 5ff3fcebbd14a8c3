/**
 * A page as venom-bot drives it, without a browser: what it exposes can be called as the page would,
 * and what it evaluates is answered by the test.
 */
import { EventEmitter } from 'node:events'

export class VenomPage extends EventEmitter {
  readonly exposed = new Map<string, (told: unknown) => unknown>()
  /** What each evaluation with arguments was given, and what it answers. */
  readonly asked: Record<string, unknown>[] = []
  answer: (args: Record<string, unknown>) => Promise<unknown> = async () => ({ erro: false })
  /** Chats and contacts are asked for by their id alone. */
  readonly lookups: string[] = []
  readonly contacts = new Map<string, object>()
  closed = false

  async exposeFunction(name: string, call: (told: unknown) => unknown): Promise<void> {
    this.exposed.set(name, call)
  }

  async evaluate(_work: unknown, args?: unknown): Promise<unknown> {
    if (typeof args === 'string') return this.#byId(args)
    // A script for the page.
    if (typeof args !== 'object' || args === null) return undefined
    const given = args as Record<string, unknown>
    this.asked.push(given)
    return this.answer(given)
  }

  #byId(id: string): unknown {
    // Whether a function of this name is exposed already.
    if (!id.includes('@')) return this.exposed.has(id)
    this.lookups.push(id)
    return this.contacts.get(id) ?? (id.endsWith('@lid') ? null : { erro: false })
  }

  async waitForFunction(): Promise<void> {}

  async waitForSelector(): Promise<void> {}

  isClosed(): boolean {
    return this.closed
  }

  async close(): Promise<void> {
    this.closed = true
    this.emit('close')
  }
}

export const browserOf = (): EventEmitter & { close(): Promise<void> } =>
  Object.assign(new EventEmitter(), { close: async () => undefined })
