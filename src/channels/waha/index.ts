/** WAHA, an HTTP server for WhatsApp Web with several engines. Facts: waha.devlike.pro, events and send-messages. */
import { text } from '../../config/spec.ts'
import type { Channel, ChannelDeps, Merged, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { objectAt } from '../read.ts'
import { byHmac, hmacHex } from '../secrets.ts'
import { BRIDGE_CEILING, secret, serverUrl } from '../settings.ts'
import { parseWaha } from './parse.ts'
import { sendWaha, showTyping } from './send.ts'

const SETTINGS = {
  url: serverUrl({
    env: 'WAHA_URL',
    default: null,
    example: 'http://127.0.0.1:3002',
    meaning: 'Address of WAHA. Unset: nothing is sent through it.',
  }),
  apiKey: secret({ env: 'WAHA_API_KEY', meaning: 'Key that WAHA asks for (X-Api-Key).' }),
  account: text({
    env: 'WAHA_SESSION',
    default: null,
    allowed: 'letters, digits, _ and -, for example default',
    pattern: /^[A-Za-z0-9_-]{1,64}$/,
    meaning: 'Session of WAHA. Unset: calls of any, and replies leave by the one called default.',
  }),
  hmacKey: secret({ env: 'WAHA_HMAC_KEY', meaning: 'Key with which WAHA signs its calls.' }),
} as const satisfies SpecTable

const SIGNATURE = { header: 'x-webhook-hmac', algorithm: 'sha512', prefix: '' } as const

export const waha = defineProvider({
  id: 'waha',
  title: 'WAHA',
  facts: {
    body: 'json',
    // Files may be in the call itself.
    bodyLimitBytes: 16 * 1024 * 1024,
    answer: 'json',
    junkStatus: 400,
    tellsTyping: true,
    dedupeS: null,
    isUnofficial: true,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseWaha(body, keepOriginal),
  rebuild,
  open,
})

/** Text and caption are the same field there. */
function rebuild(original: unknown, { text: said, messageIds }: Merged): unknown {
  const body = objectAt(original)
  if (body === undefined) return original
  return {
    ...body,
    payload: { ...objectAt(body, 'payload'), ...(said !== '' && { body: said }) },
    rapidFire: { messageIds },
  }
}

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http }: ChannelDeps): Channel {
  const { url, apiKey, account, hmacKey } = values
  const target = { url: url ?? '', apiKey, session: account ?? 'default' }
  return {
    id: 'waha',
    name: 'waha',
    tenant,
    account,
    limits: { maxTextLength: 4096, conversation: null, ...BRIDGE_CEILING },
    proofs: ['echo'],
    sends: url !== null,
    asks: [
      {
        url: `${target.url}/api/sessions/${target.session}`,
        headers: apiKey === null ? {} : { 'x-api-key': apiKey },
      },
    ],
    verify: (call) => byHmac(call, SIGNATURE, hmacKey),
    sign: ({ rawBody }) => ({
      'content-type': 'application/json',
      ...(hmacKey !== null && {
        [SIGNATURE.header]: hmacHex('sha512', hmacKey, rawBody),
        [`${SIGNATURE.header}-algorithm`]: 'sha512',
      }),
    }),
    send: (part, signal) => sendWaha(http, target, part, signal),
    typing: (heard, signal) => showTyping(http, target, heard, signal),
  }
}
