/**
 * A bot as somebody has it: it checks who calls, reads its provider's format, and answers every text by
 * the provider's send API. It knows nothing of what may stand between.
 */
import { type Format, jsonOf, type Said } from './formats/format.ts'
import { type Call, Listener } from './listener.ts'

export class SalonBot implements AsyncDisposable {
  /** Calls whose proof held. */
  proven = 0
  /** What it read in them. */
  readonly heard: string[] = []
  /** Texts that the send API took. */
  readonly answers: string[] = []
  readonly listener: Listener
  readonly #format: Format
  readonly #sendApi: Listener

  private constructor(format: Format, listener: Listener, sendApi: Listener) {
    this.#format = format
    this.listener = listener
    this.#sendApi = sendApi
    listener.onCall = (call) => this.#hear(call)
    sendApi.onCall = (call) => {
      this.answers.push(format.taken(call).text)
      return 201
    }
  }

  static async open(format: Format): Promise<SalonBot> {
    return new SalonBot(format, await Listener.open('/hooks/salon'), await Listener.open())
  }

  async #hear(call: Call): Promise<number> {
    if (!this.#format.isProven(call)) return 401
    this.proven += 1
    const said = this.#format.read(jsonOf(call))
    if (said !== null) await this.#answer(said)
    return 200
  }

  async #answer({ from, text }: Said): Promise<void> {
    this.heard.push(text)
    const { path, headers, rawBody } = this.#format.answer({ from, text: `Вы пишете: ${text}` })
    const body = new Uint8Array(rawBody)
    const { ok, status } = await fetch(new URL(path, this.#sendApi.url), {
      ...{ method: 'POST', headers, body },
    })
    if (!ok) throw new Error(`the send API answered ${status}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener[Symbol.asyncDispose]()
    await this.#sendApi[Symbol.asyncDispose]()
  }
}
