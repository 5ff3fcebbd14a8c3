/**
 * Set-ups that are broken on purpose, each as somebody really breaks it: what it is, which findings
 * name its cause, and what has to be said of the cause and of the way out.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SendServer } from '../../src/bridges/send-server.ts'
import { Deadline } from '../../src/service.ts'
import { signatureOf } from '../support/api.ts'
import { freePort } from '../support/redis-server.ts'
import { type Env, UNSET, type Ward } from './ward.ts'

export interface SetUp {
  readonly name: string
  /** Of the findings that name the cause. */
  readonly codes: readonly string[]
  readonly cause: RegExp
  readonly wayOut: RegExp
  /** Breaks it; answers the settings that the doctor is started with. */
  readonly break: (ward: Ward) => Promise<Env>
}

const P = '79001234567'
const REDIS = 'redis://127.0.0.1'
const LIST = `rapid-fire:${P}`

/** A message that a service takes, as a bridge posts it. */
async function say(url: string | null, env: Env, text = 'Привет'): Promise<void> {
  const body = JSON.stringify({ from: P, message: text, messageId: text })
  const secret = env.VENOM_SECRET_KEY ?? ''
  const response = await fetch(`${url}/webhook/whatsapp/batched`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...signatureOf({ body, secret }) },
  })
  if (!response.ok) throw new Error(await response.text())
}

/** A batch that waits, and nobody at work beside it. */
async function left(ward: Ward, env: Env): Promise<void> {
  const service = await ward.service({ ...env, BATCH_TIMEOUT: '50000' })
  await say(service.url, ward.env())
  await service.stop()
}

/** A bridge of ours without a messenger. */
async function bridge(ward: Ward, apiKey: string, ok = true): Promise<string> {
  const wasSent = async () => ({ sent: false })
  const server = new SendServer({
    host: '127.0.0.1',
    port: 0,
    apiKey,
    routes: new Map([['/was-sent', wasSent]]),
    health: () => ({ ok }),
    tell: () => {},
  })
  const url = await server.start()
  ward.atEnd(() => server.stop(new Deadline(1000)))
  return url
}

