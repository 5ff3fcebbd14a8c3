/** wwebjs-api, an HTTP server for whatsapp-web.js. Facts: its sources, avoylenko/wwebjs-api. */
import { text } from '../../config/spec.ts'
import type { Channel, ChannelDeps, Merged, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { objectAt } from '../read.ts'
import { byToken, headerOf } from '../secrets.ts'
import { BRIDGE_CEILING, secret, serverUrl } from '../settings.ts'
import { parseWwebjs } from './parse.ts'
import { sendWwebjs, showTyping } from './send.ts'

const SETTINGS = {
  url: serverUrl({
    env: 'WWEBJS_URL',
    default: null,
    example: 'http://127.0.0.1:3003',
    meaning: 'Address of wwebjs-api. Unset: nothing is sent through it.',
  }),
  apiKey: secret({
    env: 'WWEBJS_API_KEY',
    meaning: 'Key of wwebjs-api: its calls show it, and so do ours.',
  }),
  account: text({
    env: 'WWEBJS_SESSION',
    default: null,
    allowed: 'letters, digits and -, for example salon',
    pattern: /^[A-Za-z0-9-]{1,64}$/,
    meaning: 'Session that replies are sent from. Unset: calls of any session, and no replies.',
  }),
} as const satisfies SpecTable

const KEY_HEADER = 'x-api-key'

export const wwebjs = defineProvider({
  id: 'wwebjs',
  title: 'wwebjs-api (whatsapp-web.js)',
  facts: {
    body: 'json',
    // Files come in the call itself.
    bodyLimitBytes: 16 * 1024 * 1024,
    answer: 'json',
    junkStatus: 400,
    tellsTyping: false,
    dedupeS: null,
    isUnofficial: true,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseWwebjs(body, keepOriginal),
  rebuild,
  open,
})

/** Text and caption are the same field there; that of an edit stands beside the message too. */
function rebuild(original: unknown, { text: said, messageIds }: Merged): unknown {
  const body = objectAt(original)
  if (body === undefined) return original
  const data = objectAt(body, 'data') ?? {}
  const isEdit = typeof data.newBody === 'string'
  return {
    ...body,
    data: {
      ...data,
      message: { ...objectAt(data, 'message'), ...(said !== '' && { body: said }) },
      ...(isEdit && said !== '' && { newBody: said }),
    },
    rapidFire: { messageIds },
  }
}

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http }: ChannelDeps): Channel {
  const { url, apiKey, account } = values
  const target = { url: url ?? '', apiKey, session: account ?? '' }
  return {
    id: 'wwebjs',
    name: 'wwebjs',
    tenant,
    account,
    limits: { maxTextLength: 4096, conversation: null, ...BRIDGE_CEILING },
    proofs: ['echo'],
    sends: url !== null && account !== null,
    asks: [
      {
        url: `${target.url}/session/status/${target.session}`,
        headers: apiKey === null ? {} : { [KEY_HEADER]: apiKey },
      },
    ],
    verify: ({ headers }) => byToken(headerOf(headers, KEY_HEADER), apiKey),
    sign: () => ({
      'content-type': 'application/json',
      ...(apiKey !== null && { [KEY_HEADER]: apiKey }),
    }),
    send: (part, signal) => sendWwebjs(http, target, part, signal),
    typing: (heard, signal) => showTyping(http, target, heard, signal),
  }
}
