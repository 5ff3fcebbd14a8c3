/**
 * One bot with its provider, first alone and then behind the product: nothing is changed but the
 * address that the provider calls. Notes what differs, and what is not as it should be.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { loadSettings } from '../../src/config/load.ts'
import { type Gateway, ROLES, startGateway } from '../../src/gateway.ts'
import { Events } from '../../src/observability/events/events.ts'
import { EventLog } from '../support/event-log.ts'
import { type Format, jsonOf, type WireCall } from './formats/format.ts'
import { SalonBot } from './salon-bot.ts'

export const BURST = ['Привет', 'можно', 'записаться', 'на стрижку', 'завтра?']
/** For a whole answer: whoever is away is asked again within a quarter of a minute. */
const PATIENCE_MS = 45_000

interface Outcome {
  readonly calls: number
  readonly proven: number
  readonly heard: readonly string[]
  readonly answers: readonly string[]
}

export class Comparison implements AsyncDisposable {
  readonly lines: string[] = []
  /** What was not as it should be. */
  readonly wrong: string[] = []
  readonly #format: Format
  readonly #bot: SalonBot
  readonly #dir = mkdtempSync(join(tmpdir(), 'rapid-fire-forward-'))
  readonly #bus = new Events()
  readonly #events = new EventLog(this.#bus)
  #gateway: Gateway | null = null
  #messages = 0

  private constructor(format: Format, bot: SalonBot) {
    this.#format = format
    this.#bot = bot
    this.lines.push(format.title)
  }

  static async start(format: Format): Promise<Comparison> {
    return new Comparison(format, await SalonBot.open(format))
  }

