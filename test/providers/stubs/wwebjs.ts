/** wwebjs-api in front of whatsapp-web.js. Facts: its sources. */
import type { ProviderStub, StubRequest } from '../stub.ts'

const API_KEY = 'wwebjs-key-of-stub'
const SESSION = 'salon'
const US = '74950000001@c.us'
const PERSON = '79001234567@c.us'

export const wwebjsStub: ProviderStub = {
  id: 'wwebjs',
  settings: (url) => ({ url, apiKey: API_KEY, account: SESSION }),
  inbound({ text, n, at }) {
    const id = `3A${String(n).padStart(18, '0')}`
    const message = {
      _data: { notifyName: 'Анна' },
      id: { fromMe: false, remote: PERSON, id, _serialized: `false_${PERSON}_${id}` },
      ack: 1,
      hasMedia: false,
      body: text,
      type: 'chat',
      timestamp: Math.floor(at / 1000),
      from: PERSON,
      to: US,
      deviceType: 'ios',
      isForwarded: false,
      forwardingScore: 0,
      isStatus: false,
      isStarred: false,
      broadcast: false,
      fromMe: false,
      hasQuotedMsg: false,
      hasReaction: false,
      vCards: [],
      mentionedIds: [],
      groupMentions: [],
      isGif: false,
      links: [],
    }
    return {
      path: '/webhook/wwebjs',
      headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
      body: JSON.stringify({ dataType: 'message', data: { message }, sessionId: SESSION }),
    }
  },
  peer: '79001234567',
  address: PERSON,
  maxTextLength: 4096,
  read,
  taken(n) {
    const id = {
      fromMe: true,
      remote: PERSON,
      id: `3EB0${n}`,
      _serialized: `true_${PERSON}_3EB0${n}`,
    }
    return { status: 200, body: JSON.stringify({ success: true, message: { id, ack: 0 } }) }
  },
  tooFast: () => ({
    status: 429,
    headers: { 'retry-after': '1' },
    body: '{"success":false,"error":"Too many requests"}',
  }),
  broken: () => ({ status: 500, body: '{"success":false,"error":"Evaluation failed"}' }),
  refused: () => ({
    status: 404,
    body: '{"success":false,"error":"session_not_found"}',
    said: /session_not_found/,
  }),
}

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  if (headers['x-api-key'] !== API_KEY) throw new Error('no x-api-key')
  const json = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  const { chatId, contentType, content } = json
  if (typeof chatId !== 'string' || !/@(?:c\.us|g\.us|lid)$/.test(chatId)) {
    throw new Error(`chatId ${chatId}`)
  }
  const courtesies = ['sendSeen', 'sendStateTyping', 'clearState'].map(
    (one) => `/chat/${one}/salon`,
  )
  if (courtesies.includes(url)) return null
  if (url !== `/client/sendMessage/${SESSION}`) throw new Error(`path ${url}`)
  if (contentType !== 'string' || typeof content !== 'string') throw new Error('no content')
  return { to: chatId, text: content }
}
