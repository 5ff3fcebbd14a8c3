/** What the bot behind a drop-in is told of a burst: whose words, whose files, whose proof. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Channel, Provider } from '../../src/channels/channel.ts'
import { DropIn } from '../../src/channels/drop-in.ts'
import { meta } from '../../src/channels/meta/index.ts'
import { ProviderHttp } from '../../src/channels/provider-http.ts'
import { twilio } from '../../src/channels/twilio/index.ts'
import { waha } from '../../src/channels/waha/index.ts'
import { RapidFireError } from '../../src/errors.ts'
import type { Message, MessageType } from '../../src/message.ts'
import { valuesOf } from '../providers/far-end.ts'

const TARGET = new URL('http://bot.example:8080/hooks/in?shop=7')
const SECRET = 'app-secret-of-the-test'
const P = '79001234567'
const clock = () => Date.UTC(2026, 0, 15)

function accountOf(provider: Provider, given: object): Channel {
  const http = new ProviderHttp({ timeoutMs: 1000, clock })
  const values = valuesOf(provider.settings, given as Record<string, unknown>)
  return provider.open(values, { tenant: 'default', clock, http })
}

const CHANNELS = [
  accountOf(meta, { appSecret: SECRET }),
  accountOf(waha, { hmacKey: SECRET }),
  accountOf(twilio, { authToken: SECRET }),
]
const kept = new Map<string, unknown>()
const files = {
  read: async (name: string) => {
    if (kept.has(name)) return Buffer.from(JSON.stringify(kept.get(name)))
    throw new RapidFireError('media_failed', 'gone')
  },
}
const dropIn = new DropIn([meta, waha, twilio], CHANNELS, files)

function messageOf(id: string, type: MessageType, text: string, original: unknown): Message {
  return {
    conversation: { tenant: 'default', channel: 'meta', peer: P },
    ...{ id, type, text, address: P, receivedAt: clock(), sentAt: null, sentAtExact: false },
    ...(original !== undefined && { original }),
  }
}

/** A call of the Cloud API with this message alone. */
const metaCall = (message: object) => ({
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '102290129340398',
      changes: [
        {
          field: 'messages',
          value: {
            messaging_product: 'whatsapp',
            metadata: { phone_number_id: '106540352242922' },
            contacts: [{ profile: { name: 'Анна' }, wa_id: P }],
            messages: [{ from: P, timestamp: '1768467600', ...message }],
          },
        },
      ],
    },
  ],
})
const said = (id: string, body: string) =>
  messageOf(id, 'chat', body, metaCall({ id, type: 'text', text: { body } }))
const shown = (id: string, caption = '') =>
  messageOf(
    id,
    'image',
    caption,
    metaCall({ id, type: 'image', image: { id: `media-${id}`, ...(caption && { caption }) } }),
  )
const spoken = (id: string) =>
  messageOf(id, 'voice', '', metaCall({ id, type: 'audio', audio: { id: 'v', voice: true } }))

const ordered = (id: string) => {
  const order = { catalog_id: 'c1', text: 'Беру', product_items: [{ product_retailer_id: 's1' }] }
  return messageOf(id, 'order', 'Беру', metaCall({ id, type: 'order', order }))
}

interface Told {
  readonly message: Record<string, unknown>
  readonly headers: Readonly<Record<string, string>>
  readonly rawBody: Buffer
}

async function told(messages: readonly Message[]): Promise<Told[]> {
  const text = messages.flatMap((one) => one.text || []).join(' ')
  const conversation = messages[0]?.conversation
  assert.ok(conversation)
  const calls = await dropIn.callsOf({ conversation, text, messages }, TARGET)
  assert.ok(calls)
  return calls.map(({ headers, rawBody }) => {
    const right = createHmac('sha256', SECRET).update(rawBody).digest('hex')
    assert.equal(headers['x-hub-signature-256'], `sha256=${right}`)
    const { entry } = JSON.parse(rawBody.toString()) as ReturnType<typeof metaCall>
    const message = entry[0]?.changes[0]?.value.messages[0] as Record<string, unknown> | undefined
    return { message: message ?? {}, headers, rawBody }
  })
}

const idsOf = ({ message, headers }: Told) => {
  assert.deepEqual(message.rapid_fire, {
    message_ids: headers['x-rapid-fire-message-ids']?.split(',').map(decodeURIComponent),
  })
  return (message.rapid_fire as { message_ids: string[] }).message_ids
}

