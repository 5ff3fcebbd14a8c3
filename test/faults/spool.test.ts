/**
 * The spool under faults, on a real Redis that is refused, killed, frozen and brought back. The
 * clock is the test's, so windows end when it says so.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { ConversationKey } from '../../src/message.ts'
import { isInstalled } from '../power/disk.ts'
import { House, type HouseOptions, P } from '../support/house.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'

const WINDOW_MS = 10_000
const files = (house: House): string[] =>
  readdirSync(join(house.dir, 'data/spool')).filter((name) => name.endsWith('.db'))

describe('the spool', () => {
  let redis: RedisServer
  beforeEach(async () => {
    redis = await RedisServer.start(['--appendonly', 'yes'])
  })
  afterEach(() => redis.stop())

  const start = (options: Partial<HouseOptions> = {}): Promise<House> =>
    House.start({
      engine: 'redis',
      ...options,
      env: { REDIS_URL: redis.url, SPOOL_AFTER: '300', ...options.env },
    })
  const drained = (house: House, times = 1) => house.events.until('spool.drained', times)

  it('case 9: Redis is down: 200 with `spooled`, and one answer when it is back, however often it was sent', async () => {
    await using house = await start()
    await redis.down()
    await house.events.until('store.away')
    const first = await house.say('Привет', { messageId: 'A1' })
    assert.equal(first.status, 200)
    assert.deepEqual([first.body.success, first.body.addedCount, first.body.spooled], [true, 0, 1])
    const again = await house.say('Привет', { messageId: 'A1' })
    assert.equal(again.status, 200)
    await redis.up()
    await drained(house)
    const late = await house.say('Привет', { messageId: 'A1' })
    assert.deepEqual([late.status, late.body.duplicates, late.body.spooled], [200, 1, undefined])
    await house.events.until('store.back')
    await house.advance(WINDOW_MS)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['Привет'])
    const { accepted, open } = await house.gateway.store.counts()
    assert.deepEqual({ accepted, open }, { accepted: 1, open: 0 })
  })

  it('case 9: Redis refuses writes: 200 with `spooled`, and with SPOOL=off 503 with Retry-After', async () => {
    await using house = await start()
    await using without = await start({ env: { SPOOL: 'off' } })
    const admin = redis.client()
    await admin.config('SET', 'maxmemory', '1')
    const spooled = await house.say('раз', { messageId: '1' })
    assert.deepEqual([spooled.status, spooled.body.spooled], [200, 1])
    const refused = await without.say('два', { messageId: '2' })
    assert.deepEqual([refused.status, refused.body.code], [503, 'store_full'])
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    await admin.config('SET', 'maxmemory', '0')
    admin.disconnect()
    await drained(house)
    assert.equal((await without.say('два', { messageId: '2' })).status, 200)
    const { payloads } = await house.gateway.store.conversation(P as ConversationKey)
    assert.equal(payloads.length, 2)
  })

  it('case 47: a direct message is queued too, and due at once when Redis is back', async () => {
    await using house = await start()
    await redis.down()
    await house.events.until('store.away')
    const direct = await house.signed('POST', '/webhook/whatsapp', { from: P, message: 'Привет' })
    assert.deepEqual([direct.status, direct.body.queued, direct.body.jobId], [200, true, null])
    await redis.up()
    await drained(house)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['Привет'])
  })

  it('fault 20: a Redis that says nothing costs a call SPOOL_AFTER once, and the next ones nothing', async () => {
    await using house = await start({ roles: ['api'] })
    process.kill(redis.pid, 'SIGSTOP')
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((text, n) =>
        house.say(text, { messageId: text, from: `7900123456${n}` }),
      ),
    )
    const later = await house.say('d', { messageId: 'd' })
    assert.deepEqual(
      [...answers, later].map(({ status, body }) => [status, body.spooled]),
      Array.from({ length: 4 }, () => [200, 1]),
    )
    assert.ok(Number(later.body.processingTime) < 300, 'it waited for a store known to be away')
    process.kill(redis.pid, 'SIGCONT')
    await drained(house)
    // The appends that were under way when it froze may have run as well.
    assert.equal((await house.gateway.store.counts()).accepted, 4)
  })

  it('keeps the order of a conversation: what comes behind spooled messages is spooled too', async () => {
    await using house = await start()
    await redis.down()
    await house.events.until('store.away')
    for (const text of ['раз', 'два', 'три']) await house.say(text)
    await redis.up()
    // Whether the drain has them by now or not, these are behind.
    for (const text of ['четыре', 'пять']) assert.equal((await house.say(text)).status, 200)
    await drained(house)
    await house.events.until('store.back')
    await house.advance(WINDOW_MS)
    await house.events.until('turn.answered')
    assert.deepEqual(house.replies(), ['раз два три четыре пять'])
  })

  it('brings in edits, revokes and own messages of a provider in their place', async () => {
    await using house = await start({ env: { WAHA_HMAC_KEY: WAHA_KEY, TAKEOVER_TTL: '60' } })
    const waha = (event: string, payload: object) => postWaha(house, event, payload)
    await redis.down()
    await house.events.until('store.away')
    const told = [
      await waha('message', wahaText('A1', 'Есть место?')),
      await waha('message', wahaText('A2', 'завтра')),
      await waha('message', wahaText('A3', 'не надо')),
      await waha('message.edited', { ...wahaText('A4', 'послезавтра'), editedMessageId: 'A2' }),
      await waha('message.revoked', { before: wahaText('A3', 'не надо'), revokedMessageId: 'A3' }),
    ]
    assert.deepEqual(
      told.map(({ status, body }) => [status, body.spooled]),
      Array.from({ length: 5 }, () => [200, 1]),
    )
    await redis.up()
    await drained(house)
    const conversation = `default:waha:${P}` as ConversationKey
    const { payloads } = await house.gateway.store.conversation(conversation)
    const words = payloads.map((payload) => (JSON.parse(payload) as { message: string }).message)
    assert.deepEqual(words, ['Есть место?', 'послезавтра'])
    await redis.down()
    await house.events.until('store.away', 2)
    const own = { fromMe: true, from: '74950000001@c.us', to: `${P}@c.us` }
    assert.equal((await waha('message.any', wahaText('B1', 'Есть!', own))).body.spooled, 1)
    await redis.up()
    await drained(house, 2)
    const { open, hold } = await house.gateway.store.conversation(conversation)
    assert.deepEqual([open, hold?.why], [null, 'human'])
  })

  it('fault 50: a full disk takes nothing and says so, and what is in the spool stays', async (t) => {
    if (process.getuid?.() !== 0 || !isInstalled('mount')) {
      t.diagnostic('not run: a small disk needs root and mount')
      return
    }
    using disk = smallDisk()
    await using house = await start({ env: { DATA_DIR: disk.path } })
    await redis.down()
    await house.events.until('store.away')
    const kept: string[] = []
    for (let n = 0; ; n += 1) {
      const id = String(n)
      const { status, body } = await house.say('x'.repeat(20_000), { messageId: id })
      if (status === 200) kept.push(id)
      else {
        assert.deepEqual([status, body.code], [503, 'spool_full'])
        break
      }
    }
    assert.equal((await house.say('y'.repeat(20_000), { messageId: 'last' })).status, 503)
    assert.equal(house.events.all('spool.refusing').length, 1)
    disk.grow()
    const after = await house.say('z', { messageId: 'after' })
    assert.deepEqual([after.status, after.body.spooled], [200, 1])
    await redis.up()
    await drained(house)
    const { accepted } = await house.gateway.store.counts()
    assert.equal(accepted, kept.length + 1)
  })

  it('fault 51: after a disk that failed once nothing more is believed of that file', async (t) => {
    if (process.getuid?.() !== 0 || !isInstalled('strace')) {
      t.diagnostic('not run: a disk that fails needs root and strace')
      return
    }
    const stage = await SpoolProcess.start(redis)
    await redis.down()
    assert.deepEqual(await stage.say('1'), [200, 1])
    const failing = await FailingSync.of(stage.pid)
    const [status] = await stage.say('2')
    assert.equal(status, 503)
    await failing.end()
    // The file that failed is only read from here on; another one is begun.
    while ((await stage.say('3'))[0] !== 200);
    assert.deepEqual(stage.files(), ['spool-1.db', 'spool-2.db'])
    await redis.up()
    const client = redis.client()
    while ((await client.llen(`rapid-fire:${P}`).catch(() => 0)) < 2);
    const words = await client.lrange(`rapid-fire:${P}`, 0, -1)
    assert.deepEqual(words.map((element) => JSON.parse(element).message).toSorted(), ['1', '3'])
    client.disconnect()
    await stage.stop()
  })

  it('fault 53: two APIs with one folder have a file each, and one that is free is taken over', async () => {
    await using house = await start()
    const second = await start({ beside: house, roles: ['api'] })
    assert.deepEqual(files(house), ['spool-1.db', 'spool-2.db'])
    await redis.down()
    await second.events.until('store.away')
    await second.say('осталось', { messageId: '1' })
    await second.gateway.stop()
    await redis.up()
    await using third = await start({ beside: house, roles: ['api'] })
    await third.events.until('spool.found')
    await drained(third)
    assert.equal((await house.gateway.store.counts()).accepted, 1)
  })

  it('fault 52: a file that cannot be read is set aside, what can be read of it goes on', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-spool-'))
    const env = { DATA_DIR: dir }
    {
      await using house = await start({ env, roles: ['api'] })
      await redis.down()
      await house.events.until('store.away')
      const messages = Array.from({ length: 200 }, (_, n) => ({
        from: `7900${1_000_000 + n}`,
        body: 'x'.repeat(500),
        id: `${n}`,
      }))
      assert.equal((await house.post({ messages })).body.spooled, 200)
    }
    const file = join(dir, 'spool/spool-1.db')
    const handle = openSync(file, 'r+')
    const middle = Math.floor(statSync(file).size / 4096 / 2)
    writeSync(handle, Buffer.alloc(4096, 0xff), 0, 4096, middle * 4096)
    closeSync(handle)
    await redis.up()
    await using house = await start({ env, roles: ['api'] })
    const [broken] = house.events.all('spool.fileBroken')
    assert.ok(broken && broken.saved > 150 && existsSync(broken.asideAs))
    await drained(house)
    assert.equal((await house.gateway.store.counts()).accepted, broken.saved)
    assert.equal((await house.say('дальше')).status, 200)
    rmSync(dir, { recursive: true, force: true })
  })

  it('fault 52: an entry with a flipped bit is set aside and counted, its neighbours go on', async () => {
    await using house = await start({ roles: ['api'] })
    await redis.down()
    await house.events.until('store.away')
    for (const text of ['раз', 'два', 'три']) await house.say(text, { messageId: text })
    await house.gateway.stop()
    const database = new DatabaseSync(join(house.dir, 'data/spool/spool-1.db'))
    database.exec("UPDATE entries SET body = replace(body, 'два', 'два!')")
    database.close()
    await redis.up()
    await using next = await start({ beside: house, roles: ['api'] })
    await drained(next)
    assert.deepEqual(next.events.all('spool.setAside'), [{ status: 0, code: 'damaged' }])
    assert.equal(next.gateway.spool?.state().setAside, 1)
    assert.equal((await next.gateway.store.counts()).accepted, 2)
  })

  it('fault 54: a long spool comes in whole, each conversation in its order, beside fresh traffic', async () => {
    await using house = await start({ roles: ['api'] })
    await redis.down()
    await house.events.until('store.away')
    const people = Array.from({ length: 50 }, (_, n) => `7900${1_000_000 + n}`)
    for (let n = 0; n < 40; n += 1) {
      const messages = people.map((from) => ({ from, body: `${n}`, id: `${n}` }))
      assert.equal((await house.post({ messages })).body.spooled, 50)
    }
    await redis.up()
    const fresh = await house.say('свежее')
    assert.equal(fresh.status, 200)
    await drained(house)
    for (const person of people) {
      const { payloads } = await house.gateway.store.conversation(person as ConversationKey)
      assert.deepEqual(
        payloads.map((payload) => JSON.parse(payload).message),
        Array.from({ length: 40 }, (_, n) => `${n}`),
      )
    }
  })

  it('is bounded: beyond its limits calls get 503, and what fits is kept', async () => {
    await using house = await start({ roles: ['api'], env: { SPOOL_MAX_MESSAGES: '3' } })
    await redis.down()
    await house.events.until('store.away')
    for (const text of ['1', '2', '3']) assert.equal((await house.say(text)).status, 200)
    const full = await house.say('4')
    assert.deepEqual([full.status, full.body.code], [503, 'spool_full'])
    assert.ok(Number(full.headers.get('retry-after')) > 0)
    const ready = await house.request('GET', '/ready')
    assert.equal(ready.status, 503)
    await redis.up()
    await drained(house)
    assert.equal((await house.say('4')).status, 200)
    assert.equal((await house.gateway.store.counts()).accepted, 4)
  })

  it('says in /ready and /health what is in it, and a load balancer goes on sending', async () => {
    await using house = await start({ roles: ['api'] })
    await redis.down()
    await house.events.until('store.away')
    await house.say('раз')
    const ready = await house.request('GET', '/ready')
    assert.equal(ready.status, 200)
    const { messages, setAside } = ready.body.spool as Record<string, unknown>
    assert.deepEqual([messages, setAside], [1, 0])
    assert.match(String((ready.body.problems as string[])[0]), /messages go to the spool/)
    const health = await house.request('GET', '/health')
    assert.equal(health.status, 503)
    assert.equal((health.body.spool as Record<string, unknown>).messages, 1)
  })

  it('what can never be stored is set aside, and tried again with the settings of the next start', async () => {
    const config = 'export default { tenants: { salon: {} } }'
    await using house = await start({ roles: ['api'], config })
    await redis.down()
    await house.events.until('store.away')
    await house.post({ companyId: 'salon', messages: [{ from: P, body: 'раз' }] })
    await house.gateway.stop()
    await redis.up()
    writeFileSync(join(house.dir, 'rapid-fire.config.ts'), 'export default {}')
    {
      await using next = await start({ beside: house, roles: ['api'] })
      const [aside] = await next.events.until('spool.setAside')
      assert.equal(aside?.code, 'unknown_tenant')
    }
    await using last = await start({ beside: house, roles: ['api'], config })
    await drained(last)
    assert.equal((await last.gateway.store.counts()).accepted, 1)
  })

  it('has files for this user alone', async () => {
    await using house = await start({ roles: ['api'] })
    const dir = join(house.dir, 'data/spool')
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    for (const name of readdirSync(dir)) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600)
  })
})

const WAHA_KEY = 'waha-key-of-the-spool'

function postWaha(house: House, event: string, payload: object) {
  const raw = JSON.stringify({
    ...{ id: 'evt_1', timestamp: house.now(), event, session: 'default', payload },
    me: { id: '74950000001@c.us' },
  })
  const hmac = createHmac('sha512', WAHA_KEY).update(raw).digest('hex')
  return house.request('POST', '/webhook/waha', raw, { 'x-webhook-hmac': hmac })
}

function wahaText(hex: string, body: string, more: object = {}): object {
  return {
    ...{ id: `false_${P}@c.us_${hex}`, timestamp: 1_795_000_000, from: `${P}@c.us` },
    ...{ to: '74950000001@c.us', fromMe: false, source: 'app', body, hasMedia: false },
    ...more,
  }
}

/** A few hundred kilobytes of memory as a disk. */
function smallDisk(): Disposable & { readonly path: string; grow(): void } {
  const path = mkdtempSync(join(tmpdir(), 'rapid-fire-small-'))
  const mount = (...args: string[]): void => {
    const { status, stderr } = spawnSync('mount', args)
    assert.equal(status, 0, String(stderr))
  }
  mount('-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', path)
  return {
    path,
    grow: () => mount('-o', 'remount,size=8m', path),
    [Symbol.dispose]: () => {
      spawnSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** An API in a process of its own. */
class SpoolProcess {
  readonly #child: ChildProcess
  readonly #url: string
  readonly #dir: string

  private constructor(child: ChildProcess, url: string, dir: string) {
    this.#child = child
    this.#url = url
    this.#dir = dir
  }

  static async start(redis: RedisServer): Promise<SpoolProcess> {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-spool-'))
    const env = {
      ...{ PATH: process.env.PATH ?? '', PORT: String(await freePort()), DATA_DIR: dir },
      ...{ REDIS_URL: redis.url, SPOOL_AFTER: '300' },
    }
    const bin = new URL('../../bin/rapid-fire.js', import.meta.url).pathname
    const args = [bin, 'start', '--role', 'api', '--json']
    const child = spawn(process.execPath, args, {
      env,
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    for await (const line of createInterface({ input: child.stdout })) {
      if (/"ready: api"/.test(line)) break
    }
    child.stdout.resume()
    return new SpoolProcess(child, `http://127.0.0.1:${env.PORT}`, dir)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async say(text: string): Promise<[status: number, spooled: unknown]> {
    const response = await fetch(`${this.#url}/webhook/whatsapp/batched`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: P, message: text, messageId: text }),
    })
    return [response.status, ((await response.json()) as { spooled?: number }).spooled]
  }

  files(): string[] {
    return readdirSync(join(this.#dir, 'spool')).filter((name) => name.endsWith('.db'))
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

/** Every sync of a process fails, as on a disk that is breaking. */
class FailingSync {
  readonly #strace: ChildProcess

  private constructor(strace: ChildProcess) {
    this.#strace = strace
  }

  static async of(pid: number): Promise<FailingSync> {
    const calls = 'fdatasync,fsync'
    const args = ['-f', '-p', `${pid}`, '-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO`]
    const strace = spawn('strace', [...args, '-o', '/dev/null'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    for await (const line of createInterface({ input: strace.stderr })) {
      if (/attached/.test(line)) break
    }
    strace.stderr.resume()
    return new FailingSync(strace)
  }

  async end(): Promise<void> {
    this.#strace.kill('SIGINT')
    await once(this.#strace, 'exit')
  }
}
