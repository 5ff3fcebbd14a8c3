/** What is written from our side comes back from every provider: the bot's own words are known, a human's are heard. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import type { BatchId } from '../../src/message.ts'
import { type Call, Play } from './play.ts'
import type { ProviderStub } from './stub.ts'
import { baileysStub } from './stubs/baileys.ts'
import { evolutionStub } from './stubs/evolution.ts'
import { greenapiStub } from './stubs/greenapi.ts'
import { metaStub } from './stubs/meta.ts'
import { venomStub } from './stubs/venom.ts'
import { wahaStub } from './stubs/waha.ts'
import { wwebjsStub } from './stubs/wwebjs.ts'
import { zapiStub } from './stubs/zapi.ts'

type Json = Record<string, unknown>
const in_ = (of: unknown, ...path: readonly (string | number)[]): Json =>
  path.reduce<unknown>((value, step) => Reflect.get(value as object, step), of) as Json

/** How the provider tells of a message that was written from our side, made of one of the person's. */
const OWN: readonly (readonly [ProviderStub, (body: Json, id: string) => unknown])[] = [
  [
    baileysStub,
    (body, id) => {
      const message = in_(body, 'data', 'messages', 0)
      message.key = { ...in_(message, 'key'), fromMe: true, id }
      return body
    },
  ],
  [
    evolutionStub,
    (body, id) => {
      const data = in_(body, 'data')
      data.key = { ...in_(data, 'key'), fromMe: true, id }
      return body
    },
  ],
  [
    wahaStub,
    (body, id) => {
      const payload = in_(body, 'payload')
      Object.assign(payload, { id, fromMe: true, from: payload.to, to: payload.from })
      return { ...body, event: 'message.any' }
    },
  ],
  [
    wwebjsStub,
    (body, id) => {
      const message = in_(body, 'data', 'message')
      Object.assign(message, { fromMe: true, from: message.to, to: message.from })
      message.id = { fromMe: true, remote: message.to, id: id.split('_')[2], _serialized: id }
      return { ...body, dataType: 'message_create' }
    },
  ],
  [
    venomStub,
    (body, id) => {
      const data = in_(body, 'data')
      Object.assign(data, { id, fromMe: true, self: 'out', from: data.to, to: data.from })
      return { ...body, event: 'onAnyMessage' }
    },
  ],
  [
    greenapiStub,
    (body, id) => ({ ...body, typeWebhook: 'outgoingAPIMessageReceived', idMessage: id }),
  ],
  [zapiStub, (body, id) => ({ ...body, messageId: id, fromMe: true, fromApi: true })],
  [
    metaStub,
    (body, id) => {
      const change = in_(body, 'entry', 0, 'changes', 0)
      const { messages, metadata } = in_(change, 'value') as { messages: Json[]; metadata: Json }
      const [message] = messages
      const echo = { ...message, id, from: metadata.display_phone_number, to: message?.from }
      change.field = 'smb_message_echoes'
      change.value = { messaging_product: 'whatsapp', metadata, message_echoes: [echo] }
      return body
    },
  ],
]

/** The proof is made anew where it covers the body. */
function asOwn(
  stub: ProviderStub,
  call: Call,
  own: (body: Json, id: string) => unknown,
  id: string,
): Call {
  const body = JSON.stringify(own(JSON.parse(call.body) as Json, id))
  const secrets = stub.settings('http://x')
  const headers: Record<string, string> = { ...call.headers }
  if (stub.id === 'meta') {
    headers['x-hub-signature-256'] = `sha256=${hmac('sha256', secrets.appSecret, body)}`
  }
  if (stub.id === 'waha') headers['x-webhook-hmac'] = hmac('sha512', secrets.hmacKey, body)
  if (stub.id === 'venom') {
    const signed = `POST:${call.path}:${headers['x-timestamp']}:${body}`
    headers['x-signature'] = hmac('sha256', secrets.secretKey, signed)
  }
  return { ...call, headers, body }
}

const hmac = (algorithm: string, key: unknown, over: string): string =>
  createHmac(algorithm, String(key)).update(over).digest('hex')

describe('what is written from our side', () => {
  for (const [stub, own] of OWN) {
    it(`${stub.id}: is known as the bot's by its id, and else is a human who steps in`, async () => {
      await using play = await Play.start(stub)
      play.reply = () => 'Есть место в 14:00'
      await play.say('Привет', 1)
      const [answered] = await play.events.until('turn.answered')
      const batch = await play.gateway.store.batch(answered?.batchId as BatchId)
      const [part] = batch?.parts ?? []
      assert.ok(part?.state === 'sent')
      const tell = async (id: string, text: string, n: number): Promise<number> =>
        play.post(asOwn(stub, play.callOf(text, n), own, id))

      // Some messengers give the text back otherwise than it was sent: the id alone must do.
      assert.equal(await tell(part.providerId, 'есть *место* в 14:00', 2), 200)
      await play.events.until('human.echo')
      assert.equal(play.events.all('human.steppedIn').length, 0)

      const another = part.providerId.replace(/.$/, (last) => (last === '7' ? '8' : '7'))
      assert.equal(await tell(another, 'Это я сама', 3), 200)
      const [steppedIn] = await play.events.until('human.steppedIn')
      assert.equal(steppedIn?.conversation, answered?.conversation)
      assert.deepEqual(play.complaints, [])
    })
  }
})
