/**
 * What the doctor says of secrets, without ever showing one: missing, too short, known to everybody,
 * or given to somebody else as well. Pure.
 */
import { addressOf } from '../../redis-address.ts'
import type { Finding } from '../doctor.ts'
import { found } from './finding-codes.ts'

/** `proves`: who has it may call us. `shown`: it is sent to, or shared with, the other side. */
export interface NamedSecret {
  /** Its variable, or its place in the config file. */
  readonly name: string
  readonly value: string
  readonly use: 'proves' | 'shown'
  /** Whether its length is ours to choose. */
  readonly isOurs: boolean
}

const SHORT = 16
/** How people fill in examples: nothing but such words, and a number behind each at most. */
const KNOWN =
  /^(?:(?:change|replace|this|it|me|please|your|my|the|an?|our|test|testing|example|sample|demo|dev|default|secret|secrets|password|passwd|passw0rd|pass|placeholder|token|key|api|webhook|admin|root|user|qwerty|abc|abcd|abcdef|xxx+|rapid|fire|venom|bot|bridge|here|123|1234|12345|0123456789)[-_.\s]?\d{0,8}[-_.\s]?)+$/i
const FEW_CHARACTERS = 5

const NEW_ONE = '`openssl rand -hex 24` makes a new one'

export function checkSecrets(secrets: readonly NamedSecret[]): Finding[] {
  return [...secrets.flatMap(judged), ...givenOut(secrets)]
}

function judged({ name, value, isOurs }: NamedSecret): Finding[] {
  if (!isOurs) return []
  if (KNOWN.test(value) || new Set(value).size < FEW_CHARACTERS) {
    return [found('secret_known', `${name} is a word that anybody would try`, NEW_ONE)]
  }
  if (value.length >= SHORT) return []
  return [
    found('secret_short', `${name} has ${value.length} characters and can be guessed`, NEW_ONE),
  ]
}

/** Whoever gets it could call in the name of people. */
function givenOut(secrets: readonly NamedSecret[]): Finding[] {
  const shown = secrets.filter(({ use }) => use === 'shown')
  return secrets
    .filter(({ use }) => use === 'proves')
    .flatMap((secret) => {
      const same = shown.find(({ name, value }) => value === secret.value && name !== secret.name)
      if (same === undefined) return []
      return [
        found(
          'secret_given_out',
          `${secret.name} lets callers in, and as ${same.name} it is given to the other side`,
          `use two: ${NEW_ONE}`,
        ),
      ]
    })
}

/** A Redis that others reach, and that asks nobody who they are. `url`: as REDIS_URL has it. */
export function checkRedisAccess(url: string, password: string | null): Finding[] {
  const { nodes, password: given } = addressOf({ url, password })
  const elsewhere = nodes.find(({ host }) => !/^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host))
  if (elsewhere === undefined || given !== null) return []
  return [
    found(
      'redis_without_password',
      `Redis on ${elsewhere.host} is used without a password`,
      'give it a user and a password, see "The user of Redis" in docs/operating.md, and set REDIS_URL',
    ),
  ]
}
