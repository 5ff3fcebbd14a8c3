/** The three roles under the real PM2, with the commands that its users type. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { audit, isClean } from '../outside/audit.ts'
import { call, PATHS, post } from '../outside/bridge.ts'
import { Sink } from '../outside/sink.ts'
import { Traffic } from '../outside/traffic.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { root } from '../support/source-tree.ts'
import { isAlive, Pm2 } from './pm2.ts'

const ECOSYSTEM = join(root, 'ecosystem.config.cjs')
const NAMES = ['ai-admin-api', 'ai-admin-batch-processor', 'ai-admin-worker-v2']
const SECRET = 'secret-of-those-who-run-pm2'
const PHONE = '79001234567'
const PARTS = ['Привет', 'можно', 'записаться', 'на стрижку', 'завтра?']

class Stage implements AsyncDisposable {
  readonly redis: RedisServer
  readonly sink: Sink
  readonly pm2: Pm2
  readonly url: string
  /** Of the API; the other two have the ports above it. */
  readonly metricsPort: number
  #heard = Promise.withResolvers<void>()

  private constructor(redis: RedisServer, sink: Sink, pm2: Pm2, url: string, metricsPort: number) {
    this.metricsPort = metricsPort
    this.redis = redis
    this.sink = sink
    this.pm2 = pm2
    this.url = url
    sink.onDelivery = () => {
      this.#heard.resolve()
      this.#heard = Promise.withResolvers()
      return true
    }
  }

  static async start(): Promise<Stage> {
    const redis = await RedisServer.start(['--appendonly', 'yes'])
    const port = await freePort()
    const sink = new Sink('/dev/null')
    await sink.start()
    const metricsPort = await threeFreePorts()
    const settings = {
      PORT: String(port),
      REDIS_URL: redis.url,
      VENOM_SECRET_KEY: SECRET,
      VENOM_SERVER_URL: sink.urlFor('worker'),
      BATCH_TIMEOUT: '500',
      PART_PAUSE_MIN: '0',
      PART_PAUSE_MAX: '0',
      SEND_PER_MINUTE: '0',
    }
    const pm2 = new Pm2(settings, { METRICS_PORT: String(metricsPort) })
    return new Stage(redis, sink, pm2, `http://127.0.0.1:${port}`, metricsPort)
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#heard.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pm2[Symbol.asyncDispose]()
    this.sink.stop()
    await this.redis.stop()
  }
}

/** The first of three in a row. */
async function threeFreePorts(): Promise<number> {
  const first = await freePort()
  const servers = [1, 2].map((n) => createServer().listen(first + n, '127.0.0.1'))
  const free = await Promise.allSettled(servers.map((server) => once(server, 'listening')))
  for (const server of servers) server.close()
  return free.every(({ status }) => status === 'fulfilled') ? first : threeFreePorts()
}

describe('the three roles under PM2', () => {
  it('take a burst, answer it once, lose nothing by a restart of each, and stop cleanly', async () => {
    const stage = await Stage.start()
    const { pm2, sink, url } = stage
    let pids: number[] = []
    let daemon = 0
    try {
      await pm2.run('start', ECOSYSTEM)
      daemon = pm2.daemonPid
      const started = await pm2.list()
      assert.deepEqual(
        started.map(({ name, pm2_env }) => [name, pm2_env.status, pm2_env.restart_time]),
        NAMES.map((name) => [name, 'online', 0]),
      )
      for (const { pm2_env } of started) {
        assert.equal(pm2_env.exec_interpreter, join(root, 'node_modules/node/bin/node'))
        assert.ok(pm2_env.kill_timeout > 10_000)
      }

      // `pm2 start` came back when all were ready: nobody has to come again.
      for (const [n, message] of PARTS.entries()) {
        const taken = await call(url, SECRET, PATHS.batched, {
          ...{ from: PHONE, message, messageId: `A${n}` },
        })
        assert.equal(taken?.body.addedCount, 1)
      }
      await stage.until(() => sink.deliveries.length > 0)
      const said = await pm2.shell(
        'pm2 logs ai-admin-batch-processor --nostream | grep "Processing batch"',
      )
      assert.ok(said.includes(`Processing batch for ${PHONE}`), said)
      assert.deepEqual(
        sink.deliveries.map(({ to, text }) => [to, text]),
        [[PHONE, PARTS.join(' ')]],
      )

      for (const n of NAMES.keys()) {
        const metrics = await fetch(`http://127.0.0.1:${stage.metricsPort + n}/metrics`)
        assert.match(await metrics.text(), /^rapid_fire_roles\{role="worker"\} 1$/m)
      }

      sink.deliveries.length = 0
      const traffic = new Traffic({
        urls: () => [url],
        secret: SECRET,
        people: 6,
        repeated: 0.1,
        ledgerPath: '/dev/null',
        random: seededRandom(1),
      })
      const enough = new AbortController()
      const writing = traffic.run(enough.signal)
      for (const name of NAMES) await pm2.run('restart', name)
      enough.abort()
      await writing
      traffic.stop()
      const verdict = () => audit(traffic.accepted, sink.deliveries, [])
      await stage.until(() => verdict().lost.length === 0)
      assert.ok(traffic.accepted.length > 20)
      assert.ok(isClean(verdict()), JSON.stringify(verdict()))

      const running = await pm2.list()
      assert.deepEqual(
        running.map(({ pm2_env }) => [pm2_env.status, pm2_env.restart_time]),
        NAMES.map(() => ['online', 1]),
      )
      pids = running.map(({ pid }) => pid)
      await pm2.run('stop', 'all')
      assert.deepEqual(
        (await pm2.list()).map(({ pm2_env }) => [pm2_env.status, pm2_env.exit_code]),
        NAMES.map(() => ['stopped', 0]),
      )
      assert.doesNotMatch(pm2.ownLog(), /SIGKILL/)
    } finally {
      await stage[Symbol.asyncDispose]()
    }
    assert.deepEqual([daemon, ...pids].filter(isAlive), [])
  })

  it('that start before their Redis are started again until it is there', async () => {
    await using stage = await Stage.start()
    await stage.redis.down()
    await stage.pm2.run('start', ECOSYSTEM)
    const before = await stage.pm2.list()
    assert.ok(before.every(({ pm2_env }) => pm2_env.status !== 'errored'))
    await stage.redis.up()
    const message = { from: PHONE, message: 'Привет', messageId: 'A1' }
    while (!(await post(stage.url, SECRET, message))) await wait(100)
    await stage.until(() => stage.sink.deliveries.length > 0)
    assert.deepEqual(
      stage.sink.deliveries.map(({ text }) => text),
      ['Привет'],
    )
  })
})
