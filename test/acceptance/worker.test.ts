/** Acceptance: worker, replies and reactions. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { ENGINES, type Engine, House, stopSharedRedis } from '../support/house.ts'

interface Call {
  readonly at: number
  readonly path: string
  readonly partId: string
  readonly body: Readonly<Record<string, string>>
}

/** A bridge and a backend at the far ends, which do what the case says. */
class Far implements AsyncDisposable {
  readonly calls: Call[] = []
  answer: (call: Call, response: ServerResponse) => void = (_, response) => void response.end('{}')
  readonly #server: Server
  #told = Promise.withResolvers<void>()

  constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const call = {
      at: performance.now(),
      path: request.url ?? '',
      partId: String(request.headers['idempotency-key'] ?? ''),
      body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>,
    }
    this.calls.push(call)
    this.answer(call, response)
    this.#told.resolve()
    this.#told = Promise.withResolvers()
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async until(count: number): Promise<void> {
    while (this.calls.length < count) await this.#told.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

describe('acceptance: worker', () => {
  after(stopSharedRedis)
  let bridge: Far
  let backend: Far
  let house: House | null = null
  beforeEach(() => {
    bridge = new Far()
    backend = new Far()
    backend.answer = (_, response) => void response.end('Хорошо')
  })
  afterEach(async () => {
    await house?.[Symbol.asyncDispose]()
    house = null
    await bridge[Symbol.asyncDispose]()
    await backend[Symbol.asyncDispose]()
  })

  async function open(engine: Engine, env: Record<string, string> = {}): Promise<House> {
    house = await House.start({
      engine,
      realTime: true,
      env: {
        BATCH_TIMEOUT: '0',
        SEND_PER_MINUTE: '0',
        VENOM_SERVER_URL: await bridge.start(),
        RESPONDER: 'http',
        RESPONDER_URL: await backend.start(),
        QUEUE_RETRY_DELAY: '20',
        ...env,
      },
    })
    return house
  }
  const text = (answer: string) => (_: Call, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(answer)
  }
  const sent = (): (string | undefined)[] => bridge.calls.map(({ body }) => body.message)

  for (const engine of ENGINES) {
    it(`case 52 (${engine}): three paragraphs are three sends in order, half a second apart; no thought leaves`, async () => {
      backend.answer = text('Раз.\n\n[THINK]тайна[/THINK]Два.\n\nТри.')
      const { events } = await open(engine, { PART_PAUSE_MIN: '500', PART_PAUSE_MAX: '500' })
      await house?.say('Привет')
      await events.until('turn.answered')
      assert.deepEqual(sent(), ['Раз.', 'Два.', 'Три.'])
      const gaps = bridge.calls.slice(1).map(({ at }, i) => at - (bridge.calls[i]?.at ?? 0))
      // The upper end is the machine's: it only has to be a pause, and never a short one.
      assert.ok(
        gaps.every((ms) => ms >= 400),
        String(gaps),
      )
    })

    it(`case 53 (${engine}): a plain thank-you gets a heart, and nobody is asked; more than thanks is answered`, async () => {
      const { events } = await open(engine, { THANKS_REACTION: '❤️' })
      await house?.say('Спасибо!', { messageId: 'm-1' })
      await events.until('turn.answered')
      assert.deepEqual(
        bridge.calls.map(({ path, body }) => [path, body.emoji, body.messageId]),
        [['/send-reaction', '❤️', 'm-1']],
      )
      assert.equal(backend.calls.length, 0)
      const asked = [
        'на 18:00 спасибо',
        'what type of cut',
        'А предоплату вносить не нужно? Запишите на 18:00',
        'Мне достаточно просто подровнять бороду завтра в 5',
      ]
      for (const [n, message] of asked.entries()) {
        await house?.say(message)
        await events.until('turn.answered', n + 2)
      }
      assert.deepEqual(
        backend.calls.map(({ body }) => body.text),
        asked,
      )
      assert.deepEqual(
        sent().slice(1),
        asked.map(() => 'Хорошо'),
      )
    })

    it(`case 53 (${engine}): a bridge without reactions gets the heart as a text`, async () => {
      bridge.answer = ({ path }, response) => {
        response.writeHead(path === '/send-reaction' ? 404 : 200).end('{}')
      }
      const { events } = await open(engine, { THANKS_REACTION: '❤️' })
      await house?.say('Спасибо!')
      await events.until('turn.answered')
      assert.deepEqual(sent(), [undefined, '❤️'])
    })

    it(`case 54 (${engine}): an answer that fails twice comes once, parts are not repeated, nobody says sorry`, async () => {
      backend.answer = (call, response) => {
        if (backend.calls.length < 2) response.writeHead(503).end()
        else text('Раз.\n\nДва.')(call, response)
      }
      bridge.answer = (_, response) =>
        void response.writeHead(bridge.calls.length === 2 ? 500 : 200).end()
      const { events } = await open(engine, { FALLBACK_REPLY: 'Простите', ...NO_PAUSE })
      await house?.say('Привет')
      await events.until('turn.answered')
      assert.deepEqual(sent(), ['Раз.', 'Два.', 'Два.'])
      assert.equal(new Set(bridge.calls.map(({ partId }) => partId)).size, 2)
      assert.equal(events.all('turn.retrying').length, 2)
    })

    it(`case 54 (${engine}): after the last attempt one apology, and the batch is failed`, async () => {
      backend.answer = (_, response) => void response.writeHead(500).end()
      const { events, gateway } = await open(engine, { FALLBACK_REPLY: 'Простите', ...NO_PAUSE })
      await house?.say('Привет')
      await events.until('turn.failed')
      assert.equal(backend.calls.length, 3)
      assert.deepEqual(sent(), ['Простите'])
      const { batches } = await gateway.store.failed({ offset: 0, limit: 10 })
      assert.deepEqual(
        batches.map(({ reason }) => reason),
        ['responder_failed'],
      )
      backend.answer = text('Хорошо')
      await house?.say('Ещё раз')
      await events.until('turn.answered')
      assert.deepEqual(sent(), ['Простите', 'Хорошо'], 'the conversation is free')
    })

    it(`case 55 (${engine}): two batches of one person are answered in order, also when the first takes long`, async () => {
      const first = Promise.withResolvers<void>()
      backend.answer = (call, response) => {
        if (call.body.text !== 'раз') text('второй')(call, response)
        else void first.promise.then(() => text('первый')(call, response))
      }
      const { events } = await open(engine, NO_PAUSE)
      await house?.say('раз')
      await backend.until(1)
      await house?.say('два')
      assert.deepEqual(sent(), [])
      first.resolve()
      await events.until('turn.answered', 2)
      assert.deepEqual(sent(), ['первый', 'второй'])
    })

    it(`an answer by callback (${engine}): once, late and forged ones change nothing`, async () => {
      const urls: string[] = []
      backend.answer = ({ body }, response) => {
        urls.push(body.callbackUrl ?? '')
        response.writeHead(202).end()
      }
      const { events } = await open(engine, NO_PAUSE)
      await house?.say('Привет')
      await events.until('turn.parked')
      const [url = ''] = urls
      const call = async (to: string, answer: unknown): Promise<number> => {
        const response = await fetch(to, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(answer),
        })
        await response.arrayBuffer()
        return response.status
      }
      assert.equal(await call(`${url.slice(0, -4)}AAAA`, { reply: 'чужой' }), 404)
      assert.equal(await call(url, { reply: 5 }), 400)
      assert.equal(await call(url, { reply: 'Вот\n\nответ' }), 200)
      assert.ok([404, 409].includes(await call(url, { reply: 'второй' })))
      await events.until('turn.answered')
      assert.deepEqual(sent(), ['Вот', 'ответ'])
      assert.equal(await call(url, { reply: 'поздний' }), 404)
      assert.equal(backend.calls.length, 1)
    })
  }
})

const NO_PAUSE = { PART_PAUSE_MIN: '0', PART_PAUSE_MAX: '0' }