describe('a drop-in tells its bot', () => {
  it('a burst of texts as the last one, with the words and ids of all', async () => {
    const [call, ...more] = await told([said('a', 'Привет'), said('b', 'можно'), said('c', 'к 5?')])
    assert.ok(call)
    assert.deepEqual(more, [])
    assert.deepEqual(call.message.text, { body: 'Привет можно к 5?' })
    assert.equal(call.message.id, 'c')
    assert.deepEqual(idsOf(call), ['a', 'b', 'c'])
    assert.equal(call.headers['content-type'], 'application/json')
  })

  it('an order as it came, since no text has all of it', async () => {
    const order = { catalog_id: 'c1', text: 'Беру', product_items: [{ product_retailer_id: 's1' }] }
    const [first, second] = await told([ordered('a'), said('b', 'когда привезёте?')])
    assert.ok(first && second)
    assert.deepEqual([first.message.type, first.message.order], ['order', order])
    assert.deepEqual([idsOf(first), idsOf(second)], [['a'], ['b']])
    assert.match(JSON.stringify(second.message.text), /когда привезёте/)
  })

  it('in the spelling of the Cloud API, which escapes what is no ASCII', async () => {
    const [call] = await told([said('a', 'Привет 🙂')])
    assert.match(
      call?.rawBody.toString('latin1') ?? '',
      /\\u041f\\u0440[\\u0-9a-f]+ \\ud83d\\ude42"/,
    )
    assert.match(call?.rawBody.toString('latin1') ?? '', /^[ -~]+$/)
    assert.deepEqual(call?.message.text, { body: 'Привет 🙂' })
  })

  it('a text and an image as the image, with all words for its caption', async () => {
    for (const burst of [
      [said('a', 'такую'), shown('b', 'стрижку'), said('c', 'можно?')],
      [said('a', 'такую'), said('b', 'стрижку можно?'), shown('c')],
    ]) {
      const calls = await told(burst)
      assert.equal(calls.length, 1)
      const image = calls[0]?.message.image as { id: string; caption: string }
      assert.equal(image.caption, 'такую стрижку можно?')
      assert.match(image.id, /^media-[bc]$/)
      assert.deepEqual(calls[0] && idsOf(calls[0]), ['a', 'b', 'c'])
    }
  })

  it('two images and a text as two calls, of which the last has the words', async () => {
    const calls = await told([shown('a'), said('b', 'какая лучше?'), shown('c')])
    assert.deepEqual(
      calls.map(({ message }) => message.image),
      [{ id: 'media-a' }, { id: 'media-c', caption: 'какая лучше?' }],
    )
    assert.deepEqual(calls.map(idsOf), [['a'], ['b', 'c']])
  })

  it('a voice message and a text as two calls', async () => {
    const calls = await told([said('a', 'вот'), spoken('b'), said('c', 'послушайте')])
    assert.deepEqual(
      calls.map(({ message }) => [message.type, message.text]),
      [
        ['audio', undefined],
        ['text', { body: 'вот послушайте' }],
      ],
    )
    assert.deepEqual(calls.map(idsOf), [['b'], ['a', 'c']])
  })

  it('what has no words at all as it came', async () => {
    const calls = await told([spoken('a'), shown('b'), shown('c')])
    assert.deepEqual(
      calls.map(({ message }) => message.audio ?? message.image),
      [{ id: 'v', voice: true }, { id: 'media-b' }, { id: 'media-c' }],
    )
  })

  it('a press without words, which says what its payload says', async () => {
    const interactive = { type: 'nfm_reply', nfm_reply: { response_json: '{"day":5}' } }
    const press = messageOf(
      'p',
      'list',
      '',
      metaCall({ id: 'p', type: 'interactive', interactive }),
    )
    const alone = await told([press])
    assert.deepEqual(
      alone.map(({ message }) => message.interactive),
      [interactive],
    )
    const withWords = await told([press, said('b', 'вот')])
    assert.deepEqual(
      withWords.map(({ message }) => message.interactive ?? message.text),
      [interactive, { body: 'вот' }],
    )
    assert.deepEqual(withWords.map(idsOf), [['p'], ['b']])
  })

  it('of a call that is kept in a file, and says when the file is gone', async () => {
    kept.set('call.json', metaCall({ id: 'a', type: 'image', image: { id: 'kept' } }))
    const inFile = messageOf('a', 'image', '', { file: 'call.json' })
    const [call] = await told([inFile, said('b', 'вот')])
    assert.deepEqual(call?.message.image, { id: 'kept', caption: 'вот' })
    kept.clear()
    await assert.rejects(told([inFile]), { code: 'media_failed' })
  })

  it('no half id in a header that would be too long, and all of them in the body', async () => {
    const ids = Array.from({ length: 300 }, (_, n) => `wamid.${n}=№`)
    const [call] = await told(ids.map((id) => said(id, 'x')))
    const header = call?.headers['x-rapid-fire-message-ids'] ?? ''
    assert.ok(header.length > 3500 && header.length <= 4096)
    const inHeader = header.split(',').map(decodeURIComponent)
    assert.deepEqual(inHeader, ids.slice(0, inHeader.length))
    assert.deepEqual(call?.message.rapid_fire, { message_ids: ids })
  })

  it('nothing in the form of a provider where the burst came in our own', async () => {
    const own = messageOf('a', 'chat', 'Привет', undefined)
    const burst = { conversation: own.conversation, text: 'Привет', messages: [own] }
    assert.equal(await dropIn.callsOf(burst, TARGET), null)
    const elsewhere = { ...own.conversation, channel: 'whatsapp' }
    const messages = [said('a', 'Привет')]
    assert.equal(
      await dropIn.callsOf({ ...burst, messages, conversation: elsewhere }, TARGET),
      null,
    )
    const foreign = { ...own.conversation, tenant: 'salon7' }
    assert.equal(await dropIn.callsOf({ ...burst, messages, conversation: foreign }, TARGET), null)
  })
})