const nobody = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`

export const SET_UPS: readonly SetUp[] = [
  {
    name: 'API and processor on two Redis',
    codes: ['role_elsewhere'],
    cause:
      /no processor is at work on redis .+, which the API of process \d+ on .+ uses; one is alive on redis/,
    wayOut: /give both the same REDIS_URL and restart them/,
    break: async (ward) => {
      const [one, two] = [await ward.redis(), await ward.redis()]
      await ward.service({ REDIS_URL: one.url }, ['api', 'worker'])
      await ward.service({ REDIS_URL: two.url }, ['processor'])
      ward.named.push(`redis 127.0.0.1:${one.port}/0`, `redis 127.0.0.1:${two.port}/0`)
      return { REDIS_URL: one.url }
    },
  },
  {
    name: 'API and processor on two databases of one Redis',
    codes: ['role_elsewhere'],
    cause: /one is alive on redis 127\.0\.0\.1:\d+\/1 \(.+\): the same server, another database/,
    wayOut: /give both the same REDIS_URL/,
    break: async (ward) => {
      const { url } = await ward.redis()
      await ward.service({ REDIS_URL: url }, ['api', 'worker'])
      await ward.service({ REDIS_URL: `${url}/1` }, ['processor'])
      return { REDIS_URL: url }
    },
  },
  {
    name: 'a worker with other settings',
    codes: ['settings_apart'],
    cause:
      /the worker of process \d+ on .+ has other settings than this API \(BATCH_TIMEOUT is 20000 there and 10000 here\)/,
    wayOut: /give all roles the same environment and restart them/,
    break: async (ward) => {
      const { url } = await ward.redis()
      await ward.service({ REDIS_URL: url }, ['api', 'processor'])
      await ward.service({ REDIS_URL: url, BATCH_TIMEOUT: '20000' }, ['worker'])
      return { REDIS_URL: url }
    },
  },
  {
    name: 'no worker, and jobs that wait for one',
    codes: ['role_missing', 'jobs_wait'],
    cause: /1 job waits on bullmq rapid-fire-messages, and no worker is at work/,
    wayOut: /rapid-fire start --role worker/,
    break: async (ward) => {
      const env = { REDIS_URL: (await ward.redis()).url, BATCH_TIMEOUT: '0' }
      const { url, log } = await ward.service(env, ['api', 'processor'])
      await say(url, ward.env())
      await log.until('batch.handedOver')
      return env
    },
  },
  {
    name: 'a Redis that evicts',
    codes: ['redis_evicts'],
    cause: /deletes data when its memory is full \(maxmemory-policy allkeys-lru\)/,
    wayOut: /set maxmemory-policy noeviction there/,
    break: async (ward) => ({
      REDIS_URL: (await ward.redis('--maxmemory-policy', 'allkeys-lru')).url,
    }),
  },
  {
    name: 'a Redis that keeps nothing',
    codes: ['redis_keeps_nothing'],
    cause: /writes nothing to its disk \(appendonly no, no save\): a restart loses all/,
    wayOut: /set appendonly yes there/,
    break: async (ward) => ({ REDIS_URL: (await ward.redis('--appendonly', 'no')).url }),
  },
  {
    name: 'a Redis that nearly is full',
    codes: ['redis_memory_nearly_full'],
    cause: /uses \d+ % of its maxmemory: when it is full, it takes no more messages/,
    wayOut: /raise maxmemory there/,
    break: async (ward) => {
      const server = await ward.redis()
      const client = server.client()
      ward.atEnd(() => client.disconnect())
      // Made over there: what would bring it along would be counted with it, and gone a moment later.
      await client.setrange('of somebody else', 64_000_000, 'x')
      // Nearly, and with room for the buffers of who looks.
      const used = /used_memory:(\d+)/.exec(await client.info('memory'))?.[1]
      await client.config('SET', 'maxmemory', String(Math.round(Number(used) * 1.07)))
      return { REDIS_URL: server.url }
    },
  },
  {
    name: 'Redis away, with no service at work',
    codes: ['store_unreachable'],
    cause: /redis 127\.0\.0\.1:\d+\/0 cannot be reached \(connect ECONNREFUSED/,
    wayOut: /start it, or correct REDIS_URL/,
    break: async () => ({ REDIS_URL: `${REDIS}:${await freePort()}` }),
  },
  {
    name: 'Redis away under a running service',
    codes: ['service_not_ready', 'store_away'],
    cause: /the service is not ready: the store is away: redis 127\.0\.0\.1:\d+\/0 does not answer/,
    wayOut: /bring it back and run this again/,
    break: async (ward) => {
      const server = await ward.redis()
      const env = { REDIS_URL: server.url }
      const { log } = await ward.service(env)
      await server.down()
      await log.until('store.away')
      return env
    },
  },
  {
    name: 'messages that wait in the spool, and nobody to bring them in',
    codes: ['store_unreachable', 'spool_waits'],
    cause: /2 messages wait in .+\/spool, since the store did not take them/,
    wayOut: /bring the store back and run an API on this DATA_DIR/,
    break: async (ward) => {
      const server = await ward.redis()
      const env = { REDIS_URL: server.url }
      const service = await ward.service(env, ['api', 'worker'])
      await server.down()
      await service.log.until('store.away')
      await say(service.url, ward.env(), 'раз')
      await say(service.url, ward.env(), 'два')
      await service.stop()
      return env
    },
  },
  {
    name: 'a wrong password of Redis',
    codes: ['store_auth'],
    cause: /refuses the user or password/,
    wayOut: /check REDIS_URL and REDIS_PASSWORD/,
    break: async (ward) => {
      const { port } = await ward.redis('--requirepass', 'the-right-one')
      return { REDIS_URL: `redis://:the-wrong-one@127.0.0.1:${port}` }
    },
  },
  {
    name: 'a list that somebody gave a TTL',
    codes: ['expires'],
    cause: /79001234567 \(default, whatsapp\): unanswered messages that would expire/,
    wayOut: /rapid-fire doctor --repair/,
    break: async (ward) => {
      const server = await ward.redis()
      await left(ward, { REDIS_URL: server.url })
      const client = server.client()
      ward.atEnd(() => client.disconnect())
      await client.expire(LIST, 3600)
      return { REDIS_URL: server.url }
    },
  },
  {
    name: 'a list of the original, which no deadline knows',
    codes: ['list_without_deadline'],
    cause: /messages wait, and nobody knows how long/,
    wayOut: /rapid-fire doctor --repair/,
    break: async (ward) => {
      const server = await ward.redis()
      const client = server.client()
      ward.atEnd(() => client.disconnect())
      await client.rpush(LIST, JSON.stringify({ message: 'Привет' }))
      return { REDIS_URL: server.url }
    },
  },
  {
    name: 'an open batch whose list somebody deleted',
    codes: ['batch_without_list'],
    cause: /79001234567 \(default, whatsapp\): an open batch whose messages are gone/,
    wayOut: /rapid-fire doctor --repair/,
    break: async (ward) => {
      const server = await ward.redis()
      await left(ward, { REDIS_URL: server.url })
      const client = server.client()
      ward.atEnd(() => client.disconnect())
      await client.del(LIST)
      return { REDIS_URL: server.url }
    },
  },
  {
    name: 'a backend that nobody listens on',
    codes: ['responder_unreachable'],
    cause:
      /the backend at http:\/\/127\.0\.0\.1:\d+ cannot be reached \(connect ECONNREFUSED .+\): nobody is answered/,
    wayOut: /start it, or correct RESPONDER_URL/,
    break: async () => ({ RESPONDER: 'http', RESPONDER_URL: `${await nobody()}/bot?key=x` }),
  },
  {
    name: 'an AI that refuses the key',
    codes: ['responder_key_refused'],
    cause: /the AI \(openai-compatible\) at http:\/\/127\.0\.0\.1:\d+ refuses our key/,
    wayOut: /set the right AI_API_KEY/,
    break: async (ward) => {
      const url = await ward.http((request, response) => {
        const isRight = request.headers.authorization === 'Bearer the-right-one'
        response.writeHead(request.url !== '/v1/models' ? 404 : isRight ? 200 : 401).end('{}')
      })
      const ai = { AI_BASE_URL: `${url}/v1`, AI_MODEL: 'small', AI_API_KEY: 'the-wrong-one' }
      return { RESPONDER: 'ai', ...ai }
    },
  },
  {
    name: 'a module that is not there',
    codes: ['responder_file_missing'],
    cause: /RESPONDER_MODULE \.\/bot\.ts cannot be read: nobody is answered/,
    wayOut: /put the file there, or correct RESPONDER_MODULE/,
    break: async () => ({ RESPONDER: 'module', RESPONDER_MODULE: './bot.ts' }),
  },
  {
    name: 'a bridge that nobody listens on',
    codes: ['channel_unreachable'],
    cause: /venom at http:\/\/127\.0\.0\.1:\d+ cannot be reached \(.+\): no reply leaves by it/,
    wayOut: /start it, or correct its address: VENOM_SERVER_URL/,
    break: async () => ({ VENOM_SERVER_URL: await nobody() }),
  },
  {
    name: 'a bridge with another key',
    codes: ['channel_key_refused'],
    cause:
      /venom at http:\/\/127\.0\.0\.1:\d+ refuses our key \(401\): replies wait for the right one/,
    wayOut: /set the right key and start again: VENOM_API_KEY, the same on both sides/,
    break: async (ward) => ({
      VENOM_SERVER_URL: await bridge(ward, 'key-of-the-bridge-1207'),
      VENOM_API_KEY: 'key-of-somebody-else-9931',
    }),
  },
  {
    name: 'a bridge whose messenger is gone',
    codes: ['channel_not_ready'],
    cause: /venom at http:\/\/127\.0\.0\.1:\d+ answers 503: it is there and cannot send now/,
    wayOut: /its account has to be connected again/,
    break: async (ward) => ({
      VENOM_SERVER_URL: await bridge(ward, 'key-of-the-bridge-1207', false),
      VENOM_API_KEY: 'key-of-the-bridge-1207',
    }),
  },
  {
    name: 'a bot of Telegram with another token',
    codes: ['channel_key_refused'],
    cause: /telegram at http:\/\/127\.0\.0\.1:\d+ refuses our key \(401\)/,
    wayOut: /set the right key and start again/,
    break: async (ward) => ({
      TELEGRAM_URL: await ward.http((_request, response) => {
        response.writeHead(401).end('{"ok":false}')
      }),
      TELEGRAM_TOKEN: '123456:of-another-bot',
      TELEGRAM_SECRET_TOKEN: '4b1e7c90aa52d3f86e01',
    }),
  },
  {
    name: 'a clock that is an hour apart',
    codes: ['clock_apart'],
    cause: /the clock of waha at http:\/\/127\.0\.0\.1:\d+ is 3\d\d\d s ahead of that of this host/,
    wayOut: /have both follow the same time \(NTP\)/,
    break: async (ward) => ({
      WAHA_URL: await ward.http((_request, response) => {
        response.sendDate = false
        const date = new Date(Date.now() + 3_600_000).toUTCString()
        response.writeHead(200, { date }).end('{}')
      }),
      WAHA_HMAC_KEY: '4b1e7c90aa52d3f86e01',
    }),
  },
  {
    name: 'no secret, and a bridge that sends to people',
    codes: ['secret_missing'],
    cause: /no secret is set, but VENOM_SERVER_URL sends replies to people/,
    wayOut: /set VENOM_SECRET_KEY/,
    break: async (ward) => ({
      VENOM_SERVER_URL: await bridge(ward, 'key-of-the-bridge-1207'),
      VENOM_API_KEY: 'key-of-the-bridge-1207',
      VENOM_SECRET_KEY: UNSET,
    }),
  },
  {
    name: 'secrets that are known, short, or given away',
    codes: ['secret_known', 'secret_short', 'secret_given_out'],
    cause:
      /VENOM_SECRET_KEY is a word that anybody would try[\s\S]+RESPONDER_SECRET has 5 characters and can be guessed[\s\S]+BAILEYS_API_KEY lets callers in, and as BAILEYS_SEND_KEY it is given to the other side/,
    wayOut: /use two: `openssl rand -hex 24` makes a new one/,
    break: async () => ({
      VENOM_SECRET_KEY: 'change-me-change-me',
      RESPONDER_SECRET: 'h7Gq2',
      BAILEYS_API_KEY: '4b1e7c90aa52d3f86e01',
      BAILEYS_SEND_KEY: '4b1e7c90aa52d3f86e01',
    }),
  },
  {
    name: 'a DATA_DIR that cannot be written',
    codes: ['data_dir_unwritable'],
    cause: /DATA_DIR .+\/a-file\/data cannot be written \(.+ is no folder\)/,
    wayOut: /give the user of the service the folder, or name another with DATA_DIR/,
    break: async (ward) => {
      const file = join(ward.dir, 'a-file')
      writeFileSync(file, '')
      return { DATA_DIR: join(file, 'data') }
    },
  },
  {
    name: 'a command with the environment of nobody',
    codes: ['command_store_differs'],
    cause:
      /the service of this DATA_DIR uses redis 127\.0\.0\.1:\d+\/0, and the settings of this command name redis 127\.0\.0\.1:\d+\/3/,
    wayOut: /run commands with the environment of the service/,
    break: async (ward) => {
      const { url } = await ward.redis()
      await ward.service({ REDIS_URL: url })
      return { REDIS_URL: `${url}/3` }
    },
  },
  {
    name: 'a service that hangs',
    codes: ['service_silent'],
    cause:
      /process \d+ is the service of this DATA_DIR, and http:\/\/127\.0\.0\.1:\d+ does not answer/,
    wayOut: /see its log, and restart it/,
    break: async (ward) => {
      const { DATA_DIR = '' } = ward.env()
      mkdirSync(DATA_DIR)
      const address = { url: await nobody(), pid: process.pid, startedAt: 'x' }
      writeFileSync(join(DATA_DIR, 'service.json'), JSON.stringify(address))
      return {}
    },
  },
]