  async burst(): Promise<void> {
    const alone = await this.#during(async () => {
      for (const text of BURST) await this.#expect(200, this.#format.said(text, this.#next()))
    })
    this.#check('alone', alone, BURST)
    await this.#standBetween()
    const first = this.#messages + 1
    const between = await this.#during(async () => {
      for (const text of BURST) await this.#expect(200, this.#format.said(text, this.#next()))
      await this.#inTime(this.#events.until('turn.answered', 1), 'the burst did not arrive')
    })
    this.#check('behind', between, [BURST.join(' ')])
    this.#compare(alone, between)
    this.#ids(first)
  }

  /** What is no message of a person is at the bot before the provider has its answer. */
  async others(): Promise<void> {
    const { status, echo } = this.#format
    const calls = [status(1), echo(`Вы пишете: ${BURST.join(' ')}`, 1)]
    const startedAt = performance.now()
    const told = await this.#during(async () => {
      for (const call of calls) {
        await this.#expect(200, call)
        this.#isLast(call)
      }
    })
    const ms = Math.ceil(performance.now() - startedAt)
    const isRight = told.calls === 2 && told.proven === 2 && told.heard.length === 0
    if (!isRight) this.#note(`of two calls ${told.calls} came, ${told.proven} proven`)
    this.#claim('status, own message', `both as they were sent, byte for byte, in ${ms} ms`)
  }

  async away(): Promise<void> {
    const { listener } = this.#bot
    await listener.down()
    const status = this.#format.status(2)
    await this.#expect(503, status)
    const texts = ['Алло', 'вы тут?']
    const startedAt = performance.now()
    const told = await this.#during(async () => {
      for (const text of texts) await this.#expect(200, this.#format.said(text, this.#next()))
      await this.#inTime(this.#events.until('turn.retrying'), 'the turn was not tried again')
      await listener.up()
      await this.#expect(200, status)
      this.#isLast(status)
      await this.#inTime(this.#events.until('turn.answered', 2), 'nothing came after the return')
    })
    this.#check('away', { ...told, calls: told.calls - 1, proven: told.proven - 1 }, [
      texts.join(' '),
    ])
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    this.#claim('the bot was away', 'its status: 503, and 200 when the provider came again')
    this.#claim('', `the person: «${told.heard.join('» «')}» once it was back, ${seconds} s later`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.stop()
    await this.#bot[Symbol.asyncDispose]()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async #standBetween(): Promise<void> {
    const { settings } = await loadSettings({
      cwd: this.#dir,
      env: {
        PORT: '0',
        DATA_DIR: join(this.#dir, 'data'),
        BATCH_TIMEOUT: '600',
        CHECK_INTERVAL: '20',
        RESPONDER: 'forward',
        RESPONDER_URL: this.#bot.listener.url,
        ...this.#format.settings,
      },
    })
    this.#gateway = await startGateway({ settings, roles: ROLES, events: this.#bus })
  }

  #next(): number {
    this.#messages += 1
    return this.#messages
  }

  /** The provider calls whoever it was told to. */
  async #expect(wanted: number, { headers, rawBody }: WireCall): Promise<void> {
    const { url } = this.#gateway ?? {}
    const address = url ? `${url}/webhook/${this.#format.id}` : this.#bot.listener.url
    const body = new Uint8Array(rawBody)
    const response = await fetch(address, { method: 'POST', headers, body })
    const said = await response.text()
    if (response.status !== wanted) {
      this.#note(`the provider was answered ${response.status} instead of ${wanted}: ${said}`)
    }
    if (wanted === 503 && !response.headers.has('retry-after')) this.#note('no Retry-After')
  }

  async #during(work: () => Promise<void>): Promise<Outcome> {
    const { listener, proven, heard, answers } = this.#bot
    const before = [listener.calls.length, heard.length, answers.length] as const
    await work()
    return {
      calls: listener.calls.length - before[0],
      proven: this.#bot.proven - proven,
      heard: heard.slice(before[1]),
      answers: answers.slice(before[2]),
    }
  }

  #check(when: string, { calls, proven, heard, answers }: Outcome, texts: readonly string[]): void {
    const right = texts.map((text) => `Вы пишете: ${text}`)
    if (calls !== texts.length) this.#note(`${when}: ${calls} calls instead of ${texts.length}`)
    if (proven !== calls) this.#note(`${when}: its own check held for ${proven} of ${calls}`)
    if (!isDeepStrictEqual(heard, texts)) this.#note(`${when}: it read «${heard.join('» «')}»`)
    if (!isDeepStrictEqual(answers, right)) {
      this.#note(`${when}: it answered «${answers.join('» «')}»`)
    }
  }

  #compare(alone: Outcome, between: Outcome): void {
    const row = (name: string, of: (outcome: Outcome) => string | number): void =>
      this.#line(name, `${String(of(alone)).padEnd(12)}${of(between)}`)
    this.lines.push(`${' '.repeat(24)}alone       behind Rapid-Fire`)
    row('calls to the bot', ({ calls }) => calls)
    row('its own check held', ({ calls, proven }) => `${proven} of ${calls}`)
    row('its answers', ({ answers }) => answers.length)
    this.#line('it read alone', `«${alone.heard.join('» «')}»`)
    this.#line('and behind', `«${between.heard.join('» «')}»`)
  }

  #ids(first: number): void {
    const last = this.#bot.listener.calls.at(-1)
    if (!last) return
    const right = BURST.map((_, i) => this.#format.idOf(first + i))
    const inBody = this.#format.idsIn(jsonOf(last))
    const header = String(last.headers['x-rapid-fire-message-ids'] ?? '')
    const inHeader = header.split(',').map(decodeURIComponent)
    if (!isDeepStrictEqual(inBody, right)) this.#note(`ids in the body: ${JSON.stringify(inBody)}`)
    if (!isDeepStrictEqual(inHeader, right)) this.#note(`ids in the header: ${header}`)
    this.#claim('ids of all five', `${this.#format.idsAt} and x-rapid-fire-message-ids`)
  }

  /** Bytes and headers. */
  #isLast({ headers, rawBody }: WireCall): void {
    const last = this.#bot.listener.calls.at(-1)
    if (!last?.rawBody.equals(rawBody)) this.#note('a call came changed, or did not come')
    for (const [name, value] of Object.entries(headers)) {
      if (last?.headers[name] !== value) this.#note(`${name}: ${last?.headers[name]}`)
    }
  }

  async #inTime(work: Promise<unknown>, what: string): Promise<void> {
    const ended = new AbortController()
    const late = wait(PATIENCE_MS, 'late', { signal: ended.signal }).catch(() => 'ended')
    const first = await Promise.race([work.then(() => 'done'), late])
    ended.abort()
    if (first === 'late') this.#note(what)
  }

  #line(name: string, value: string): void {
    this.lines.push(`  ${name.padEnd(22)}${value}`)
  }

  /** What is so where nothing was wrong. */
  #claim(name: string, value: string): void {
    this.#line(name, this.wrong.length === 0 ? value : 'not as it should be')
  }

  #note(what: string): void {
    this.wrong.push(`${this.#format.title}: ${what}`)
  }
}
