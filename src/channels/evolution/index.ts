/**
 * Evolution API: a server on somebody's own number, built on Baileys. It signs nothing: a call shows a
 * header that was set with the webhook, or a token of ten minutes. A call that is refused by a 4xx is
 * not repeated, others are, ten times in twenty minutes. Facts: doc.evolution-api.com and its source.
 */
import { text } from '../../config/spec.ts'
import type { Channel, ChannelDeps, Proof, ProviderCall, SpecTable, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { byToken, headerOf, queryOf } from '../secrets.ts'
import { BRIDGE_CEILING, headerName, secret, serverUrl } from '../settings.ts'
import { parseEvolution } from './parse.ts'
import { rebuildEvolution } from './rebuild.ts'
import { sendEvolution, showTyping } from './send.ts'
import { bearerFor, isBearer } from './token.ts'

const SETTINGS = {
  header: headerName({
    env: 'EVOLUTION_WEBHOOK_HEADER',
    default: 'x-webhook-token',
    meaning: 'Header that was set with the webhook.',
  }),
  webhookToken: secret({
    env: 'EVOLUTION_WEBHOOK_TOKEN',
    meaning: 'Its value, by which calls are known; also taken as `?token=` of the address.',
  }),
  jwtKey: secret({
    env: 'EVOLUTION_JWT_KEY',
    meaning:
      'The `jwt_key` of the webhook, where calls show a signed token instead. What is repeated for longer than ten minutes is refused then.',
  }),
  account: text({
    env: 'EVOLUTION_INSTANCE',
    default: null,
    allowed: 'the name of the instance, for example salon',
    pattern: /^[^\p{Cc}/?#]{1,128}$/u,
    meaning: 'Instance that replies are sent from.',
  }),
  url: serverUrl({
    env: 'EVOLUTION_URL',
    default: null,
    example: 'http://localhost:8080',
    meaning: 'Address of the server, by which replies are sent. Unset: none are.',
  }),
  apiKey: secret({
    env: 'EVOLUTION_API_KEY',
    meaning: 'Key with which replies are sent (apikey).',
  }),
} as const satisfies SpecTable

const LIMITS = { maxTextLength: 4096, conversation: null, ...BRIDGE_CEILING } as const

export const evolution = defineProvider({
  id: 'evolution',
  title: 'Evolution API',
  facts: {
    body: 'json',
    // Files may come inside of the call.
    bodyLimitBytes: 16 * 1024 * 1024,
    answer: 'json',
    junkStatus: 400,
    tellsTyping: true,
    dedupeS: null,
    isUnofficial: true,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseEvolution(body, keepOriginal),
  rebuild: rebuildEvolution,
  open,
})

type Values = ValuesOf<typeof SETTINGS>

function open(values: Values, { tenant, http, clock }: ChannelDeps): Channel {
  const { header, webhookToken, jwtKey, account, url, apiKey } = values
  const target = { url: url ?? '', instance: account ?? '', apiKey: apiKey ?? '' }
  return {
    id: 'evolution',
    name: 'evolution',
    tenant,
    account,
    limits: LIMITS,
    proofs: ['echo'],
    sends: url !== null && account !== null && apiKey !== null,
    asks: [
      {
        url: `${target.url}/instance/connectionState/${target.instance}`,
        headers: { apikey: target.apiKey },
      },
    ],
    verify: (call) => verify(call, values, clock()),
    sign: () => ({
      'content-type': 'application/json',
      ...(webhookToken !== null && { [header]: webhookToken }),
      ...(jwtKey !== null && { authorization: `Bearer ${bearerFor(jwtKey, clock())}` }),
    }),
    send: (part, signal) => sendEvolution(http, target, part, signal),
    typing: (heard, signal) => showTyping(http, target, heard, signal),
  }
}

/** Either of the two is enough. */
async function verify(
  call: ProviderCall,
  { header, webhookToken, jwtKey }: Values,
  nowMs: number,
): Promise<Proof> {
  const shown = headerOf(call.headers, header) ?? queryOf(call, 'token')
  const known = byToken(shown, webhookToken)
  if (jwtKey === null || (known !== 'open' && known.ok)) return known
  const bearer = /^Bearer +(\S+)$/i.exec(headerOf(call.headers, 'authorization') ?? '')?.[1]
  if (bearer === undefined) return known === 'open' ? byToken(null, jwtKey) : known
  if (await isBearer(bearer, jwtKey, nowMs)) return { ok: true, seal: null }
  return { ok: false, code: 'auth_invalid', message: 'Invalid token' }
}
