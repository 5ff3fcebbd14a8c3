/**
 * The real command, started as a person does it, and what it may leave behind when it refuses: one
 * sentence, exit code 1, and everything that was there before, byte for byte.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from './source-tree.ts'

export type Env = Readonly<Record<string, string>>
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Stands for every secret in these tests; no output may show it. */
export const SECRET = 'c4nary-c4nary-c4nary'
/** Longer than any refusal may take; a start that is still there then hangs. */
const HANGS_MS = 20_000

/** A folder of the test's own, with nothing in it that a start would read. */
export class Place implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'rapid-fire-refused-'))
  readonly data = join(this.dir, 'data');

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** A test that dies must not leave a service behind. */
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

function spawnStart(place: Place, env: Env): ChildProcess {
  const child = spawn(process.execPath, [join(root, 'bin/rapid-fire.js'), 'start'], {
    cwd: place.dir,
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: place.data, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  alive.add(child)
  const guard = setTimeout(() => child.kill('SIGKILL'), HANGS_MS)
  child.once('exit', () => {
    alive.delete(child)
    clearTimeout(guard)
  })
  return child
}

/** Starts and waits for the end. */
export async function start(place: Place, env: Env): Promise<Ended> {
  const child = spawnStart(place, env)
  let out = ''
  let err = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text))
  const [code, signal] = await once(child, 'close')
  assert.notEqual(signal, 'SIGKILL', `the start hangs; it said: ${out}${err}`)
  return { code, out, err }
}

/** Refused in one sentence that says all of `says`, and with nothing that is not for people. */
export function assertRefused({ code, out, err }: Ended, ...says: (RegExp | string)[]): void {
  assert.equal(code, 1, `${out}${err}`)
  assert.match(err, /^✗ [^\n]{20,}\n(Nothing was started\. All settings: [^\n]+\n)?$/)
  for (const part of says) {
    if (typeof part === 'string') assert.ok(err.includes(part), `"${part}" in: ${err}`)
    else assert.match(err, part)
  }
  assert.equal(out, '')
  assert.doesNotMatch(err, /\n\s+at |unexpected|undefined|\[object/)
  assert.ok(!err.includes(SECRET), 'no secret is shown')
}

/** As `assertRefused`, of a start in a new folder, which may not say afterwards that it runs. */
export async function refused(env: Env, ...says: (RegExp | string)[]): Promise<void> {
  using place = new Place()
  const ended = await start(place, env)
  assertRefused(ended, ...says)
  assert.ok(!existsSync(join(env.DATA_DIR ?? place.data, 'service.json')))
}

/** A service that runs until it is stopped. */
export class Running implements AsyncDisposable {
  readonly url: string
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
    this.pid = child.pid ?? 0
  }

  static async start(place: Place, env: Env): Promise<Running> {
    const child = spawnStart(place, { BATCH_TIMEOUT: '600000', DEFAULT_TTL: '600', ...env })
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    assert.ok(child.stdout)
    // Read to the end, lest the pipe fills.
    const lines = createInterface({ input: child.stdout })
    const url = await new Promise<string>((resolve, reject) => {
      child.once('close', () => reject(new Error(`did not start: ${said}`)))
      lines.on('line', (line) => {
        const { event, detail } = JSON.parse(line)
        if (event === 'role.ready') resolve(detail.url)
      })
    })
    return new Running(child, url)
  }

  async say(from: string, message: string): Promise<void> {
    const response = await fetch(`${this.url}/webhook/whatsapp/batched`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from, message, messageId: message }),
    })
    assert.equal(response.status, 200)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  }
}

/** Leaves two open batches behind, as a service does that was stopped. */
export async function leaveMessages(place: Place, env: Env = {}): Promise<void> {
  await using service = await Running.start(place, env)
  await service.say('79001234567', 'Привет')
  await service.say('79007654321', 'Добрый день')
}

/**
 * Name and digest of each file in a folder and those below it. Reading a database of SQLite may leave its index of the
 * log and an empty log beside it, which hold nothing.
 */
export function filesIn(dir: string): Record<string, string> {
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const digests = paths.sort().map((path) => {
    const name = relative(dir, path)
    const bytes = readFileSync(path)
    return [name, bytes.length === 0 ? 'empty' : createHash('sha256').update(bytes).digest('hex')]
  })
  const files = Object.fromEntries(digests)
  if (files['rapid-fire.db-wal'] === 'empty') delete files['rapid-fire.db-wal']
  delete files['rapid-fire.db-shm']
  return files
}

/** Runs all, no more than `width` at a time: a start takes a processor for a third of a second. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  run: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
}
