import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { AT, calm, KEY, message } from '../../test/support/ai-scene.ts'
import { OpenAiServer } from '../../test/support/openai-server.ts'
import type { Message } from '../message.ts'
import { GuardedFetcher } from './fetch-media.ts'
import { ModelTranscriber, type TranscriberOptions } from './transcribe.ts'

/** The first bytes of a WhatsApp voice message, so that its type is seen. */
const OGG = Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(200, 7)])

describe('transcription', () => {
  let models: OpenAiServer
  let files: Server
  let serve: RequestListener
  let media: GuardedFetcher

  beforeEach(async () => {
    models = await OpenAiServer.start(() => 'Можно записаться на завтра?')
    serve = (_, response) => response.end(OGG)
    files = createServer((request, response) => serve(request, response))
    files.listen(0, '127.0.0.1')
    await once(files, 'listening')
    media = new GuardedFetcher({ allowedHosts: ['127.0.0.1'], maxBytes: 1000, timeoutMs: 20_000 })
  })
  afterEach(async () => {
    files.closeAllConnections()
    files.close()
    await media[Symbol.asyncDispose]()
    await models[Symbol.asyncDispose]()
  })

  const load = (given: Partial<TranscriberOptions> = {}): Promise<ModelTranscriber> =>
    ModelTranscriber.load({
      provider: 'openai-compatible',
      model: 'whisper-small',
      apiKey: KEY,
      baseUrl: models.baseUrl,
      timeoutMs: 20_000,
      media,
      clock: () => AT,
      ...given,
    })

  function voice(given: Partial<Message> = {}): Message {
    const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/voice`
    return message({ type: 'voice', text: '', media: { url }, ...given })
  }

  it('gives the words that the model heard in the file', async () => {
    const transcriber = await load()
    assert.equal(await transcriber.transcribe(voice(), calm()), 'Можно записаться на завтра?')
    const [request] = models.requests
    assert.equal(request?.path, '/v1/audio/transcriptions')
    assert.equal(request?.headers.authorization, `Bearer ${KEY}`)
    assert.equal(request?.body.model, 'whisper-small')
    assert.equal(request?.file?.type, 'audio/ogg')
    assert.deepEqual(Buffer.from(request?.file?.bytes ?? []), OGG)
  })

  it('asks OpenAI itself in the same way', async () => {
    const transcriber = await load({ provider: 'openai', model: 'whisper-1' })
    assert.equal(await transcriber.transcribe(voice(), calm()), 'Можно записаться на завтра?')
  })

  it('sends no key to a server that has none, whatever the environment holds', async (t) => {
    const before = process.env.OPENAI_API_KEY
    process.env.OPENAI_API_KEY = 'sk-of-somebody-else'
    t.after(() => {
      if (before === undefined) delete process.env.OPENAI_API_KEY
      else process.env.OPENAI_API_KEY = before
    })
    const transcriber = await load({ apiKey: null })
    await transcriber.transcribe(voice(), calm())
    assert.doesNotMatch(JSON.stringify(models.requests[0]?.headers), /sk-/)
  })

  it('makes the words well-formed and cuts what does not end', async () => {
    const transcriber = await load()
    models.next({ kind: 'text', text: ' a\ud800 ' }, { kind: 'text', text: 'а'.repeat(100_000) })
    assert.equal(await transcriber.transcribe(voice(), calm()), 'a\ufffd')
    assert.equal((await transcriber.transcribe(voice(), calm())).length, 65_536)
  })

  it('fails for a file that is too long, and asks no model', async () => {
    serve = (_, response) => response.end(Buffer.alloc(1001))
    const transcriber = await load()
    await assert.rejects(transcriber.transcribe(voice(), calm()), {
      code: 'media_failed',
      message: /is longer than 1000 bytes/,
    })
    assert.equal(models.requests.length, 0)
  })

  it('fails for a message without a file, or with one on a foreign host', async () => {
    const transcriber = await load()
    for (const media of [undefined, {}, { url: 'http://169.254.169.254/voice' }]) {
      const { media: _, ...bare } = voice()
      const given = media === undefined ? bare : { ...bare, media }
      await assert.rejects(transcriber.transcribe(given, calm()), { code: 'media_failed' })
    }
  })

  it('fails for silence', async () => {
    const transcriber = await load()
    models.next({ kind: 'text', text: ' ' })
    await assert.rejects(transcriber.transcribe(voice(), calm()), { code: 'answer_unusable' })
  })

  it('asks once, and fails as any model does', async () => {
    const transcriber = await load()
    models.next(
      { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
      { kind: 'status', status: 400, message: `no model for ${KEY}` },
      { kind: 'raw', body: '<html>' },
      { kind: 'cut', when: 'atOnce' },
    )
    const expected = [
      { code: 'responder_failed', retryAfterMs: 7000 },
      {
        code: 'responder_refused',
        message: 'openai-compatible whisper-small answered 400: no model for ***',
      },
      { code: 'answer_unusable' },
      { code: 'responder_failed' },
    ]
    for (const failure of expected) {
      await assert.rejects(transcriber.transcribe(voice(), calm()), failure)
    }
    assert.equal(models.requests.length, expected.length)
  })

  it('ends at its deadline, whether the file or the model is slow', async () => {
    const transcriber = await load({ timeoutMs: 100 })
    const late = { code: 'responder_timeout', message: /within 100 ms: raise TRANSCRIBE_TIMEOUT/ }
    models.next({ kind: 'hang' })
    await assert.rejects(transcriber.transcribe(voice(), calm()), late)
    await (await models.received(1)).closed
    serve = (_, response) => response.write('Ogg')
    await assert.rejects(transcriber.transcribe(voice(), calm()), late)
  })

  it('ends with the reason of its signal', async () => {
    const transcriber = await load()
    models.next({ kind: 'hang' })
    const controller = new AbortController()
    const reason = new Error('the turn is over')
    const words = transcriber.transcribe(voice(), controller.signal)
    const { closed } = await models.received(1)
    controller.abort(reason)
    await assert.rejects(words, (error) => error === reason)
    await closed
    await assert.rejects(transcriber.transcribe(voice(), controller.signal), (error) => {
      return error === reason
    })
  })

  it('is unusable where a provider is missing, has no transcription, or no address', async () => {
    const unusable = (message: RegExp) => ({ code: 'responder_unusable', message })
    await assert.rejects(load({ provider: 'nobody' }), unusable(/npm install @ai-sdk\/nobody/))
    await assert.rejects(load({ provider: 'anthropic' }), unusable(/TRANSCRIBE_PROVIDER/))
    await assert.rejects(load({ baseUrl: null }), unusable(/TRANSCRIBE_BASE_URL/))
  })
})
