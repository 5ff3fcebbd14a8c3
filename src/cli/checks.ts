/**
 * All that the doctor looks at besides what is in the store: this host, the secrets, the processes,
 * what waits, and the others that the service speaks to. Each check stands by itself, so that one
 * that cannot be made keeps none of the others from it; with the store away everything else is said.
 */
import { agreedSettings } from '../config/digest.ts'
import type { Settings } from '../config/settings.ts'
import { accessAtStart } from '../ingress/access.ts'
import { found } from '../operations/checks/finding-codes.ts'
import { checkDataDir, checkNode } from '../operations/checks/host.ts'
import { checkChannels, checkResponder } from '../operations/checks/others.ts'
import { checkRoles, checkService } from '../operations/checks/processes.ts'
import { checkRedisAccess, checkSecrets, type NamedSecret } from '../operations/checks/secrets.ts'
import { checkSpool } from '../operations/checks/spool.ts'
import { checkQueue, checkWaiting } from '../operations/checks/waiting.ts'
import type { Check, Finding } from '../operations/doctor.ts'
import type { Operator } from '../operations/operator.ts'
import { knownOperatorToken } from '../operations/operator-token.ts'
import { readProcesses } from '../operations/process-file.ts'
import { isAlive, readServiceAddress } from '../operations/service-address.ts'
import { readyAt } from './http-operator.ts'

export interface Patient {
  readonly settings: Settings
  readonly cwd: string
  /** Rejects where neither the service nor the store can be had. */
  readonly operator: () => Promise<Pick<Operator, 'atWork' | 'stats' | 'failed'>>
}

/** In the order in which they are made: what needs nobody first. */
export const AROUND: readonly Check<Patient>[] = [
  { name: 'Node', run: () => checkNode() },
  { name: 'DATA_DIR', run: ({ settings }) => checkDataDir(settings.dataDir) },
  { name: 'the spool', run: spool },
  { name: 'secrets', run: secrets },
  { name: 'access', run: access },
  { name: 'the service', run: service },
  { name: 'the roles', run: roles },
  { name: 'what waits', run: waiting },
  { name: 'the responder', run: ({ settings, cwd }) => checkResponder(settings, cwd) },
  { name: 'the channels', run: channels },
]

async function spool({ settings }: Patient): Promise<Finding[]> {
  const { lookInSpool } = await import('../intake-choice.ts')
  return checkSpool(lookInSpool(settings))
}

async function secrets({ settings }: Patient): Promise<Finding[]> {
  const { secretsOfAccounts } = await import('../channel-choice.ts')
  const { redisUrl, redisPassword } = settings
  return [
    ...checkSecrets([...ownSecrets(settings), ...secretsOfAccounts(settings)]),
    ...(redisUrl === null ? [] : checkRedisAccess(redisUrl, redisPassword)),
  ]
}

function ownSecrets(settings: Settings): NamedSecret[] {
  const named = (name: string, value: string | null, use: 'proves' | 'shown', isOurs = true) =>
    value === null ? [] : [{ name, value, use, isOurs }]
  const { defaultTenant, tenants } = settings
  return [
    ...named('VENOM_SECRET_KEY', settings.secretKey, 'proves'),
    ...named('WEBHOOK_API_KEY', settings.webhookApiKey, 'proves'),
    ...named('ADMIN_TOKEN', settings.adminToken, 'proves'),
    ...[...tenants.values()]
      .filter(({ id }) => id !== defaultTenant)
      .flatMap(({ id, secretKey }) => named(`tenants.${id}.secretKey`, secretKey, 'proves')),
    ...named('VENOM_API_KEY', settings.venomApiKey, 'shown'),
    ...named('RESPONDER_SECRET', settings.responderSecret, 'shown'),
    ...named('AI_API_KEY', settings.aiApiKey, 'shown', false),
    ...named('TRANSCRIBE_API_KEY', settings.transcribeApiKey, 'shown', false),
  ]
}

/** What a start would refuse since strangers could call. */
async function access({ settings }: Patient): Promise<Finding[]> {
  const { checkChannels: areProven, openChannels } = await import('../channel-choice.ts')
  try {
    accessAtStart(settings, await areProven(openChannels(settings, Date.now), settings))
    return []
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'access_unsafe')) throw error
    const at = error.message.lastIndexOf(': ')
    return [found('secret_missing', error.message.slice(0, at), error.message.slice(at + 2))]
  }
}

async function service({ settings }: Patient): Promise<Finding[]> {
  const address = await readServiceAddress(settings.dataDir)
  const alive = address !== null && isAlive(address.pid)
  const ready = alive ? await readyAt(address.url, await knownOperatorToken(settings)) : null
  return checkService({ address, isAlive: alive, ready })
}

async function roles({ settings, operator }: Patient): Promise<Finding[]> {
  const { storePlace } = await import('../store-choice.ts')
  const [atWork, neighbours] = await Promise.all([
    operator().then((one) => one.atWork()),
    readProcesses(settings.dataDir),
  ])
  const { digest } = agreedSettings(settings)
  const place = settings.redisUrl === null ? atWork.store.place : storePlace(settings)
  return [
    ...checkRoles({ ...atWork, neighbours, digest, place }),
    ...(atWork.queue === null ? [] : checkQueue(atWork.queue, atWork.live)),
  ]
}

/** No batch is honestly open longer than the longest age limit. */
async function waiting({ settings, operator }: Patient): Promise<Finding[]> {
  const longestMs = Math.max(
    ...[...settings.tenants.values()].map(({ ageMs }) => ageMs),
    settings.ageS * 1000,
  )
  return checkWaiting(await operator(), longestMs)
}

async function channels({ settings }: Patient): Promise<Finding[]> {
  const { openChannels } = await import('../channel-choice.ts')
  return checkChannels(openChannels(settings, Date.now))
}
