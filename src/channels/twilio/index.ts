/** Twilio: WhatsApp and SMS. Facts: twilio.com/docs: messaging webhooks, request validation, errors. */
import { isUrl, text } from '../../config/spec.ts'
import type { Channel, ChannelDeps, Merged, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { objectAt } from '../read.ts'
import { NO_CEILING, secret, serverUrl } from '../settings.ts'
import { findTwilio } from './find.ts'
import { parseTwilio } from './parse.ts'
import { basicAuth, sendTwilio, showTyping } from './send.ts'
import { SIGNATURE_HEADER, signTwilio, verifyTwilio } from './signature.ts'

const SETTINGS = {
  authToken: secret({
    env: 'TWILIO_AUTH_TOKEN',
    meaning: 'Auth token, with which Twilio signs its calls and by which replies are sent.',
  }),
  authToken2: secret({
    env: 'TWILIO_AUTH_TOKEN_2',
    meaning: 'A second auth token that calls may be signed with, while the first is changed.',
  }),
  account: text({
    env: 'TWILIO_ACCOUNT_SID',
    default: null,
    allowed: 'letters and digits, for example AC00000000000000000000000000000001',
    pattern: /^[A-Za-z0-9]{1,64}$/,
    meaning: 'SID of the account.',
  }),
  from: text({
    env: 'TWILIO_FROM',
    default: null,
    allowed: 'whatsapp:+<digits>, +<digits> or MG…, for example whatsapp:+74950000001',
    pattern: /^(?:(?:whatsapp:)?\+\d{5,15}|MG[A-Za-z0-9]{1,64})$/,
    meaning: 'Number or messaging service that replies are sent from.',
  }),
  publicUrl: text({
    env: 'TWILIO_WEBHOOK_URL',
    default: null,
    allowed: 'http://… or https://…, for example https://bot.example.com/webhook/twilio',
    pattern: /^https?:\/\/\S+$/,
    also: isUrl,
    meaning: 'Address of the webhook exactly as Twilio was told it. Unset: made of PUBLIC_URL.',
  }),
  url: serverUrl({
    env: 'TWILIO_URL',
    default: 'https://api.twilio.com',
    example: 'https://api.twilio.com',
    meaning: 'Address of the API.',
  }),
  typingUrl: serverUrl({
    env: 'TWILIO_TYPING_URL',
    default: 'https://messaging.twilio.com',
    example: 'https://messaging.twilio.com',
    meaning: 'Address of the API by which a person sees that we write.',
  }),
} as const satisfies SpecTable

const LIMITS = { maxTextLength: 1600, conversation: null, ...NO_CEILING } as const

export const twilio = defineProvider({
  id: 'twilio',
  title: 'Twilio',
  facts: {
    body: 'form',
    bodyLimitBytes: 256 * 1024,
    answer: 'twiml',
    junkStatus: 400,
    tellsTyping: false,
    dedupeS: null,
    isUnofficial: false,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseTwilio(body, keepOriginal),
  rebuild,
  open,
})

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http }: ChannelDeps): Channel {
  const { authToken, authToken2, account, from, publicUrl, url, typingUrl } = values
  const tokens = [authToken, authToken2].filter((token) => token !== null)
  const target = {
    url,
    typingUrl,
    account: account ?? '',
    token: authToken ?? '',
    from: from ?? '',
    statusCallback: publicUrl,
  }
  return {
    id: 'twilio',
    name: 'twilio',
    tenant,
    account,
    limits: LIMITS,
    proofs: ['ask'],
    sends: authToken !== null && account !== null && from !== null,
    asks: [
      { url: `${url}/2010-04-01/Accounts/${target.account}.json`, headers: basicAuth(target) },
    ],
    verify: (call) => verifyTwilio(call, { tokens, publicUrl }),
    sign: ({ rawBody, target: { href } }) => ({
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
      ...(authToken !== null && { [SIGNATURE_HEADER]: signTwilio(authToken, href, rawBody) }),
    }),
    send: (part, signal) => sendTwilio(http, target, part, signal),
    find: (part, signal) => findTwilio(http, target, part, signal),
    typing: (heard, signal) => showTyping(http, target, heard, signal),
  }
}

/** `Body` is the text or the caption of whatever there is; among others a press becomes words. */
function rebuild(original: unknown, { text: said, messageIds }: Merged): unknown {
  const form = objectAt(original)
  if (form === undefined) return original
  const isPress = form.MessageType === 'button' || form.MessageType === 'interactive'
  return {
    ...form,
    ...(said !== '' && { Body: said }),
    ...(said !== '' && isPress && messageIds.length > 1 && { MessageType: 'text' }),
    RapidFireMessageIds: messageIds.join(','),
  }
}
