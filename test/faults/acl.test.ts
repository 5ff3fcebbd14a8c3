/**
 * The Redis settings of docs/operating.md, as an operator copies them: the service runs with them, is
 * refused nothing, and is allowed no more than it needs.
 */
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { SCRIPTS } from '../../src/batching/redis/scripts.ts'
import { loadSettings } from '../../src/config/load.ts'
import { RapidFireError } from '../../src/errors.ts'
import { type Gateway, ROLES, startGateway } from '../../src/gateway.ts'
import type { ConversationKey } from '../../src/message.ts'
import { Events } from '../../src/observability/events/events.ts'
import { EventLog } from '../support/event-log.ts'
import { RedisServer } from '../support/redis-server.ts'
import { root } from '../support/source-tree.ts'

const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')
const fenced = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\`$`, 'm').exec(page)?.[1] ?? ''
const ADMIN = 'operators-token-0123456789'
const CONF = fenced('conf')
const USER = fenced('acl')
const [, NAME = '', PASSWORD = ''] = /^user (\S+) on >(\S+) /.exec(USER) ?? []

class Fixture implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'rapid-fire-acl-'))
  readonly events = new Events()
  readonly log = new EventLog(this.events)
  #server: RedisServer | null = null
  #gateway: Gateway | null = null

  get server(): RedisServer {
    assert.ok(this.#server)
    return this.#server
  }

  async redis(user: string): Promise<void> {
    const conf = join(this.dir, 'redis.conf')
    writeFileSync(conf, `${CONF}\n${user}\n`)
    this.#server = await RedisServer.start(['--include', conf])
  }

  async service(env: Record<string, string> = {}): Promise<Gateway> {
    const { settings } = await loadSettings({
      cwd: this.dir,
      env: {
        PORT: '0',
        DATA_DIR: join(this.dir, 'data'),
        REDIS_URL: `redis://${NAME}:${PASSWORD}@127.0.0.1:${this.server.port}/1`,
        // The fifth message makes the batch due, so nothing waits for a clock.
        MAX_BATCH_SIZE: '5',
        BATCH_TIMEOUT: '60000',
        ADMIN_TOKEN: ADMIN,
        ...env,
      },
    })
    this.#gateway = await startGateway({ settings, roles: ROLES, events: this.events })
    return this.#gateway
  }

  /** As the default user, who may do everything. */
  async refusals(): Promise<unknown[]> {
    const client = this.server.client()
    const refused = (await client.acl('LOG')) as unknown[][]
    client.disconnect()
    // Since 7.2 the client names its library and does not mind when it may not.
    return refused
      .map((entry) => entry[entry.indexOf('object') + 1])
      .filter((object) => object !== 'client|setinfo')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.stop()
    await this.#server?.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

async function say(gateway: Gateway, text: string): Promise<void> {
  const response = await fetch(`${gateway.url}/webhook/whatsapp/batched`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from: '79001234567', message: text, messageId: text }),
  })
  assert.equal(response.status, 200)
}

