/**
 * Starts that this machine gives a reason to refuse: the folder, the file of the embedded store, the
 * port, the address, and who could call. Seen from outside, and with nothing damaged.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { run } from '../../src/cli/main.ts'
import { processShell } from '../../src/cli/shell.ts'
import {
  assertRefused,
  type Env,
  filesIn,
  leaveMessages,
  Place,
  Running,
  refused,
  SECRET,
  start,
} from '../support/refused-start.ts'
import { SeededRedis } from '../support/seeded-redis.ts'

const CONCURRENT = { concurrency: 4 }
const fileOf = (place: Place): string => join(place.data, 'rapid-fire.db')

/** Where a service was; the tests get copies. */
const original = new Place()
before(() => leaveMessages(original))
after(() => original[Symbol.dispose]())

/** A folder in which a service was, with two open batches. */
function leftPlace(): Place {
  const place = new Place()
  cpSync(original.data, place.data, { recursive: true })
  return place
}

/** Refused by what is in the folder, and the folder is as it was. */
async function refusedUnchanged(place: Place, ...says: (RegExp | string)[]): Promise<void> {
  const held = filesIn(place.data)
  assertRefused(await start(place, {}), ...says)
  assert.deepEqual(filesIn(place.data), held)
}

function alter(place: Place, sql: string): void {
  const database = new DatabaseSync(fileOf(place))
  database.exec(sql)
  database.close()
}

function messagesIn(place: Place): number {
  const database = new DatabaseSync(fileOf(place), { readOnly: true })
  const row = database.prepare('SELECT count(*) AS n FROM message WHERE body NOTNULL').get()
  database.close()
  return Number(row?.n)
}

describe('a start in a folder that it cannot have', CONCURRENT, () => {
  const way = /set DATA_DIR to another directory\n$/

  it('names a file in the place of the folder, which stays as it is', async () => {
    using place = new Place()
    writeFileSync(place.data, 'mine')
    for (const DATA_DIR of [place.data, join(place.data, 'below')]) {
      await refused({ DATA_DIR }, `DATA_DIR ${DATA_DIR} `, 'a file is in its way', way)
    }
    assert.equal(readFileSync(place.data, 'utf8'), 'mine')
  })

  it('faults 12, 55: names a folder in which it may not write', async () => {
    using place = new Place()
    mkdirSync(place.data, { mode: 0o500 })
    // Modes do not bind root; there the kernel's own folder refuses.
    const DATA_DIR = process.getuid?.() === 0 ? '/proc/rapid-fire' : place.data
    await refused({ DATA_DIR }, `DATA_DIR ${DATA_DIR} `, /\((EACCES|ENOENT|EPERM|EROFS)\)/, way)
    chmodSync(place.data, 0o700)
    assert.deepEqual(filesIn(place.data), {})
  })

  it('fault 55: names the process that has it, which goes on undisturbed', async () => {
    using place = new Place()
    await using first = await Running.start(place, {})
    await first.say('79001234567', 'Привет')
    const address = readFileSync(join(place.data, 'service.json'), 'utf8')
    const second = await start(place, {})
    assertRefused(
      second,
      `DATA_DIR ${place.data} is in use by process ${first.pid} on host `,
      /: stop that one first, set DATA_DIR to another directory, or set REDIS_URL to run several processes\n$/,
    )
    assert.equal(readFileSync(join(place.data, 'service.json'), 'utf8'), address)
    await first.say('79001234567', 'можно')
  })

  it('on Redis as well needs a place for the token', async () => {
    using place = new Place()
    writeFileSync(place.data, 'mine')
    await using redis = await SeededRedis.start()
    const ended = await start(place, { REDIS_URL: redis.server.url })
    assertRefused(ended, `token cannot be kept in ${place.data} `, 'DATA_DIR', 'ADMIN_TOKEN')
    const { open } = (await redis.redis.hgetall('rf:n')) as { open?: string }
    assert.equal(open, '2')
  })
})

describe('a start on a file that is not as it should be', CONCURRENT, () => {
  const way =
    /; nothing in it was changed: restore a backup, or move it away together with its -wal file to start empty\n$/

  it('faults 12, 55: names the newer version, and what this one knows', async () => {
    using place = leftPlace()
    alter(place, 'PRAGMA user_version = 99')
    await refusedUnchanged(
      place,
      `DATA_DIR ${place.data} is of version 99`,
      /this one knows up to \d+: update rapid-fire, or set DATA_DIR to another directory\n$/,
    )
  })

  it('faults 12, 55: says that it is no database', async () => {
    using place = leftPlace()
    writeFileSync(fileOf(place), 'no database at all. '.repeat(1000))
    await refusedUnchanged(place, `DATA_DIR ${place.data} cannot be read (`, way)
  })

  it('faults 12, 55: says that it was cut off', async () => {
    using place = leftPlace()
    truncateSync(fileOf(place), 3 * 4096)
    await refusedUnchanged(place, `DATA_DIR ${place.data} cannot be read (`, way)
  })

  it('faults 12, 55: says that it is that of another program', async () => {
    using place = leftPlace()
    alter(place, 'PRAGMA application_id = 1')
    await refusedUnchanged(place, '(it is a database of another program)', way)
  })

  for (const [part, sql] of [
    ['table message', 'DROP TABLE message'],
    ['table meta', 'DROP TABLE meta'],
    ['index batch_turn', 'DROP INDEX batch_turn'],
    ['column draft of batch', 'ALTER TABLE batch DROP COLUMN draft'],
  ] as const) {
    it(`names the ${part} that is missing`, async () => {
      using place = leftPlace()
      alter(place, sql)
      await refusedUnchanged(place, `(its ${part} is missing)`, way)
    })
  }

  it('says that the token in the folder is none', async () => {
    using place = leftPlace()
    writeFileSync(join(place.data, 'token'), '')
    assertRefused(
      await start(place, {}),
      'holds no token: remove it, and the next start makes a new',
    )
    assert.equal(messagesIn(place), 2)
    assert.equal(readFileSync(join(place.data, 'token'), 'utf8'), '')
  })

  it('takes an empty file for a new one', async () => {
    using place = leftPlace()
    rmSync(fileOf(place))
    writeFileSync(fileOf(place), '')
    await leaveMessages(place)
    assert.equal(messagesIn(place), 2)
  })
})

