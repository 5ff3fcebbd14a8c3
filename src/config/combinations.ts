/**
 * Combinations of settings that are each allowed and lose together. One secret for two tenants would
 * let each speak for the other, and a key that leaves with every reply opens nothing. The age limit ends a batch
 * whatever the idle wait says, so a longer wait would never be waited: refused, not shortened. Hours
 * that nobody can read, or outside of which nothing is said, would leave people without an answer.
 */
import { parseHours } from '../courtesies/opening-hours.ts'
import { MESSAGE_TYPES } from '../message.ts'
import { CONFIG_FILE } from './config-file.ts'
import { type FlatSettings, SETTINGS, type TenantSettings } from './settings.ts'

/** One line for each combination, naming both settings. */
export function losingCombinations(
  flat: FlatSettings,
  tenants: ReadonlyMap<string, TenantSettings>,
): string[] {
  const lines: string[] = []
  const compare = (idleName: string, idleMs: number, ageName: string, ageMs: number): boolean => {
    if (idleMs <= ageMs) return false
    lines.push(
      `${idleName} ${idleMs} ms is longer than ${ageName} ${ageMs / 1000} s, so it could never be ` +
        `waited: lower ${idleName} or raise ${ageName}`,
    )
    return true
  }
  const ageMs = flat.ageS * 1000
  compare(SETTINGS.idleMs.env, flat.idleMs, SETTINGS.ageS.env, ageMs)
  for (const type of MESSAGE_TYPES) {
    const idleMs = flat[`idleMs_${type}`]
    if (idleMs !== null) compare(SETTINGS[`idleMs_${type}`].env, idleMs, SETTINGS.ageS.env, ageMs)
  }
  for (const tenant of tenants.values()) {
    const own = ownNames(tenant, flat)
    // What a tenant has from everyone was compared above.
    if (own.ageName !== SETTINGS.ageS.env || tenant.idleMs !== flat.idleMs) {
      compare(own.idleName, tenant.idleMs, own.ageName, tenant.ageMs)
    }
    for (const type of MESSAGE_TYPES) {
      const idleMs = tenant.idleMsByType[type]
      if (idleMs === undefined) continue
      const shared = idleMs === flat[`idleMs_${type}`]
      if (shared && own.ageName === SETTINGS.ageS.env) continue
      const name = shared
        ? SETTINGS[`idleMs_${type}`].env
        : `tenants.${tenant.id}.idleMsByType.${type} (${CONFIG_FILE})`
      compare(name, idleMs, own.ageName, tenant.ageMs)
    }
  }
  return [...lines, ...losingPauses(flat), ...losingHours(flat, tenants)]
}

function losingPauses({ pauseMinMs, pauseMaxMs }: FlatSettings): string[] {
  if (pauseMinMs <= pauseMaxMs) return []
  const [min, max] = [SETTINGS.pauseMinMs.env, SETTINGS.pauseMaxMs.env]
  return [
    `${min} ${pauseMinMs} ms is longer than ${max} ${pauseMaxMs} ms: lower ${min} or raise ${max}`,
  ]
}

function losingHours(
  flat: FlatSettings,
  tenants: ReadonlyMap<string, TenantSettings>,
): readonly string[] {
  const lines: string[] = []
  const judge = (
    { openingHours, closedReply }: Pick<FlatSettings, 'openingHours' | 'closedReply'>,
    hoursName: string,
    replyName: string,
  ): void => {
    if (openingHours === null) return
    const read = parseHours(openingHours)
    if (!read.ok) lines.push(`${hoursName} cannot be read: ${read.sentence}`)
    if (closedReply !== null) return
    lines.push(
      `${hoursName} is set and ${replyName} is not, so nothing could be said outside: set both`,
    )
  }
  const [hours, reply] = [SETTINGS.openingHours.env, SETTINGS.closedReply.env]
  judge(flat, hours, reply)
  for (const tenant of tenants.values()) {
    const sharesHours = tenant.openingHours === flat.openingHours
    // What a tenant has from everyone was judged above.
    if (sharesHours && tenant.closedReply === flat.closedReply) continue
    const path = `tenants.${tenant.id}`
    judge(
      tenant,
      sharesHours ? hours : `${path}.openingHours (${CONFIG_FILE})`,
      `${path}.closedReply (${CONFIG_FILE})`,
    )
  }
  return lines
}

