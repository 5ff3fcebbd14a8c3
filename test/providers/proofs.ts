/**
 * How the far end of each provider tells that it has a part, where it can: by a call of its own (a
 * status that bears our id, or the echo of what our side wrote), or when it is asked. Written from the
 * providers' documentation, as the stubs are.
 */
import { createHmac } from 'node:crypto'
import type { Call } from './play.ts'
import type { ProviderStub, StubAnswer, StubRequest } from './stub.ts'

/** A part that the provider took. */
export interface Has {
  readonly text: string
  /** Our id of it, as it came along; '' where the provider carries none. */
  readonly partId: string
  /** Ms since 1970. */
  readonly at: number
  /** Counts up; the provider's id is made of it. */
  readonly n: number
}

export interface Proofs {
  tell?(has: Has, stub: ProviderStub, publicUrl: string): Call
  /** Null: another kind of request. */
  asked?(request: StubRequest, all: readonly Has[]): StubAnswer | null
}

const ok = (body: unknown): StubAnswer => ({ status: 200, body: JSON.stringify(body) })

type Body = Record<string, unknown>
const inner = (body: Body, ...path: string[]): Body =>
  path.reduce((value, name) => value[name] as Body, body)

/** The call that tells of a person's text, made into one of ours. */
function asOurs(
  stub: ProviderStub,
  { text, at, n }: Has,
  publicUrl: string,
  change: (body: Body) => void,
): Call {
  const call = stub.inbound({ text, n: n + 900, at }, publicUrl)
  const body = JSON.parse(call.body) as Body
  change(body)
  return { ...call, body: JSON.stringify(body) }
}

const resigned = (call: Call, header: string, value: string): Call => ({
  ...call,
  headers: { ...call.headers, [header]: value },
})

function cloudStatus(has: Has, stub: ProviderStub, publicUrl: string): Call {
  return asOurs(stub, has, publicUrl, (body) => {
    const [entry] = body.entry as Body[]
    const [change] = (entry as Body).changes as Body[]
    const value = (change as Body).value as Body
    delete value.messages
    delete value.contacts
    value.statuses = [
      {
        id: `wamid.out${has.n}`,
        status: 'sent',
        timestamp: String(Math.floor(has.at / 1000)),
        recipient_id: stub.peer,
        biz_opaque_callback_data: has.partId,
      },
    ]
  })
}

/** A bridge that remembers the keys of what it sent. */
function remembered({ url, body }: StubRequest, all: readonly Has[]): StubAnswer | null {
  if (url !== '/was-sent') return null
  const { key } = JSON.parse(body.toString('utf8')) as { key: string }
  const found = all.find(({ partId }) => partId === key)
  return ok({ success: true, sent: !!found, ...(found && { messageId: `3EB0${found.n}` }) })
}

function twilioList({ method, url }: StubRequest, all: readonly Has[]): StubAnswer | null {
  if (method !== 'GET') return null
  const { pathname, searchParams } = new URL(url, 'http://x')
  if (!/\/2010-04-01\/Accounts\/\w+\/Messages\.json$/.test(pathname)) return null
  if (searchParams.get('To') !== 'whatsapp:+79001234567') return ok({ messages: [] })
  const messages = all
    .map(({ text, n, at }) => ({
      ...{ sid: `SM${String(n).padStart(32, 'f')}`, body: text, status: 'queued' },
      ...{ direction: 'outbound-api', date_sent: null, date_created: new Date(at).toUTCString() },
    }))
    .toReversed()
  return ok({ messages, page: 0, page_size: Number(searchParams.get('PageSize')) })
}

function greenapiLists({ method, url }: StubRequest, all: readonly Has[]): StubAnswer | null {
  if (method !== 'GET') return null
  const chatId = '79001234567@c.us'
  // What it took a moment ago waits in the queue.
  if (url.includes('/showMessagesQueue/')) {
    return ok(
      all.map(({ text, n }) => ({
        ...{ messageID: `BAE5${n}`, type: 'sendMessage', body: { chatId, message: text } },
      })),
    )
  }
  return url.includes('/lastOutgoingMessages/') ? ok([]) : null
}

export const PROOFS: Readonly<Record<string, Proofs>> = {
  meta: {
    tell: (has, stub, publicUrl) => {
      const call = cloudStatus(has, stub, publicUrl)
      const secret = String(stub.settings('http://x').appSecret)
      const hex = createHmac('sha256', secret).update(call.body).digest('hex')
      return resigned(call, 'x-hub-signature-256', `sha256=${hex}`)
    },
  },
  '360dialog': { tell: cloudStatus },
  twilio: { asked: twilioList },
  greenapi: { asked: greenapiLists },
  baileys: { asked: remembered },
  venom: { asked: remembered },
  evolution: {
    tell: (has, stub, publicUrl) =>
      asOurs(stub, has, publicUrl, (body) => {
        Object.assign(inner(body, 'data', 'key'), {
          ...{ fromMe: true, id: `3EB0${String(has.n).padStart(16, '0')}` },
        })
      }),
  },
  waha: {
    tell: (has, stub, publicUrl) => {
      const call = asOurs(stub, has, publicUrl, (body) => {
        body.event = 'message.any'
        const { from, to } = inner(body, 'payload')
        const id = `true_${from}_3EB0${has.n}`
        Object.assign(inner(body, 'payload'), { id, from: to, to: from, fromMe: true })
      })
      const key = String(stub.settings('http://x').hmacKey)
      const hmac = createHmac('sha512', key).update(call.body).digest('hex')
      return resigned(call, 'x-webhook-hmac', hmac)
    },
  },
  wwebjs: {
    tell: (has, stub, publicUrl) =>
      asOurs(stub, has, publicUrl, (body) => {
        body.dataType = 'message_create'
        const message = inner(body, 'data', 'message')
        const { from, to } = message
        const id = { fromMe: true, remote: from, _serialized: `true_${from}_3EB0${has.n}` }
        Object.assign(message, { from: to, to: from, fromMe: true, id })
      }),
  },
  zapi: {
    tell: (has, stub, publicUrl) =>
      asOurs(stub, has, publicUrl, (body) => {
        const messageId = `D241${has.n}`
        Object.assign(body, { fromMe: true, fromApi: true, messageId, status: 'SENT' })
      }),
  },
  generic: {
    tell: (has, stub, publicUrl) => {
      const call = asOurs(stub, has, publicUrl, (body) => {
        const [message] = inner(body, 'data').messages as Body[]
        Object.assign(message as Body, { key: `o${has.n}`, fromMe: true })
      })
      const secret = String(stub.settings('http://x').secret)
      const hex = createHmac('sha256', secret).update(call.body).digest('hex')
      return resigned(call, 'x-hub-signature', `sha256=${hex}`)
    },
  },
  telegram: {},
}

/** Our id of a part, wherever the provider has room for it. */
export function partIdOf({ headers, body }: StubRequest): string {
  const key = headers['idempotency-key']
  if (typeof key === 'string') return key
  return /\bb_[0-9A-Z]+\.\d+\b/.exec(body.toString('utf8'))?.[0] ?? ''
}
