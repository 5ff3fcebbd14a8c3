/** Twilio. Facts: twilio.com/docs: messaging webhooks, request validation, Message resource, typing indicators. */
import { createHmac } from 'node:crypto'
import type { ProviderStub, StubRequest } from '../stub.ts'

const ACCOUNT = 'AC000000000000000000000000000000aa'
const AUTH_TOKEN = 'twilio-auth-token-of-stub'
const OURS = 'whatsapp:+74950000001'
const PERSON = 'whatsapp:+79001234567'

export const twilioStub: ProviderStub = {
  id: 'twilio',
  settings: (url) => ({
    authToken: AUTH_TOKEN,
    account: ACCOUNT,
    from: OURS,
    url,
    typingUrl: url,
  }),
  inbound: ({ text, n }, publicUrl) => {
    const sid = `SM${String(n).padStart(32, '0')}`
    const path = '/webhook/twilio'
    const form: Record<string, string> = {
      SmsMessageSid: sid,
      NumMedia: '0',
      ProfileName: 'Анна',
      MessageType: 'text',
      SmsSid: sid,
      WaId: '79001234567',
      SmsStatus: 'received',
      Body: text,
      To: OURS,
      NumSegments: '1',
      ReferralNumMedia: '0',
      MessageSid: sid,
      AccountSid: ACCOUNT,
      From: PERSON,
      ApiVersion: '2010-04-01',
    }
    const names = Object.keys(form).sort()
    const signed = new URL(path, publicUrl).href + names.map((name) => name + form[name]).join('')
    return {
      path,
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'x-twilio-signature': createHmac('sha1', AUTH_TOKEN).update(signed).digest('base64'),
      },
      body: new URLSearchParams(form).toString(),
    }
  },
  peer: '79001234567',
  address: PERSON,
  maxTextLength: 1600,
  read,
  taken: (n) => ({
    status: 201,
    body: JSON.stringify({ sid: `SM${String(n).padStart(32, 'f')}`, status: 'queued' }),
  }),
  tooFast: () => ({
    status: 429,
    headers: { 'retry-after': '1' },
    body: '{"code":20429,"message":"Too Many Requests","status":429}',
  }),
  broken: () => ({
    status: 503,
    body: '{"code":20503,"message":"Service unavailable","status":503}',
  }),
  refused: () => ({
    status: 400,
    body: '{"code":63024,"message":"Invalid message recipient","status":400}',
    said: /63024.*Invalid message recipient/,
  }),
}

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  const pair = Buffer.from(`${ACCOUNT}:${AUTH_TOKEN}`).toString('base64')
  if (headers.authorization !== `Basic ${pair}`) throw new Error('no Basic auth')
  const type = String(headers['content-type'])
  if (!type.startsWith('application/x-www-form-urlencoded')) throw new Error(`type ${type}`)
  const form = new URLSearchParams(body.toString('utf8'))
  if (url === '/v2/Indicators/Typing.json') {
    if (!/^[SM]M[0-9a-f]{32}$/.test(form.get('messageId') ?? '')) throw new Error('no messageId')
    if (form.get('channel') !== 'whatsapp') throw new Error('no channel')
    return null
  }
  if (url !== `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`) throw new Error(`path ${url}`)
  const [to, text, from] = [form.get('To') ?? '', form.get('Body') ?? '', form.get('From')]
  if (from !== OURS) throw new Error(`from ${from}`)
  if (!/^whatsapp:(?:\+\d{7,15}|[A-Z]{2}\.\w+)$/.test(to)) throw new Error(`to ${to}`)
  if (text === '' || text.length > 1600) throw new Error(`a body of ${text.length} characters`)
  return { to, text }
}
