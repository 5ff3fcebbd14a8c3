/** WhatsApp Cloud API of Meta. Facts: developers.facebook.com, Cloud API: webhooks, messages, error codes. */
import { text } from '../../config/spec.ts'
import type { Channel, ChannelDeps, ProviderCall, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { at, listAt, objectAt } from '../read.ts'
import { byHmac, hmacHex, isSame, queryOf } from '../secrets.ts'
import { NO_CEILING, secret, serverUrl } from '../settings.ts'
import { parseMeta } from './parse.ts'
import { sendMeta, sendTemplate, showTyping } from './send.ts'

const SETTINGS = {
  appSecret: secret({
    env: 'META_APP_SECRET',
    meaning: 'App secret, with which Meta signs its calls.',
  }),
  verifyToken: secret({
    env: 'META_VERIFY_TOKEN',
    meaning: 'Token that Meta shows when the webhook is registered.',
  }),
  token: secret({ env: 'META_TOKEN', meaning: 'Access token with which replies are sent.' }),
  account: text({
    env: 'META_PHONE_NUMBER_ID',
    default: null,
    allowed: 'digits, for example 106540352242000',
    pattern: /^\d{1,32}$/,
    meaning: 'Id of the phone number that replies are sent from.',
  }),
  url: serverUrl({
    env: 'META_URL',
    default: 'https://graph.facebook.com/v23.0',
    example: 'https://graph.facebook.com/v23.0',
    meaning: 'Address and version of the API.',
  }),
  template: text({
    env: 'META_TEMPLATE',
    default: null,
    allowed: 'name:language, for example come_back:ru',
    pattern: /^[a-z0-9_]{1,512}:[A-Za-z_]{2,10}$/,
    meaning:
      'Template that is sent instead of an answer for which it is too late (24 h). Unset: the batch is failed.',
  }),
} as const satisfies SpecTable

export const META_LIMITS = {
  maxTextLength: 4096,
  conversation: { burst: 45, everyMs: 6000 },
  ...NO_CEILING,
} as const

export const META_FACTS = {
  body: 'json',
  // What Meta may send is 3 MB; files are not in it.
  bodyLimitBytes: 3 * 1024 * 1024,
  answer: 'empty',
  junkStatus: 200,
  tellsTyping: false,
  dedupeS: 7 * 86_400 + 3600,
  isUnofficial: false,
  escapesJson: true,
} as const

const SIGNATURE = { header: 'x-hub-signature-256', algorithm: 'sha256', prefix: 'sha256=' } as const

export const meta = defineProvider({
  id: 'meta',
  title: 'WhatsApp Cloud API',
  facts: META_FACTS,
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseMeta(body, keepOriginal),
  rebuild: rebuildMeta,
  rest: withoutMessages,
  open,
})

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http }: ChannelDeps): Channel {
  const { appSecret, verifyToken, token, account, url, template } = values
  const target = {
    who: 'the WhatsApp Cloud API',
    url: `${url}/${account ?? ''}/messages`,
    headers: { authorization: `Bearer ${token ?? ''}` },
    template,
  }
  return {
    id: 'meta',
    name: 'meta',
    tenant,
    account,
    limits: META_LIMITS,
    proofs: ['status'],
    sends: token !== null && account !== null,
    asks: [{ url: `${url}/${account ?? ''}?fields=id`, headers: target.headers }],
    verify: (call) => byHmac(call, SIGNATURE, appSecret),
    challenge: (call) => challengeOf(call, verifyToken),
    sign: ({ rawBody }) => ({
      'content-type': 'application/json',
      ...(appSecret !== null && {
        [SIGNATURE.header]: `${SIGNATURE.prefix}${hmacHex('sha256', appSecret, rawBody)}`,
      }),
    }),
    send: (part, signal) => sendMeta(http, target, part, signal),
    typing: (heard, signal) => showTyping(http, target, heard, signal),
    ...(template !== null && {
      sendTemplate: (part, signal) => sendTemplate(http, { ...target, template }, part, signal),
    }),
  }
}

/** The text to answer with at registration, null where the token is not ours. It bears no signature. */
function challengeOf(call: ProviderCall, verifyToken: string | null): string | null {
  const shown = queryOf(call, 'hub.verify_token')
  const challenge = queryOf(call, 'hub.challenge')
  if (verifyToken === null || shown === null || challenge === null) return null
  if (queryOf(call, 'hub.mode') !== 'subscribe' || challenge.length > 256) return null
  return isSame(shown, verifyToken) ? challenge : null
}

/** The last message says everything: a text in its body, a file in its caption. */
export function rebuildMeta(
  original: unknown,
  { text, messageIds }: { readonly text: string; readonly messageIds: readonly string[] },
): unknown {
  const body = structuredClone(original)
  const value = at(body, 'entry', 0, 'changes', 0, 'value')
  const [message] = listAt(value, 'messages')
  const own = objectAt(message) as Record<string, unknown> | undefined
  if (own === undefined) return body
  const type = typeof own.type === 'string' ? own.type : 'text'
  const inner = own[type] as Record<string, unknown> | undefined
  if (['image', 'video', 'document'].includes(type) && inner) {
    if (text !== '') inner.caption = text
  } else if (!['audio', 'sticker', 'location', 'order'].includes(type) && text !== '') {
    own.type = 'text'
    own.text = { body: text }
  }
  own.rapid_fire = { message_ids: messageIds }
  return body
}

/** Statuses, errors and other fields of a call that also brought messages. */
export function withoutMessages(body: unknown): unknown {
  const entry = listAt(body, 'entry').flatMap((one) => {
    const changes = listAt(one, 'changes').flatMap((change) => {
      const { messages, contacts: _, ...value } = objectAt(change, 'value') ?? {}
      const isLeft = messages === undefined || 'statuses' in value || 'errors' in value
      return isLeft ? [messages === undefined ? change : { ...objectAt(change), value }] : []
    })
    return changes.length === 0 ? [] : [{ ...objectAt(one), changes }]
  })
  return entry.length === 0 ? null : { ...objectAt(body), entry }
}
