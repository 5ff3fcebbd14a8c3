import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { type OutgoingHttpHeaders, request } from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { Listener } from '../../test/forward/listener.ts'
import { type ApiOptions, type RunningApi, startApi } from '../../test/support/api.ts'
import { TestClock } from '../../test/support/clock.ts'
import { fromElement } from '../batching/element.ts'
import type { ConversationKey } from '../message.ts'

const SECRET = 'a-secret-of-the-provider'
const P = '79001234567'
const WAHA_PERSON = `${P}@c.us`
const keyOn = (channel: string) => `default:${channel}:${P}` as ConversationKey

interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

class House implements AsyncDisposable {
  readonly api: RunningApi
  readonly bot: Listener

  private constructor(api: RunningApi, bot: Listener) {
    this.api = api
    this.bot = bot
  }

  static async start({ env, ...more }: ApiOptions = {}): Promise<House> {
    const bot = await Listener.open('/hooks/in?shop=7')
    const api = await startApi({
      env: {
        RESPONDER: 'forward',
        RESPONDER_URL: bot.url,
        META_APP_SECRET: SECRET,
        WAHA_HMAC_KEY: SECRET,
        TWILIO_AUTH_TOKEN: SECRET,
        EVOLUTION_JWT_KEY: SECRET,
        ...env,
      },
      ...more,
    })
    return new House(api, bot)
  }

  /** By hand, since `fetch` decides about some headers itself. */
  post(path: string, body: string, headers: OutgoingHttpHeaders): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const call = request(this.api.url + path, { method: 'POST', headers }, async (response) => {
        let text = ''
        for await (const chunk of response.setEncoding('utf8')) text += chunk
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
      call.on('error', reject)
      call.end(body)
    })
  }

  meta(body: string, more: OutgoingHttpHeaders = {}): Promise<Answered> {
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': metaProof(body) }
    return this.post('/webhook/meta', body, { ...headers, ...more })
  }

  waha(event: string, payload: object): Promise<Answered> {
    const me = { id: '74950000001@c.us' }
    const body = JSON.stringify({ id: 'evt_1', event, session: 'default', me, payload })
    const proof = createHmac('sha512', SECRET).update(body).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-webhook-hmac': proof }
    return this.post('/webhook/waha', body, headers)
  }

  async texts(key: ConversationKey): Promise<string[]> {
    const { payloads } = await this.api.store.conversation(key)
    const who = { tenant: 'default', channel: 'x', peer: P }
    return payloads.flatMap((payload) => fromElement(payload, who)?.text ?? [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api[Symbol.asyncDispose]()
    await this.bot[Symbol.asyncDispose]()
  }
}

const metaProof = (body: string | Buffer): string =>
  `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`

const metaCall = (value: object): string => {
  const whole = { messaging_product: 'whatsapp', metadata: { phone_number_id: '106' }, ...value }
  const changes = [{ field: 'messages', value: whole }]
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '102', changes }] })
}
const contacts = [{ profile: { name: 'Анна' }, wa_id: P }]
const status = { id: 'wamid.out', status: 'delivered', timestamp: '1768467600', recipient_id: P }
const text = (id: string, body: string) => ({ from: P, id, type: 'text', text: { body } })
const edit = (id: string, of: string, body: string) => {
  const message = { type: 'text', text: { body } }
  return { from: P, id, type: 'edit', edit: { original_message_id: of, message } }
}
const reaction = { from: P, id: 'r1', type: 'reaction', reaction: { message_id: 'x', emoji: '👍' } }

