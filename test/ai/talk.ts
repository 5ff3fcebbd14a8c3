/**
 * One person, the product as a process of its own, and all that is around it: the model, the place
 * where voice lies, the bridge. Notes who said what and when.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { post } from '../outside/bridge.ts'
import { Sink } from '../outside/sink.ts'
import { OpenAiServer } from '../support/openai-server.ts'
import { freePort } from '../support/redis-server.ts'

export const MODES = ['collect', 'interrupt'] as const
export type Mode = (typeof MODES)[number]

const BIN = join(import.meta.dirname, '../../bin/rapid-fire.js')
const SECRET = 'secret-of-the-demonstration'
const P = '79001234567'
/** For a whole answer, its retry included. */
const PATIENCE_MS = 20_000
/** Silence that ends a burst. */
const IDLE_MS = 800

interface Parts {
  readonly mode: Mode
  readonly url: string
  readonly child: ChildProcess
  readonly sink: Sink
  readonly model: OpenAiServer
  readonly files: Server
  readonly dir: string
}

export class Talk implements AsyncDisposable {
  /** What was not as it should be. */
  readonly wrong: string[] = []
  readonly #parts: Parts
  readonly #startedAtMs = performance.now()
  #scene = ''
  #seen = 0
  #messages = 0
  #calls = 0
  #arrived = Promise.withResolvers<void>()

  static async start(mode: Mode): Promise<Talk> {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-ai-'))
    const sink = new Sink(join(dir, 'sink.jsonl'))
    await sink.start()
    const model = await OpenAiServer.start(({ path, lastText }) =>
      path.endsWith('transcriptions') ? 'Запишите меня на пять' : `Вы пишете: ${wordsIn(lastText)}`,
    )
    const files = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'audio/ogg' }).end(Buffer.alloc(2048, 'OggS'))
    }).listen(0, '127.0.0.1')
    await once(files, 'listening')
    const prompt = join(dir, 'prompt.md')
    writeFileSync(prompt, 'Ты администратор салона. Отвечай коротко.')
    const port = await freePort()
    const child = spawn(process.execPath, [BIN, 'start'], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        DATA_DIR: join(dir, 'data'),
        VENOM_SECRET_KEY: SECRET,
        SEND_PER_MINUTE: '0',
        VENOM_SERVER_URL: sink.urlFor('demo'),
        BATCH_TIMEOUT: String(IDLE_MS),
        CHECK_INTERVAL: '50',
        PART_PAUSE_MIN: '200',
        PART_PAUSE_MAX: '300',
        WHILE_ANSWERING: mode,
        RESPONDER: 'ai',
        AI_MODEL: 'demo',
        AI_BASE_URL: model.baseUrl,
        AI_SYSTEM_PROMPT_FILE: prompt,
        TRANSCRIBE_MODEL: 'whisper-1',
        MEDIA_HOSTS: `127.0.0.1:${portOf(files)}`,
      },
    })
    await isReady(child)
    console.log(`\nWHILE_ANSWERING=${mode}`)
    const url = `http://127.0.0.1:${port}`
    return new Talk({ mode, url, child, sink, model, files, dir })
  }

  private constructor(parts: Parts) {
    this.#parts = parts
    parts.sink.onDelivery = ({ text }) => {
      this.#note('‹', text)
      this.#arrived.resolve()
      return true
    }
  }

  scene(what: string): void {
    this.#scene = what
    console.log(`  ${what}`)
  }

  pause(ms: number): Promise<void> {
    return wait(ms)
  }

  say(text: string): Promise<void> {
    this.#note('›', text)
    return this.#post({ body: text })
  }

  /** The model hears these words in it. */
  sayByVoice(words: string): Promise<void> {
    this.#note('›', `(voice) ${words}`)
    const mediaUrl = `http://127.0.0.1:${portOf(this.#parts.files)}/note.ogg`
    return this.#post({ type: 'voice', mediaUrl })
  }

  /** The next answer is made for as long as nobody ends it. */
  think(): { end: () => void } {
    const { promise: until, resolve: end } = Promise.withResolvers<void>()
    const text = 'Вы пишете: Сколько стоит стрижка?'
    this.#parts.model.next({ kind: 'text', text, until })
    this.#calls = this.#parts.model.requests.length
    return { end }
  }

  /** Resolves when the model is asked. */
  async asked(): Promise<void> {
    await this.#inTime(this.#parts.model.received(this.#calls + 1), 'the model was not asked')
    this.#note('·', 'the model is asked')
  }

  /** Resolves when nobody waits for that answer any more. */
  async hungUp(): Promise<void> {
    const request = await this.#parts.model.received(this.#calls + 1)
    await this.#inTime(request.closed, 'the call was not aborted')
    this.#note('·', 'the call is aborted')
  }

  busyOnce(): void {
    this.#parts.model.next({ kind: 'status', status: 429, headers: { 'retry-after': '1' } })
  }

  /** Waits until these were said, and notes when it was something else. */
  async expect(texts: readonly string[]): Promise<void> {
    const { deliveries } = this.#parts.sink
    const all = async (): Promise<void> => {
      while (deliveries.length < this.#seen + texts.length) {
        await this.#arrived.promise
        this.#arrived = Promise.withResolvers()
      }
    }
    await this.#inTime(all(), 'not answered')
    const said = deliveries.slice(this.#seen).map(({ text }) => text)
    this.#seen = deliveries.length
    if (said.join('|') === texts.join('|')) return
    this.wrong.push(
      `${this.#parts.mode}, ${this.#scene}: said «${said.join(' | ')}» instead of «${texts.join(' | ')}»`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { child, sink, model, files, dir } = this.#parts
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    sink.stop()
    files.close()
    await model[Symbol.asyncDispose]()
    rmSync(dir, { recursive: true, force: true })
  }

  async #post(message: Record<string, string>): Promise<void> {
    this.#messages += 1
    const one = { from: P, id: `m${this.#messages}`, ...message }
    if (!(await post(this.#parts.url, SECRET, { messages: [one] }))) {
      this.wrong.push(`${this.#parts.mode}, ${this.#scene}: a message was not taken`)
    }
  }

  async #inTime(work: Promise<unknown>, what: string): Promise<void> {
    const ended = new AbortController()
    const late = wait(PATIENCE_MS, 'late', { signal: ended.signal }).catch(() => 'ended')
    const first = await Promise.race([work.then(() => 'done'), late])
    ended.abort()
    if (first === 'late') this.wrong.push(`${this.#parts.mode}, ${this.#scene}: ${what}`)
  }

  #note(mark: string, text: string): void {
    const seconds = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1)
    console.log(`  ${seconds.padStart(6)} s  ${mark} ${text}`)
  }
}

/** What is more than plain words is told to the model as JSON. */
function wordsIn(told: string): string {
  return told.startsWith('{') ? String((JSON.parse(told) as { text?: string }).text) : told
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** Its roles say so, a line each. */
async function isReady(child: ChildProcess): Promise<void> {
  const missing = new Set(['api', 'processor', 'worker'])
  if (!child.stdout) throw new Error('the process has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    for (const role of missing) if (line.includes(`ready: ${role}`)) missing.delete(role)
    if (missing.size === 0) break
  }
  // Goes on reading, so that a full pipe does not stop it.
  child.stdout.resume()
  if (missing.size > 0) throw new Error('the service did not start')
}