describe('Redis as docs/operating.md sets it up', () => {
  it('plays five messages to one reply, and refuses nothing', async () => {
    await using fixture = new Fixture()
    await fixture.redis(USER)
    const gateway = await fixture.service()
    assert.deepEqual(gateway.store.identity().survives, ['process'])
    for (const text of ['Привет', 'можно', 'записаться', 'на стрижку', 'завтра?']) {
      await say(gateway, text)
    }
    await fixture.log.until('turn.answered')
    const replies = fixture.log.all('reply.printed').map(({ part }) => part.text)
    assert.deepEqual(replies, ['Привет можно записаться на стрижку завтра?'])
    await gateway.stop()
    assert.deepEqual(await fixture.refusals(), [])
    assert.deepEqual(fixture.log.all('queue.error'), [])
    assert.deepEqual(fixture.log.all('internal.error'), [])
  })

  it('lets a human step in, and limits and history work', async () => {
    await using fixture = new Fixture()
    await fixture.redis(USER)
    const gateway = await fixture.service({ TENANT_RATE: '1000' })
    await say(gateway, 'Привет')
    const post = async (path: string, body: object): Promise<void> => {
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(path.startsWith('/operator') && { authorization: `Bearer ${ADMIN}` }),
        },
        body: JSON.stringify(body),
      })
      assert.equal(response.status, 200, await response.text())
    }
    await post('/webhook/whatsapp/own', { to: '79001234567', message: 'Сам', messageId: 'o1' })
    await post('/operator/pause', { phone: '79001234567', forMs: 60_000 })
    await post('/operator/resume', { phone: '79001234567' })
    const conversation = '79001234567' as ConversationKey
    assert.equal((await gateway.store.history(conversation)).length, 2)
    assert.equal((await gateway.store.holds({ offset: 0, limit: 1 })).count, 0)
    assert.equal(await gateway.store.spend('default', 5), 5)
    const backup = await fetch(`${gateway.url}/operator/backup`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    })
    const lines = (await backup.text()).trim().split('\n').slice(1, -1)
    await post('/operator/restore', {
      dryRun: false,
      pieces: lines.map((line) => JSON.parse(line)),
    })
    for (const text of ['1', '2', '3', '4', '5']) await say(gateway, text)
    await fixture.log.until('turn.answered')
    await gateway.stop()
    assert.deepEqual(await fixture.refusals(), [])
    assert.deepEqual(fixture.log.all('rate.missing'), [])
  })

  it('without CONFIG says that it does not know what survives', async () => {
    await using fixture = new Fixture()
    await fixture.redis(USER.replace(' +config|get', ''))
    const gateway = await fixture.service()
    assert.deepEqual(gateway.store.identity().survives, ['unknown'])
  })

  it('without a right that is needed is refused at start, with the way out', async () => {
    await using fixture = new Fixture()
    await fixture.redis(USER.replace(' +pexpire', ''))
    await assert.rejects(fixture.service(), (error) => {
      assert.ok(error instanceof RapidFireError)
      assert.equal(error.code, 'store_rights')
      assert.match(error.message, /docs\/operating\.md/)
      return true
    })
  })
})

/** The scripts of BullMQ that a queue without delays, parents and retries can reach. */
const BULL_SCRIPTS = [
  'addPrioritizedJob',
  'moveToActive',
  'moveToFinished',
  'moveStalledJobsToWait',
  'extendLock',
  'extendLocks',
  'releaseLock',
  'getCounts',
]
/** What counts so many a minute. */
const LIMITS = ['expire', 'incrby', 'pttl', 'set']
/** What the clients send themselves. */
const DIRECT = [
  ...['bzpopmin', 'client|setname', 'config|get', 'eval', 'evalsha', 'get', 'hget', 'hgetall'],
  ...['hmget', 'info', 'lrange', 'ping', 'quit', 'scan', 'select', 'set', 'subscribe', 'time'],
  ...['zcard', 'zrange', 'zrem'],
]

function commandsIn(source: string): string[] {
  const calls = source.matchAll(/\b(?:rcall|redis\.p?call)\(\s*['"](\w+)['"]/g)
  return [...calls].map(([, command]) => (command ?? '').toLowerCase())
}

function commandsOfOurs(): string[] {
  const files = globSync('src/batching/redis/lua/**/*.lua', { cwd: root })
  assert.ok(files.length >= Object.keys(SCRIPTS).length)
  return files.flatMap((file) => commandsIn(readFileSync(join(root, file), 'utf8')))
}

function commandsOfBull(): string[] {
  return BULL_SCRIPTS.flatMap((name) => {
    const folder = 'node_modules/bullmq/dist/esm/scripts'
    const [file, ...more] = globSync(`${folder}/${name}-*.js`, { cwd: root })
    assert.ok(file && more.length === 0, `one script ${name}`)
    const commands = commandsIn(readFileSync(join(root, file), 'utf8'))
    assert.ok(commands.length > 0)
    return commands
  })
}

it('the user of docs/operating.md may send what our scripts and BullMQ send, and no more', () => {
  const allowed = [...USER.matchAll(/ \+(\S+)/g)].map(([, command]) => command)
  const needed = new Set([...commandsOfOurs(), ...commandsOfBull(), ...LIMITS, ...DIRECT])
  assert.deepEqual(allowed, [...needed].sort())
})