describe('what is passed on', () => {
  it('comes as it was sent, byte for byte, without what belongs to one connection', async () => {
    await using house = await House.start()
    const body = `${metaCall({ statuses: [status], note: 'Москва' }).replace(/М/, '\\u041c')} \r\n`
    const { status: answered } = await house.meta(body, {
      'user-agent': 'facebookexternalua',
      'x-forwarded-for': '31.13.84.1',
      'proxy-authorization': 'Basic AAAA',
      te: 'trailers',
      connection: 'close, X-Hop',
      'x-hop': '1',
    })
    assert.equal(answered, 200)
    const [call, ...more] = house.bot.calls
    assert.ok(call)
    assert.equal(more.length, 0)
    assert.deepEqual(call.rawBody, Buffer.from(body))
    assert.equal(call.url, '/hooks/in?shop=7')
    const { headers } = call
    assert.equal(headers['x-hub-signature-256'], metaProof(body))
    assert.equal(headers['user-agent'], 'facebookexternalua')
    assert.equal(headers['x-forwarded-for'], '31.13.84.1')
    assert.equal(headers['content-type'], 'application/json')
    for (const name of ['proxy-authorization', 'te', 'x-hop', 'x-rapid-fire-message-ids']) {
      assert.equal(headers[name], undefined, name)
    }
    assert.equal(`http://${headers.host}/hooks/in?shop=7`, house.bot.url)
  })

  it('of a call that also brought messages is the rest, signed anew', async () => {
    await using house = await House.start()
    const { status: answered } = await house.meta(
      metaCall({ contacts, messages: [text('m1', 'Привет')], statuses: [status] }),
    )
    assert.equal(answered, 200)
    const [call, ...more] = house.bot.calls
    assert.ok(call)
    assert.equal(more.length, 0)
    assert.equal(call.rawBody.toString(), metaCall({ statuses: [status] }))
    assert.equal(call.headers['x-hub-signature-256'], metaProof(call.rawBody))
    assert.deepEqual(await house.texts(keyOn('meta')), ['Привет'])
  })

  it('of such a call are also an edit and a reaction, which stand among the messages', async () => {
    await using house = await House.start()
    const late = edit('e1', 'before-the-bot', 'завтра')
    await house.meta(metaCall({ contacts, messages: [late, text('m1', 'Привет'), reaction] }))
    assert.deepEqual(
      house.bot.calls.map(({ rawBody }) => JSON.parse(rawBody.toString())),
      [late, reaction].map((one) => JSON.parse(metaCall({ contacts, messages: [one] }))),
    )
    for (const { rawBody, headers } of house.bot.calls) {
      assert.equal(headers['x-hub-signature-256'], metaProof(rawBody))
    }
    assert.deepEqual(await house.texts(keyOn('meta')), ['Привет'])
  })

  it('bears the token that it came with', async () => {
    await using house = await House.start()
    const jwt = [
      { alg: 'HS256', typ: 'JWT' },
      { exp: Math.floor(Date.now() / 1000) + 60, app: 'evolution', action: 'webhook' },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    const proof = createHmac('sha256', SECRET).update(jwt.join('.')).digest('base64url')
    const authorization = `Bearer ${jwt.join('.')}.${proof}`
    const body = '{"event":"connection.update", "instance":"salon", "data":{"state":"open"}}'
    const headers = { 'content-type': 'application/json', authorization }
    assert.equal((await house.post('/webhook/evolution', body, headers)).status, 200)
    assert.equal(house.bot.calls[0]?.headers.authorization, authorization)
    assert.equal(house.bot.calls[0]?.rawBody.toString(), body)
  })

  for (const setting of ['', 'https://salon.example/webhook/twilio']) {
    it(`is signed for the address of the bot where the proof is of ${setting || 'ours'}`, async () => {
      await using house = await House.start({ env: { TWILIO_WEBHOOK_URL: setting } })
      const form = { MessageSid: 'SM1', MessageStatus: 'delivered', From: 'whatsapp:+1', To: P }
      const pairs = Object.entries(form).sort().flat().join('')
      const proofAt = (url: string) =>
        createHmac('sha1', SECRET).update(`${url}${pairs}`).digest('base64')
      const body = new URLSearchParams(form).toString()
      const { status: answered } = await house.post('/webhook/twilio', body, {
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'x-twilio-signature': proofAt(setting || `${house.api.url}/webhook/twilio`),
      })
      assert.equal(answered, 200)
      const [call] = house.bot.calls
      assert.equal(call?.rawBody.toString(), body)
      assert.equal(call.headers['x-twilio-signature'], proofAt(house.bot.url))
    })
  }

  it('of a bridge that signs the path is signed for the path of the bot', async () => {
    await using house = await House.start({ env: { VENOM_SECRET_KEY: SECRET } })
    const signed = (path: string, at: unknown, body: string) =>
      createHmac('sha256', SECRET).update(`POST:${path}:${at}:${body}`).digest('hex')
    const body = '{"event":"onStateChange", "data":"CONNECTED"}'
    const now = Date.now()
    const { status: answered, text: why } = await house.post('/webhook/venom', body, {
      'content-type': 'application/json',
      'x-timestamp': String(now),
      'x-signature': signed('/webhook/venom', now, body),
    })
    assert.equal(answered, 200, why)
    const [call] = house.bot.calls
    assert.equal(call?.rawBody.toString(), body)
    const { 'x-timestamp': at, 'x-signature': shown } = call.headers
    assert.equal(shown, signed('/hooks/in?shop=7', at, body))
  })

  it('goes with the name and password of RESPONDER_URL', async () => {
    await using bot = await Listener.open('/in')
    const RESPONDER_URL = bot.url.replace('//', '//anna:pass@')
    await using house = await House.start({ env: { RESPONDER_URL } })
    await house.meta(metaCall({ statuses: [status] }))
    assert.equal(bot.calls[0]?.headers.authorization, 'Basic YW5uYTpwYXNz')
  })

  it('is nothing where we answer ourselves', async () => {
    await using house = await House.start({ env: { RESPONDER: 'echo' } })
    assert.equal((await house.meta(metaCall({ statuses: [status] }))).status, 200)
    assert.equal(house.bot.calls.length, 0)
  })
})

describe('a bot that does not take calls', () => {
  const refuse = (bot: Listener, status: number): void => {
    bot.onCall = () => status
  }
  const ways: [string, (bot: Listener) => unknown, (bot: Listener) => unknown][] = [
    ['answers 500', (bot) => refuse(bot, 500), (bot) => refuse(bot, 200)],
    ['is not there', (bot) => bot.down(), (bot) => bot.up()],
  ]
  for (const [name, leave, back] of ways) {
    it(`and ${name} is told to the provider, whose repeat arrives`, async () => {
      await using house = await House.start()
      await leave(house.bot)
      const body = metaCall({ contacts, messages: [text('m1', 'Привет')], statuses: [status] })
      const refused = await house.meta(body)
      assert.equal(refused.status, 503)
      assert.equal(refused.headers['retry-after'], '2')
      assert.equal(JSON.parse(refused.text).code, 'backend_away')
      assert.doesNotMatch(refused.text, /127\.0\.0\.1|hooks/)
      assert.equal(house.api.seen.filter((event) => event === 'passOn.failed').length, 1)
      // What was taken stays taken.
      assert.deepEqual(await house.texts(keyOn('meta')), ['Привет'])
      await back(house.bot)
      house.bot.calls.length = 0
      assert.equal((await house.meta(body)).status, 200)
      assert.equal(house.bot.calls.length, 1)
      assert.deepEqual(await house.texts(keyOn('meta')), ['Привет'])
    })
  }

  it('is in no way of a message alone', async () => {
    await using house = await House.start()
    await house.bot.down()
    const answered = await house.meta(metaCall({ contacts, messages: [text('m1', 'Привет')] }))
    assert.equal(answered.status, 200)
  })

  it('may take longer than a store, up to SEND_TIMEOUT', async () => {
    // The one thing here that is about time: the bot is slow, whoever waits for it does so by promises.
    await using slow = await House.start({ limits: { storeMs: 500 } })
    slow.bot.onCall = () => wait(700, 200)
    assert.equal((await slow.meta(metaCall({ statuses: [status] }))).status, 200)
    await using late = await House.start({ env: { SEND_TIMEOUT: '100' } })
    const ended = Promise.withResolvers<number>()
    late.bot.onCall = () => ended.promise
    const { status: refused, text: why } = await late.meta(metaCall({ statuses: [status] }))
    ended.resolve(200)
    assert.deepEqual([refused, JSON.parse(why).code], [503, 'backend_away'])
  })
})

describe('in a drop-in', () => {
  it('an edit of what nobody has seen changes it, and the bot is not told', async () => {
    await using house = await House.start()
    await house.meta(metaCall({ contacts, messages: [text('m1', 'в 14:00')] }))
    await house.meta(metaCall({ contacts, messages: [edit('e1', 'm1', 'в 15:00')] }))
    assert.deepEqual(await house.texts(keyOn('meta')), ['в 15:00'])
    assert.equal(house.bot.calls.length, 0)
  })

  it('an edit of anything else is passed on as it came, and makes no turn', async () => {
    await using house = await House.start()
    const before = await house.api.trace()
    const body = metaCall({ contacts, messages: [edit('e1', 'long-ago', 'в 15:00')] })
    assert.equal((await house.meta(body)).status, 200)
    assert.equal(house.bot.calls[0]?.rawBody.toString(), body)
    assert.deepEqual(await house.api.trace(), before)
  })

  it('who types is waited for, and the bot is told at once', async () => {
    const clock = new TestClock()
    await using house = await House.start({ clock: clock.now, env: { BATCH_TIMEOUT: '5000' } })
    const dueAt = async () =>
      (await house.api.store.pending({ offset: 0, limit: 1 })).batches[0]?.dueAt
    await house.waha('message', { id: 'false_1', from: WAHA_PERSON, body: 'Привет' })
    assert.equal(await dueAt(), clock.now() + 5000)
    clock.advance(4000)
    const presences = [{ participant: WAHA_PERSON, lastKnownPresence: 'typing' }]
    const { status: answered } = await house.waha('presence.update', { id: WAHA_PERSON, presences })
    assert.equal(answered, 200)
    assert.equal(await dueAt(), clock.now() + 5000)
    assert.match(house.bot.calls[0]?.rawBody.toString() ?? '', /"presence\.update"/)
    assert.equal(house.bot.calls.length, 1)
  })

  const ours = { id: `true_${WAHA_PERSON}_1`, fromMe: true, from: WAHA_PERSON, body: 'Да, в 14:00' }

  it('nothing that is ours becomes a human', async () => {
    await using house = await House.start()
    await house.waha('message.any', ours)
    assert.equal(house.bot.calls.length, 1)
    assert.equal((await house.api.store.conversation(keyOn('waha'))).hold, null)
    assert.deepEqual(await house.api.store.history(keyOn('waha')), [])
  })

  it('else it would', async () => {
    await using house = await House.start({ env: { RESPONDER: 'echo' } })
    await house.waha('message.any', ours)
    assert.notEqual((await house.api.store.conversation(keyOn('waha'))).hold, null)
  })
})
