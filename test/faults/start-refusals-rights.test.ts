/**
 * A Redis user without one of the rights of docs/operating.md: refused at start, not by the first
 * message that needs the right, and with nothing changed.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { Events } from '../../src/observability/events/events.ts'
import { Deadline } from '../../src/service.ts'
import { createStore } from '../../src/store-choice.ts'
import { type Env, inParallel, Place, refused, SECRET, start } from '../support/refused-start.ts'
import { SeededRedis } from '../support/seeded-redis.ts'
import { root } from '../support/source-tree.ts'

const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')
const RULES = (/^user \S+ on >\S+ (.+)$/m.exec(page)?.[1] ?? '').split(' ')
const COMMANDS = RULES.filter((rule) => rule.startsWith('+'))
const KEYS = RULES.filter((rule) => rule.startsWith('~'))
const CHANNELS = RULES.filter((rule) => rule.startsWith('&'))
/** Nobody can be refused `quit`, and without `config|get` only less is known. */
const NOT_MISSED = ['+quit', '+config|get']
const NEEDED = COMMANDS.filter((rule) => !NOT_MISSED.includes(rule) && rule !== '+info')

describe('a start with a Redis user who lacks', () => {
  let redis: SeededRedis
  let users = 0

  before(async () => {
    redis = await SeededRedis.start()
  })
  after(() => redis[Symbol.asyncDispose]())

  async function envOf(rules: readonly string[]): Promise<Env> {
    users += 1
    const name = `user-${users}`
    await redis.redis.call('ACL', 'SETUSER', name, 'on', `>${SECRET}`, ...rules)
    return { REDIS_URL: `redis://${name}:${SECRET}@127.0.0.1:${redis.server.port}/1` }
  }

  async function refusedTo(rules: readonly string[], ...says: (RegExp | string)[]): Promise<void> {
    const sentence = /^✗ redis 127\.0\.0\.1:\d+\/1 lacks .*: see docs\/operating\.md for the ACL\n$/
    await refused(await envOf(rules), sentence, ...says)
  }

  /** The store as a start opens it, without the process around it. */
  async function opened(env: Env): Promise<void> {
    const { settings } = await loadSettings({ cwd: root, env })
    const store = createStore(settings, new Events())
    await store.start()
    await store.stop(new Deadline(1000))
  }

  it('fault 27: any one command that is documented is refused, and the command is named', async () => {
    assert.ok(NEEDED.length > 50)
    await redis.unchangedBy(() =>
      inParallel(NEEDED, 4, async (command) => {
        const env = await envOf(RULES.filter((rule) => rule !== command))
        const named = new RegExp(`\\(${command.slice(1).replace('|', ' ')}( rf:wake:1)?\\)`)
        await assert.rejects(opened(env), { code: 'store_rights', message: named })
      }),
    )
  })

  it('fault 27: what a start then says is that sentence', () =>
    redis.unchangedBy(() =>
      refusedTo(
        RULES.filter((rule) => rule !== '+zadd'),
        '(zadd)',
      ),
    ))

  it('the look at the server is refused, after a remark of the client', async () => {
    using place = new Place()
    const env = await envOf(RULES.filter((rule) => rule !== '+info'))
    await redis.unchangedBy(async () => {
      const { code, out, err } = await start(place, env)
      assert.deepEqual([code, out], [1, ''])
      assert.match(err, /^Skipping the ready check [^\n]+\n✗ [^\n]+ lacks [^\n]+ \(info\)[^\n]+\n$/)
      assert.ok(!err.includes(SECRET))
    })
  })

  it('the keys of one kind, to read them, to write them or at all, is refused', async () => {
    assert.equal(KEYS.length, 4)
    const lesser = KEYS.flatMap((keys) => [
      { keys, instead: [] },
      { keys, instead: [`%R${keys}`] },
      { keys, instead: [`%W${keys}`] },
    ])
    await redis.unchangedBy(() =>
      inParallel(lesser, 4, ({ keys, instead }) =>
        refusedTo(
          [...RULES.filter((rule) => rule !== keys), ...instead],
          `(keys ${keys.slice(1)})`,
        ),
      ),
    )
  })

  it('the channel of the wake-up is refused', async () => {
    assert.equal(CHANNELS.length, 1)
    await redis.unchangedBy(() =>
      refusedTo(
        RULES.filter((rule) => !CHANNELS.includes(rule)),
        '(publish rf:wake:1, subscribe rf:wake:1)',
      ),
    )
  })

  it('nearly everything is refused, and the sentence stays short', async () => {
    await redis.unchangedBy(() =>
      refusedTo(
        RULES.filter(
          (rule) => !COMMANDS.includes(rule) || /^\+(info|select|evalsha|eval)$/.test(rule),
        ),
        /\(bzpopmin, del, .* and \d+ more\)/,
      ),
    )
  })

  it('what no user can lack is still not asked for', async () => {
    await redis.redis.call('ACL', 'SETUSER', 'nobody', 'on', 'nopass')
    assert.equal(await redis.redis.call('ACL', 'DRYRUN', 'nobody', 'quit'), 'OK')
    assert.deepEqual(
      NOT_MISSED.filter((rule) => !RULES.includes(rule)),
      [],
    )
  })
})
