/**
 * What was sent under which Idempotency-Key: a key that was answered is answered the same again for
 * a day, and one that is under way is waited for, so a repeated call sends once.
 *
 * Only what was sent is kept. What failed may be sent by the next call, and what was refused too,
 * once the cause is mended. A death between the library's word and the commit is the one moment in
 * which a repeat sends again; a library that takes our message id makes one message of both.
 */
import { hash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { RapidFireError } from '../errors.ts'

const KEPT_MS = 86_400_000
const SWEEP_EVERY_MS = 600_000

interface UnderWay {
  readonly content: string
  readonly messageId: Promise<string>
}

export class SendMemory {
  readonly #clock: Clock
  readonly #get: StatementSync
  readonly #put: StatementSync
  readonly #sweep: StatementSync
  readonly #underWay = new Map<string, UnderWay>()
  #sweptAt = 0

  constructor(database: DatabaseSync, clock: Clock) {
    this.#clock = clock
    this.#get = database.prepare('SELECT content, message_id FROM sends WHERE key = ? AND at > ?')
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO sends (key, content, message_id, at) VALUES (?, ?, ?, ?)',
    )
    this.#sweep = database.prepare('DELETE FROM sends WHERE at <= ?')
  }

  /**
   * The id of the message, from `send` or from memory. Rejects as `send` does, or with `conflict`
   * when the key stands for another content.
   */
  once(key: string | null, content: unknown, send: () => Promise<string>): Promise<string> {
    if (key === null) return send()
    const digest = hash('sha256', JSON.stringify(content))
    const known = this.#known(key) ?? this.#underWay.get(key)
    if (known !== undefined) {
      return known.content === digest ? known.messageId : Promise.reject(otherContent())
    }
    const messageId = this.#sendAndKeep(key, digest, send)
    this.#underWay.set(key, { content: digest, messageId })
    return messageId
  }

  /** What became of a key: its message's id, that it is under way, or that nobody here knows it. */
  find(key: string): { readonly messageId: string } | 'underWay' | null {
    const row = this.#get.get(key, this.#clock() - KEPT_MS)
    if (row !== undefined) return { messageId: String(row.message_id) }
    return this.#underWay.has(key) ? 'underWay' : null
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#underWay.values()].map(({ messageId }) => messageId))
  }

  #known(key: string): UnderWay | undefined {
    const row = this.#get.get(key, this.#clock() - KEPT_MS)
    if (row === undefined) return undefined
    return { content: String(row.content), messageId: Promise.resolve(String(row.message_id)) }
  }

  async #sendAndKeep(key: string, digest: string, send: () => Promise<string>): Promise<string> {
    let messageId: string
    try {
      messageId = await Promise.resolve().then(send)
    } catch (error) {
      this.#underWay.delete(key)
      throw error
    }
    if (this.#keep(key, digest, messageId)) this.#underWay.delete(key)
    return messageId
  }

  /** False when the disk takes nothing: the message is sent all the same, and memory has to do. */
  #keep(key: string, digest: string, messageId: string): boolean {
    try {
      this.#put.run(key, digest, messageId, this.#clock())
      this.#forgetOld()
      return true
    } catch {
      return false
    }
  }

  #forgetOld(): void {
    const now = this.#clock()
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return
    this.#sweptAt = now
    this.#sweep.run(now - KEPT_MS)
  }
}

const otherContent = (): RapidFireError =>
  new RapidFireError(
    'conflict',
    'this Idempotency-Key was used for another message: give each message a key of its own',
  )
