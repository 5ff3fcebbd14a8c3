/**
 * 360dialog: the Cloud API's envelope unchanged, another door. It signs nothing that we could check,
 * so calls show a header that was set with the webhook's address. Facts: docs.360dialog.com.
 */
import { text } from '../../config/spec.ts'
import type { Channel, ChannelDeps, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { META_FACTS, META_LIMITS, rebuildMeta, withoutMessages } from '../meta/index.ts'
import { parseMeta } from '../meta/parse.ts'
import { sendMeta, sendTemplate, showTyping } from '../meta/send.ts'
import { byToken, headerOf } from '../secrets.ts'
import { headerName, secret, serverUrl } from '../settings.ts'
import { asItCame, enveloped } from './flat.ts'

const SETTINGS = {
  header: headerName({
    env: 'D360_WEBHOOK_HEADER',
    default: 'x-d360-webhook-token',
    meaning: 'Header that was set with the address of the webhook.',
  }),
  webhookToken: secret({
    env: 'D360_WEBHOOK_TOKEN',
    meaning: 'Its value, by which calls of 360dialog are known.',
  }),
  token: secret({
    env: 'D360_API_KEY',
    meaning: 'Key with which replies are sent (D360-API-KEY).',
  }),
  account: text({
    env: 'D360_PHONE_NUMBER_ID',
    default: null,
    allowed: 'digits, for example 106540352242000',
    pattern: /^\d{1,32}$/,
    meaning: 'Id of the phone number, where several share one webhook. Unset: any.',
  }),
  url: serverUrl({
    env: 'D360_URL',
    default: 'https://waba-v2.360dialog.io',
    example: 'https://waba-v2.360dialog.io',
    meaning: 'Address of the API.',
  }),
  template: text({
    env: 'D360_TEMPLATE',
    default: null,
    allowed: 'name:language, for example come_back:ru',
    pattern: /^[a-z0-9_]{1,512}:[A-Za-z_]{2,10}$/,
    meaning:
      'Template that is sent instead of an answer for which it is too late (24 h). Unset: the batch is failed.',
  }),
} as const satisfies SpecTable

export const dialog360 = defineProvider({
  id: '360dialog',
  title: '360dialog',
  facts: META_FACTS,
  settings: SETTINGS,
  parse: (body, { keepOriginal }) =>
    parseMeta(enveloped(body), keepOriginal).map((told) =>
      'original' in told ? { ...told, original: asItCame(body, told.original) } : told,
    ),
  rebuild: (original, merged) => asItCame(original, rebuildMeta(enveloped(original), merged)),
  rest: (body) => asItCame(body, withoutMessages(enveloped(body))),
  open,
})

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http }: ChannelDeps): Channel {
  const { header, webhookToken, token, account, url, template } = values
  const target = {
    who: '360dialog',
    url: `${url}/messages`,
    headers: { 'd360-api-key': token ?? '' },
    template,
  }
  return {
    id: '360dialog',
    name: '360dialog',
    tenant,
    account,
    limits: META_LIMITS,
    proofs: ['status'],
    sends: token !== null,
    asks: [{ url, connectOnly: true }],
    verify: ({ headers }) => byToken(headerOf(headers, header), webhookToken),
    sign: () => ({
      'content-type': 'application/json',
      ...(webhookToken !== null && { [header]: webhookToken }),
    }),
    send: (part, signal) => sendMeta(http, target, part, signal),
    typing: (heard, signal) => showTyping(http, target, heard, signal),
    ...(template !== null && {
      sendTemplate: (part, signal) => sendTemplate(http, { ...target, template }, part, signal),
    }),
  }
}