describe('a start that cannot listen', CONCURRENT, () => {
  const way = /: set HOST to an address of this machine and PORT to a free one above 1023\n$/
  let taken: Server
  let port = ''
  before(async () => {
    taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    port = String((taken.address() as AddressInfo).port)
  })
  after(() => taken.close())

  it('names the port that is taken, and gives up the file so that another start has it', async () => {
    using place = leftPlace()
    assertRefused(await start(place, { PORT: port }), `on 127.0.0.1:${port} already`, 'set PORT to')
    const left = Object.keys(filesIn(place.data))
    assert.deepEqual(left, ['rapid-fire.db', 'token'])
    assert.equal(messagesIn(place), 2)
    await using service = await Running.start(place, {})
    await service.say('79001234567', 'again')
  })

  it('leaves what is open on Redis, and no sign that its roles live', async () => {
    await using redis = await SeededRedis.start()
    await refused({ REDIS_URL: redis.server.url, PORT: port }, `on 127.0.0.1:${port} already`)
    const { open } = (await redis.redis.hgetall('rf:n')) as { open?: string }
    assert.equal(open, '2')
    assert.equal(await redis.redis.llen('rapid-fire:79001234567'), 1)
    assert.equal(await redis.redis.zcard('rf:roles'), 0)
  })

  for (const wrong of ['abc', '-1', '70000', '3000.5']) {
    it(`says what PORT may be instead of ${wrong}`, () =>
      refused({ PORT: wrong }, `PORT "${wrong}": whole port from 0 to 65535, for example 3000`))
  }

  for (const host of ['203.0.113.7', 'rapid-fire.invalid', 'fe80::1', 'none:of:these']) {
    it(`says that ${host} is not an address of this machine`, async () => {
      using place = leftPlace()
      const ended = await start(place, { HOST: host, VENOM_SECRET_KEY: SECRET })
      assertRefused(ended, `cannot listen on ${host}:0 (`, way)
      assert.deepEqual(Object.keys(filesIn(place.data)), ['rapid-fire.db', 'token'])
      assert.equal(messagesIn(place), 2)
    })
  }
})

describe('a start that would let strangers in', CONCURRENT, () => {
  const key = 'set VENOM_SECRET_KEY (for example from `openssl rand -hex 24`)'
  const cases: readonly [string, Env, ...string[]][] = [
    ['from other machines', { HOST: '0.0.0.0' }, 'HOST "0.0.0.0"', 'or HOST=127.0.0.1'],
    ['from other machines over IPv6', { HOST: '::' }, 'HOST "::"', 'or HOST=127.0.0.1'],
    ['in production', { NODE_ENV: 'production' }, 'NODE_ENV is production'],
    [
      'while replies leave the machine',
      { VENOM_SERVER_URL: 'http://127.0.0.1:9' },
      'VENOM_SERVER_URL sends replies to people',
      'or unset VENOM_SERVER_URL',
    ],
  ]
  for (const [name, env, ...says] of cases) {
    it(`${name} is refused before anything is made`, async () => {
      using place = new Place()
      assertRefused(await start(place, env), /^✗ no secret is set, but /, key, ...says)
      assert.ok(!existsSync(place.data))
    })
  }

  it('starts with a secret, also for other machines and in production', async () => {
    using place = new Place()
    const env = { HOST: '0.0.0.0', NODE_ENV: 'production', VENOM_SECRET_KEY: SECRET }
    await using service = await Running.start(place, env)
    assert.match(service.url, /^http:\/\/0\.0\.0\.0:\d+$/)
  })
})

it('in a terminal a refusal is the one line that a person sees', async () => {
  using place = new Place()
  writeFileSync(place.data, '')
  const env = { DATA_DIR: place.data, PORT: '0' }
  let out = ''
  let err = ''
  const code = await run(['start'], {
    ...processShell(),
    cwd: place.dir,
    env,
    stdout: { isTTY: true, write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  })
  assertRefused({ code, out, err }, 'a file is in its way')
})
