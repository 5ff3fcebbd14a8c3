/** Telegram Bot API. Facts: core.telegram.org/bots/api: Update, setWebhook, sendMessage, ResponseParameters. */
import type { Message, Update } from '@grammyjs/types'
import type { ProviderStub, StubRequest } from '../stub.ts'

const SECRET = 'telegram-secret-token_of_stub'
const TOKEN = '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'
const PERSON = 700000001

export const telegramStub: ProviderStub = {
  id: 'telegram',
  settings: (url) => ({ url, secretToken: SECRET, token: TOKEN, botName: 'salon_bot' }),
  inbound: ({ text, n, at }) => {
    const message: Message & Update.NonChannel = {
      message_id: 100 + n,
      from: { id: PERSON, is_bot: false, first_name: 'Анна', language_code: 'ru' },
      chat: { id: PERSON, first_name: 'Анна', type: 'private' },
      date: Math.floor(at / 1000),
      text,
    }
    const update: Update = { update_id: 900_000_000 + n, message }
    return {
      path: '/webhook/telegram',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': SECRET },
      body: JSON.stringify(update),
    }
  },
  peer: String(PERSON),
  address: String(PERSON),
  maxTextLength: 4096,
  read,
  taken: (n) => ({
    status: 200,
    body: JSON.stringify({ ok: true, result: { message_id: 500 + n } }),
  }),
  tooFast: () => ({
    status: 429,
    body: JSON.stringify({
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 1',
      parameters: { retry_after: 1 },
    }),
  }),
  broken: () => ({ status: 502, body: '<html>Bad Gateway</html>' }),
  refused: () => ({
    status: 403,
    body: '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}',
    said: /bot was blocked by the user/,
  }),
}

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  if (!String(headers['content-type']).startsWith('application/json')) throw new Error('no JSON')
  const [, token, name] = /^\/bot([^/]+)\/(\w+)$/.exec(url) ?? []
  if (token !== TOKEN) throw new Error(`path ${url}`)
  const given = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  if (typeof given.chat_id !== 'number') throw new Error(`chat_id ${given.chat_id}`)
  if (name === 'sendChatAction') {
    if (given.action !== 'typing') throw new Error(`action ${given.action}`)
    return null
  }
  if (name !== 'sendMessage') throw new Error(`method ${name}`)
  const { chat_id: to, text } = given
  if (typeof text !== 'string' || text === '' || text.length > 4096) throw new Error('no text')
  return { to: String(to), text }
}
