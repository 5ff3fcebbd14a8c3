/**
 * Baileys: a library, so its calls are made by a bridge, ours or somebody's own. They are known by a
 * key that they show, or by the signature of our own format; replies leave through the bridge.
 */
import { text } from '../../config/spec.ts'
import { RapidFireError } from '../../errors.ts'
import { BRIDGE_LIMITS, BRIDGE_PROOFS, BridgeSender } from '../bridge-sender.ts'
import type { Channel, ChannelDeps, Proof, ProviderCall, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { reserialise } from '../own/json.ts'
import { verify as verifySignature } from '../own/signature.ts'
import { byToken, headerOf, hmacHex } from '../secrets.ts'
import { secret, serverUrl } from '../settings.ts'
import { parseBaileys } from './parse.ts'
import { rebuildBaileys } from './rebuild.ts'

const KEY_HEADER = 'x-api-key'
const BODY_LIMIT_BYTES = 16 * 1024 * 1024

const SETTINGS = {
  apiKey: secret({
    env: 'BAILEYS_API_KEY',
    meaning: 'Key that the bridge shows with its calls (x-api-key).',
  }),
  secretKey: text({
    env: 'BAILEYS_SECRET_KEY',
    default: null,
    allowed: '16 to 512 characters without spaces, for example from `openssl rand -hex 24`',
    pattern: /^[!-~]{16,512}$/,
    secret: true,
    neverEmpty: true,
    meaning: 'Secret with which the bridge signs its calls instead (x-signature, x-timestamp).',
  }),
  account: text({
    env: 'BAILEYS_SESSION_NAME',
    default: null,
    allowed: 'letters, digits, `_` and `-`, for example main',
    pattern: /^[A-Za-z0-9_-]{1,64}$/,
    meaning: 'Session of the bridge, where several share one secret. Unset: any.',
  }),
  serverUrl: serverUrl({
    env: 'BAILEYS_SERVER_URL',
    default: null,
    example: 'http://localhost:3002',
    meaning: 'Address of the bridge, by which replies are sent. Unset: none are.',
  }),
  sendKey: secret({
    env: 'BAILEYS_SEND_KEY',
    meaning: 'Key that is shown to the bridge with each reply (x-api-key).',
  }),
} as const satisfies SpecTable

export const baileys = defineProvider({
  id: 'baileys',
  title: 'Baileys',
  facts: {
    body: 'json',
    bodyLimitBytes: BODY_LIMIT_BYTES,
    answer: 'json',
    junkStatus: 400,
    tellsTyping: true,
    dedupeS: null,
    isUnofficial: true,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseBaileys(body, keepOriginal),
  rebuild: rebuildBaileys,
  open,
})

type Values = ValuesOf<typeof SETTINGS>

function open(values: Values, { tenant, clock, http }: ChannelDeps): Channel {
  const { account, serverUrl: url, sendKey: apiKey } = values
  const { timeoutMs, traceHeaders } = http
  const bridge =
    url === null
      ? null
      : new BridgeSender({ name: 'baileys', url, apiKey, timeoutMs, typing: true, traceHeaders })
  const showTyping = bridge?.typing
  return {
    id: 'baileys',
    name: 'baileys',
    tenant,
    account,
    limits: BRIDGE_LIMITS,
    proofs: BRIDGE_PROOFS,
    ...(bridge !== null && { find: (part, signal) => bridge.find(part, signal) }),
    sends: bridge !== null,
    ...(bridge !== null && { asks: bridge.asks }),
    verify: (call) => verify(call, values, clock()),
    sign: (call) => sign(call, values, clock()),
    send: async (part, signal) => {
      if (bridge !== null) return bridge.send(part, signal)
      throw new RapidFireError('send_refused', 'no bridge to send by; set BAILEYS_SERVER_URL')
    },
    ...(showTyping !== undefined && { typing: showTyping }),
  }
}

/** Either of the two is enough; where a call shows both, the one that is right counts. */
function verify(call: ProviderCall, { apiKey, secretKey }: Values, nowMs: number): Proof {
  const shown = headerOf(call.headers, KEY_HEADER)
  const byKey = byToken(shown, apiKey)
  if (secretKey === null || (byKey !== 'open' && byKey.ok)) return byKey
  const signed = verifySignature(call, [{ tenant: null, key: secretKey }], nowMs, reserialise)
  if (signed.ok) return { ok: true, seal: signed.signature }
  // A wrong key is the better explanation than a signature that nobody tried to give.
  const isKeyWrong = byKey !== 'open' && shown !== null && signed.code === 'auth_missing'
  return isKeyWrong ? byKey : signed
}

function sign(
  { method, target, rawBody }: Parameters<Channel['sign']>[0],
  { apiKey, secretKey }: Values,
  nowMs: number,
): Record<string, string> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (apiKey !== null) headers[KEY_HEADER] = apiKey
  if (secretKey === null) return headers
  const prefix = Buffer.from(`${method}:${target.pathname}${target.search}:${nowMs}:`)
  headers['x-timestamp'] = String(nowMs)
  headers['x-signature'] = hmacHex('sha256', secretKey, Buffer.concat([prefix, rawBody]))
  return headers
}
