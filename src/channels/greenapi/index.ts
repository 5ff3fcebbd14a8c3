/** Green-API: WhatsApp on somebody's own number. Facts: green-api.com/en/docs/api. */
import { text } from '../../config/spec.ts'
import type { Channel, ChannelDeps, ProviderCall, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { byToken, headerOf } from '../secrets.ts'
import { BRIDGE_CEILING, secret, serverUrl } from '../settings.ts'
import { findGreenapi } from './find.ts'
import { parseGreenapi } from './parse.ts'
import { rebuild } from './rebuild.ts'
import { sendGreenapi, showTyping } from './send.ts'

const SETTINGS = {
  webhookToken: secret({
    env: 'GREENAPI_WEBHOOK_TOKEN',
    meaning: 'webhookUrlToken of the instance, by which its calls are known.',
  }),
  account: text({
    env: 'GREENAPI_INSTANCE_ID',
    default: null,
    allowed: 'digits, for example 1101000001',
    pattern: /^\d{1,32}$/,
    meaning: 'Id of the instance.',
  }),
  token: secret({
    env: 'GREENAPI_TOKEN',
    meaning: 'apiTokenInstance, with which replies are sent.',
  }),
  url: serverUrl({
    env: 'GREENAPI_URL',
    default: 'https://api.green-api.com',
    example: 'https://1101.api.green-api.com',
    meaning: 'Address of the API (apiUrl).',
  }),
} as const satisfies SpecTable

const LIMITS = { maxTextLength: 20_000, conversation: null, ...BRIDGE_CEILING } as const

export const greenapi = defineProvider({
  id: 'greenapi',
  title: 'Green-API',
  facts: {
    body: 'json',
    // Pictures come with a thumbnail.
    bodyLimitBytes: 1024 * 1024,
    answer: 'empty',
    // What is refused holds all others back for a day.
    junkStatus: 200,
    tellsTyping: false,
    dedupeS: 86_400 + 3600,
    isUnofficial: true,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseGreenapi(body, keepOriginal),
  rebuild,
  open,
})

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http, clock }: ChannelDeps): Channel {
  const { webhookToken, account, token, url } = values
  const target = { url, instance: account ?? '', token: token ?? '' }
  return {
    id: 'greenapi',
    name: 'greenapi',
    tenant,
    account,
    limits: LIMITS,
    proofs: ['ask', 'echo'],
    sends: token !== null && account !== null,
    asks: [{ url: `${url}/waInstance${target.instance}/getStateInstance/${target.token}` }],
    verify: (call) => byToken(shownToken(call), webhookToken),
    sign: () => ({
      'content-type': 'application/json',
      ...(webhookToken !== null && { authorization: `Bearer ${webhookToken}` }),
    }),
    send: (part, signal) => sendGreenapi(http, target, part, signal),
    find: (part, signal) => findGreenapi(http, target, part, clock(), signal),
    typing: (heard, signal) => showTyping(http, target, heard, signal),
  }
}

/** The scheme is whatever somebody wrote before the token in the instance's settings. */
function shownToken({ headers }: ProviderCall): string | null {
  const shown = headerOf(headers, 'authorization')
  return shown?.replace(/^(?:Bearer|Basic) +/i, '') ?? null
}
