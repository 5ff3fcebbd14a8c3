/** Bots of Telegram. Facts: core.telegram.org/bots/api: Update, Message, sendMessage, errors. */
import { text } from '../../config/spec.ts'
import type { Channel, ChannelDeps, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { byToken, headerOf } from '../secrets.ts'
import { NO_CEILING, secret, serverUrl } from '../settings.ts'
import { NOBODY } from './mentioned.ts'
import { parseTelegram } from './parse.ts'
import { rebuild } from './rebuild.ts'
import { sendTelegram, showTyping } from './send.ts'

const SETTINGS = {
  secretToken: text({
    env: 'TELEGRAM_SECRET_TOKEN',
    default: null,
    allowed: '1 to 256 characters of A-Z, a-z, 0-9, _ and -',
    pattern: /^[A-Za-z0-9_-]{1,256}$/,
    secret: true,
    neverEmpty: true,
    meaning: 'Secret token that was given to setWebhook, by which calls of Telegram are known.',
  }),
  token: secret({
    env: 'TELEGRAM_TOKEN',
    meaning: 'Token of the bot, with which replies are sent.',
  }),
  botName: text({
    env: 'TELEGRAM_BOT_NAME',
    default: null,
    allowed: 'a user name, for example salon_bot',
    pattern: /^@?[A-Za-z0-9_]{3,64}$/,
    meaning:
      'User name of the bot, by which it is meant in groups. Unset: only answers to it count.',
  }),
  url: serverUrl({
    env: 'TELEGRAM_URL',
    default: 'https://api.telegram.org',
    example: 'https://api.telegram.org',
    meaning: 'Address of the Bot API.',
  }),
} as const satisfies SpecTable

const SECRET_HEADER = 'x-telegram-bot-api-secret-token'
const LIMITS = {
  maxTextLength: 4096,
  conversation: { burst: 3, everyMs: 1000 },
  ...NO_CEILING,
} as const

export const telegram = defineProvider({
  id: 'telegram',
  title: 'Telegram',
  facts: {
    body: 'json',
    bodyLimitBytes: 256 * 1024,
    answer: 'empty',
    // What is refused is repeated.
    junkStatus: 200,
    tellsTyping: false,
    dedupeS: null,
    isUnofficial: false,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseTelegram(body, { keepOriginal, bot: NOBODY }),
  rebuild,
  open,
})

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http }: ChannelDeps): Channel {
  const { secretToken, token, botName, url } = values
  const target = { url, token: token ?? '' }
  const bot = {
    name: botName?.replace('@', '').toLowerCase() ?? null,
    id: /^(\d+):/.exec(token ?? '')?.[1] ?? null,
  }
  return {
    id: 'telegram',
    name: 'telegram',
    tenant,
    account: null,
    limits: LIMITS,
    sends: token !== null,
    asks: [{ url: `${url}/bot${token ?? ''}/getMe` }],
    verify: ({ headers }) => byToken(headerOf(headers, SECRET_HEADER), secretToken),
    parse: (body, { keepOriginal }) => parseTelegram(body, { keepOriginal, bot }),
    sign: () => ({
      'content-type': 'application/json',
      ...(secretToken !== null && { [SECRET_HEADER]: secretToken }),
    }),
    send: (part, signal) => sendTelegram(http, target, part, signal),
    typing: (heard, signal) => showTyping(http, target, heard, signal),
  }
}
