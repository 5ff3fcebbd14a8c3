/** Whether the responder and each channel that sends can be reached, and take our key. */
import { access, constants } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Channel, Question } from '../../channels/channel.ts'
import type { Settings } from '../../config/settings.ts'
import { httpAddress } from '../../http-address.ts'
import type { Finding } from '../doctor.ts'
import { found } from './finding-codes.ts'
import { type Reached, reach } from './reach.ts'

/** Signatures and ages of messages are judged by this clock. */
const APART_MS = 60_000

/** Where providers of models list them, which costs nothing; others are only connected to. */
const LISTS: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
  google: 'https://generativelanguage.googleapis.com',
  mistral: 'https://api.mistral.ai',
}

type ResponderSettings = Pick<
  Settings,
  'responder' | 'responderUrl' | 'responderModule' | 'aiProvider' | 'aiBaseUrl' | 'aiApiKey'
>

export async function checkResponder(settings: ResponderSettings, cwd: string): Promise<Finding[]> {
  const { responder, responderUrl, responderModule } = settings
  if (responder === 'module' && responderModule !== null) return checkFile(responderModule, cwd)
  const question = questionOf(settings, responder === 'ai' ? null : responderUrl)
  if (question === null) return []
  const what = responder === 'ai' ? `the AI (${settings.aiProvider})` : 'the backend'
  const setting = responder === 'ai' ? 'AI_BASE_URL' : 'RESPONDER_URL'
  const at = `${what} at ${httpAddress(question.url).url.origin}`
  const reached = await reach(question)
  if (reached.kind === 'unreachable') {
    return [
      found(
        'responder_unreachable',
        `${at} cannot be reached (${reached.why}): nobody is answered`,
        `start it, or correct ${setting}`,
      ),
    ]
  }
  if (isRefused(reached)) {
    return [found('responder_key_refused', `${at} refuses our key`, 'set the right AI_API_KEY')]
  }
  if (isFailing(reached)) {
    return [
      found(
        'responder_failing',
        `${at} answers ${statusOf(reached)}`,
        'look at its own log or status',
      ),
    ]
  }
  return clockOf(reached, at)
}

/** A backend is only connected to: a call could be taken for a turn. */
function questionOf(
  { responder, aiProvider, aiBaseUrl, aiApiKey }: ResponderSettings,
  url: string | null,
): Question | null {
  if (responder === 'http' || responder === 'forward') {
    return url === null ? null : { url, connectOnly: true }
  }
  if (responder !== 'ai') return null
  const base = aiBaseUrl ?? LISTS[aiProvider]
  if (base === undefined) return null
  const isOpenAi = aiProvider === 'openai' || aiProvider === 'openai-compatible'
  if (!isOpenAi) return { url: base, connectOnly: true }
  const headers = aiApiKey === null ? {} : { authorization: `Bearer ${aiApiKey}` }
  return { url: `${base.replace(/\/+$/, '')}/models`, headers }
}

async function checkFile(path: string, cwd: string): Promise<Finding[]> {
  try {
    await access(resolve(cwd, path), constants.R_OK)
    return []
  } catch {
    return [
      found(
        'responder_file_missing',
        `RESPONDER_MODULE ${path} cannot be read: nobody is answered`,
        'put the file there, or correct RESPONDER_MODULE',
      ),
    ]
  }
}

/** Each account once, all at the same time. */
export async function checkChannels(channels: readonly Channel[]): Promise<Finding[]> {
  const asked = new Set<string>()
  const sending = channels.filter((channel) => {
    const name = JSON.stringify(channel.asks ?? null)
    if (!channel.sends || channel.asks === undefined || asked.has(name)) return false
    asked.add(name)
    return true
  })
  return (await Promise.all(sending.map(checkChannel))).flat()
}

async function checkChannel({ id, asks = [] }: Channel): Promise<Finding[]> {
  for (const question of asks) {
    const at = `${id} at ${httpAddress(question.url).url.origin}`
    const reached = await reach(question)
    if (reached.kind === 'unreachable') {
      return [
        found(
          'channel_unreachable',
          `${at} cannot be reached (${reached.why}): no reply leaves by it`,
          `start it, or correct its address: ${SERVER_SETTING[id] ?? 'see docs/channels.md'}`,
        ),
      ]
    }
    if (isRefused(reached)) {
      return [
        found(
          'channel_key_refused',
          `${at} refuses our key (${statusOf(reached)}): replies wait for the right one`,
          `set the right key and start again: ${KEY_SETTING[id] ?? 'see docs/channels.md'}`,
        ),
      ]
    }
    if (isFailing(reached)) {
      return [
        found(
          'channel_not_ready',
          `${at} answers ${statusOf(reached)}: it is there and cannot send now`,
          'look at its log: mostly its account has to be connected again',
        ),
      ]
    }
    const clock = clockOf(reached, at)
    if (clock.length > 0) return clock
  }
  return []
}

const SERVER_SETTING: Readonly<Record<string, string>> = {
  venom: 'VENOM_SERVER_URL',
  baileys: 'BAILEYS_SERVER_URL',
}
const KEY_SETTING: Readonly<Record<string, string>> = {
  venom: 'VENOM_API_KEY, the same on both sides',
  baileys: 'BAILEYS_SEND_KEY, the same on both sides',
}

const statusOf = (reached: Reached): number => (reached.kind === 'answered' ? reached.status : 200)
const isRefused = (reached: Reached): boolean => [401, 403].includes(statusOf(reached))
const isFailing = (reached: Reached): boolean => statusOf(reached) >= 500

function clockOf(reached: Reached, at: string): Finding[] {
  if (reached.kind !== 'answered' || reached.aheadMs === null) return []
  if (Math.abs(reached.aheadMs) <= APART_MS) return []
  const apart = `${Math.round(Math.abs(reached.aheadMs) / 1000)} s ${reached.aheadMs > 0 ? 'ahead of' : 'behind'}`
  return [
    found(
      'clock_apart',
      `the clock of ${at} is ${apart} that of this host`,
      'have both follow the same time (NTP): signatures and the age of messages are judged by it',
    ),
  ]
}
