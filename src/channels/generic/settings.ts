/** Settings of a generic account: where things stand in its calls, how they are proven, how it sends. */
import { int, text } from '../../config/spec.ts'
import type { SpecTable } from '../channel.ts'
import { headerName, secret, serverUrl } from '../settings.ts'
import { PATH_ALLOWED, PATH_PATTERN } from './path.ts'

function path<T extends string | null>(env: string, standard: T, what: string) {
  return text<T>({
    env,
    default: standard,
    allowed: PATH_ALLOWED,
    pattern: PATH_PATTERN,
    meaning: `Where in a call ${what}.`,
  })
}

export const SETTINGS = {
  list: path('GENERIC_LIST', null, 'the list of messages stands. Unset: each call is one'),
  from: path(
    'GENERIC_FROM',
    'from',
    'the person stands; with a list, as all below, in its element',
  ),
  to: path('GENERIC_TO', null, 'the person of a message of ours stands. Unset: as GENERIC_FROM'),
  text: path('GENERIC_TEXT', 'text', 'the text stands'),
  id: path('GENERIC_ID', 'id', 'the id of the message stands'),
  time: path('GENERIC_TIME', 'timestamp', 'its time stands'),
  name: path('GENERIC_NAME', 'name', 'the name of the person stands'),
  type: path('GENERIC_TYPE', 'type', 'its type stands, for example text or image'),
  fromMe: path('GENERIC_FROM_ME', 'fromMe', 'true stands if it was written from our side'),
  author: path('GENERIC_AUTHOR', 'author', 'who wrote it stands, where GENERIC_FROM is a group'),
  mediaUrl: path('GENERIC_MEDIA_URL', 'mediaUrl', 'the address of a file stands'),
  webhookHeader: headerName({
    env: 'GENERIC_WEBHOOK_HEADER',
    default: 'x-webhook-token',
    meaning: 'Header by which calls are known.',
  }),
  webhookToken: secret({ env: 'GENERIC_WEBHOOK_TOKEN', meaning: 'Its value.' }),
  signatureHeader: headerName({
    env: 'GENERIC_SIGNATURE_HEADER',
    default: 'x-signature',
    meaning: 'Header with the hex HMAC-SHA256 of the body, with or without sha256= before it.',
  }),
  secret: secret({
    env: 'GENERIC_SECRET',
    meaning: 'Secret of that HMAC. Set: calls are known by it, and not by GENERIC_WEBHOOK_TOKEN.',
  }),
  sendUrl: serverUrl({
    env: 'GENERIC_SEND_URL',
    default: null,
    example: 'https://bot.example.com/send',
    meaning: 'Where replies are posted.',
  }),
  sendBody: text({
    env: 'GENERIC_SEND_BODY',
    default: '{"to":"{to}","text":"{text}","id":"{partId}"}',
    allowed: 'JSON in whose texts {to}, {text} and {partId} may stand',
    also: isJson,
    meaning: 'What is posted. The id of a part stays the same however often it is tried.',
  }),
  sendHeader: headerName({
    env: 'GENERIC_SEND_HEADER',
    default: 'authorization',
    meaning: 'Header that replies are posted with.',
  }),
  sendKey: text({
    env: 'GENERIC_SEND_KEY',
    default: null,
    allowed: 'printable characters, for example Bearer abc',
    pattern: /^[!-~](?:[ -~]{0,2046}[!-~])?$/,
    secret: true,
    neverEmpty: true,
    meaning: 'Its whole value.',
  }),
  sentId: text({
    env: 'GENERIC_SENT_ID',
    default: 'id',
    allowed: PATH_ALLOWED,
    pattern: PATH_PATTERN,
    meaning: 'Where in the answer the id of what was sent stands.',
  }),
  maxTextLength: int({
    env: 'GENERIC_MAX_TEXT',
    default: 4096,
    min: 20,
    max: 65_536,
    unit: 'UTF-16 units',
    meaning: 'The longest text that it takes.',
  }),
} as const satisfies SpecTable

function isJson(given: string): boolean {
  try {
    JSON.parse(given)
    return true
  } catch {
    return false
  }
}