function ownNames(
  tenant: TenantSettings,
  flat: FlatSettings,
): { idleName: string; ageName: string } {
  const path = `tenants.${tenant.id}`
  return {
    idleName:
      tenant.idleMs === flat.idleMs ? SETTINGS.idleMs.env : `${path}.idleMs (${CONFIG_FILE})`,
    ageName:
      tenant.ageMs === flat.ageS * 1000 ? SETTINGS.ageS.env : `${path}.ageS (${CONFIG_FILE})`,
  }
}

/** One line for each pair that shares a secret, naming both and showing neither. */
export function sharedSecrets(
  flat: FlatSettings,
  tenants: ReadonlyMap<string, TenantSettings>,
): string[] {
  const owners = new Map<string, string>()
  const lines: string[] = []
  const claim = (secret: string | null, name: string): void => {
    if (secret === null) return
    const owner = owners.get(secret)
    if (owner === undefined) owners.set(secret, name)
    else lines.push(`${name} is the same as ${owner}: give each a secret of its own`)
  }
  claim(flat.secretKey, SETTINGS.secretKey.env)
  for (const { id, secretKey } of tenants.values()) {
    if (id !== flat.defaultTenant) claim(secretKey, `tenants.${id}.secretKey (${CONFIG_FILE})`)
  }
  claim(flat.webhookApiKey, SETTINGS.webhookApiKey.env)
  claim(flat.adminToken, SETTINGS.adminToken.env)
  claim(flat.venomApiKey, SETTINGS.venomApiKey.env)
  claim(flat.responderSecret, SETTINGS.responderSecret.env)
  claim(flat.aiApiKey, SETTINGS.aiApiKey.env)
  return lines
}

/** One line for each setting that what was chosen cannot do without. */
export function missingSettings(flat: FlatSettings): string[] {
  const lines: string[] = []
  const need = (
    given: unknown,
    name: 'responderUrl' | 'responderModule' | 'aiModel' | 'aiBaseUrl',
    by: string,
  ): void => {
    const { env, allowed } = SETTINGS[name]
    if (given === null) lines.push(`${by} needs ${env}: ${allowed}`)
  }
  const { responder, aiProvider, transcribeModel, transcribeProvider } = flat
  const by = `${SETTINGS.responder.env}=${responder}`
  if (responder === 'http' || responder === 'forward') need(flat.responderUrl, 'responderUrl', by)
  if (responder === 'module') need(flat.responderModule, 'responderModule', by)
  if (responder === 'ai') {
    need(flat.aiModel, 'aiModel', by)
    if (aiProvider === COMPATIBLE) need(flat.aiBaseUrl, 'aiBaseUrl', `${by} with ${COMPATIBLE}`)
  }
  if (transcribeModel !== null && transcribeProvider === COMPATIBLE) {
    const address = flat.transcribeBaseUrl ?? flat.aiBaseUrl
    need(address, 'aiBaseUrl', `${SETTINGS.transcribeModel.env} with ${COMPATIBLE}`)
  }
  return lines
}

const COMPATIBLE = 'openai-compatible'

/** Replies of one text that are longer than all bubbles together could never be said. */
export function repliesThatDoNotFit(
  flat: FlatSettings,
  tenants: ReadonlyMap<string, TenantSettings>,
): string[] {
  const room = flat.maxParts * flat.maxPartLength
  const lines: string[] = []
  for (const name of ['closedReply', 'budgetReply'] as const) {
    for (const tenant of tenants.values()) {
      const length = tenant[name]?.length ?? 0
      if (length <= room) continue
      const where =
        tenant[name] === flat[name]
          ? SETTINGS[name].env
          : `tenants.${tenant.id}.${name} (${CONFIG_FILE})`
      const line =
        `${where} has ${length} characters, and ${SETTINGS.maxParts.env} × ${SETTINGS.maxPartLength.env} ` +
        `is ${room}: shorten it, or raise one of them`
      if (!lines.includes(line)) lines.push(line)
    }
  }
  return lines
}
