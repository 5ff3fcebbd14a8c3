/** Green-API. Facts: green-api.com/en/docs/api: incoming webhooks, SendMessage, SendTyping, ReadChat. */
import type { ProviderStub, StubRequest } from '../stub.ts'

const WEBHOOK_TOKEN = 'greenapi-webhook-token-of-stub'
const INSTANCE = '1101000001'
const TOKEN = 'd75b3a66374942c5b3c019c698abc2067e151558acbd412345'
const PERSON = '79001234567@c.us'

export const greenapiStub: ProviderStub = {
  id: 'greenapi',
  settings: (url) => ({ url, webhookToken: WEBHOOK_TOKEN, account: INSTANCE, token: TOKEN }),
  inbound: ({ text, n, at }) => ({
    path: '/webhook/greenapi',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${WEBHOOK_TOKEN}`,
    },
    body: JSON.stringify({
      typeWebhook: 'incomingMessageReceived',
      instanceData: {
        idInstance: Number(INSTANCE),
        wid: '74950000001@c.us',
        typeInstance: 'whatsapp',
      },
      timestamp: Math.floor(at / 1000),
      idMessage: `F7AEC1B7086ECDC7E6E4${String(n).padStart(12, '0')}`,
      senderData: {
        chatId: PERSON,
        sender: PERSON,
        chatName: 'Анна',
        senderName: 'Анна',
        senderContactName: '',
      },
      messageData: {
        typeMessage: 'textMessage',
        textMessageData: { textMessage: text, isTemplateMessage: false },
      },
    }),
  }),
  peer: '79001234567',
  address: PERSON,
  maxTextLength: 20_000,
  read,
  taken: (n) => ({ status: 200, body: JSON.stringify({ idMessage: `BAE5${n}` }) }),
  tooFast: () => ({ status: 429, headers: { 'retry-after': '1' }, body: '' }),
  broken: () => ({ status: 500, body: '{"message":"Internal Server Error"}' }),
  refused: () => ({
    status: 466,
    body: JSON.stringify({
      path: `/waInstance${INSTANCE}/sendMessage/${TOKEN}`,
      message: 'Monthly quota has been exceeded',
    }),
    said: /Monthly quota has been exceeded/,
  }),
}

function read({ method, url, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  const [, instance, name, token] = /^\/waInstance(\d+)\/(\w+)\/(\w+)$/.exec(url) ?? []
  if (instance !== INSTANCE || token !== TOKEN) throw new Error(`path ${url}`)
  const given = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  const { chatId, message, typingTime } = given
  if (typeof chatId !== 'string' || !/^\d+(?:-\d+)?@(?:c\.us|g\.us|lid)$/.test(chatId)) {
    throw new Error(`chatId ${chatId}`)
  }
  if (name === 'readChat') return null
  if (name === 'sendTyping') {
    if (!(Number(typingTime) >= 1000 && Number(typingTime) <= 20_000)) throw new Error('typingTime')
    return null
  }
  if (name !== 'sendMessage') throw new Error(`method ${name}`)
  if (typeof message !== 'string' || message === '' || message.length > 20_000) {
    throw new Error('no message')
  }
  return { to: chatId, text: message }
}