describe('a drop-in speaks as', () => {
  it('WAHA does, plainly and by SHA-512', async () => {
    const original = { event: 'message', session: 'default', payload: { id: 'b', body: 'можно?' } }
    const conversation = { tenant: 'default', channel: 'waha', peer: P }
    const messages = [
      { ...messageOf('a', 'chat', 'Привет', original), conversation },
      { ...messageOf('b', 'chat', 'можно?', original), conversation },
    ]
    const burst = { conversation, text: 'Привет можно?', messages }
    const [call, ...more] = (await dropIn.callsOf(burst, TARGET)) ?? []
    assert.ok(call)
    assert.deepEqual(more, [])
    const body = call.rawBody.toString()
    assert.equal(body, JSON.stringify(JSON.parse(body)))
    assert.deepEqual(JSON.parse(body), {
      ...original,
      payload: { id: 'b', body: 'Привет можно?' },
      rapidFire: { messageIds: ['a', 'b'] },
    })
    const right = createHmac('sha512', SECRET).update(body).digest('hex')
    assert.equal(call.headers['x-webhook-hmac'], right)
  })

  it('Twilio does: a form, signed over the address of the bot', async () => {
    const original = { MessageSid: 'SM2', From: `whatsapp:+${P}`, Body: 'можно?', NumMedia: '0' }
    const conversation = { tenant: 'default', channel: 'twilio', peer: P }
    const messages = [
      { ...messageOf('SM1', 'chat', 'Привет & пока', original), conversation },
      { ...messageOf('SM2', 'chat', 'можно?', original), conversation },
    ]
    const burst = { conversation, text: 'Привет & пока можно?', messages }
    const [call] = (await dropIn.callsOf(burst, TARGET)) ?? []
    assert.ok(call)
    const form = [...new URLSearchParams(call.rawBody.toString())]
    const fields = Object.fromEntries(form)
    assert.equal(fields.Body, 'Привет & пока можно?')
    assert.equal(fields.MessageSid, 'SM2')
    assert.equal(fields.RapidFireMessageIds, 'SM1,SM2')
    const pairs = form.toSorted(([a], [b]) => (a < b ? -1 : 1)).flat()
    const right = createHmac('sha1', SECRET).update(`${TARGET.href}${pairs.join('')}`)
    assert.equal(call.headers['x-twilio-signature'], right.digest('base64'))
    assert.match(call.headers['content-type'] ?? '', /^application\/x-www-form-urlencoded/)
  })
})
