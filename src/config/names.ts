/**
 * Tells a misspelt name of ours from a name that is none of our business.
 *
 * An environment is full of other programs' variables, and refusing to start over one of them is
 * worse than missing a typo. So a name is only called a mistake when it says something that only
 * we say (`BATCH_…`, `VENOM_…`), when it is our own name in another order or spelling, or when it
 * is long and a letter or two away.
 */
import { distance } from 'fastest-levenshtein'

/**
 * What the original read and we do not, and neighbours that other programs own. They are known, so
 * a `.env` that was written for the original keeps working.
 */
const KNOWN_FOREIGN =
  /^(?:WHATSAPP_|BAILEYS_|YCLIENTS_|POSTGRES_|CI_|GITHUB_|JENKINS_|KUBERNETES_|npm_|QUEUE_KEEP_|REDIS_(?:PORT|HOST|DB|USER|USERNAME|CONNECT_TIMEOUT)$|(?:WEBHOOK_URL|API_BASE_URL|AI_ADMIN_API_URL|API_KEY|SECRET_KEY|LOGLEVEL|DATADIR|NODE_ENVIRONMENT)$)|_(?:SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_\w+)$/

/** Words of which one is enough to know that a shortened name means us. */
const OURS_ALONE = new Set(['BATCH', 'VENOM', 'DEDUPE', 'HANDOVER'])

/** Below this many letters a name is too common to be judged by likeness: PORT, HOST, SPOOL. */
const LIKENESS_FROM = 8

/** `batchTimeout`, `batch-timeout`, `Batch.Timeout` → `BATCH_TIMEOUT`. */
export function asVariable(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-. ]+/g, '_')
    .toUpperCase()
}

const UNIT = /_(?:MS|MILLIS|MILLISECONDS|S|SEC|SECS|SECONDS)$/
const wordsOf = (name: string): string[] => name.split('_').filter((word) => word !== '')
const sorted = (name: string): string => wordsOf(name).sort().join('_')

/**
 * The one of `ours` that a variable's name was meant to be, or null when the name is foreign or
 * one of ours.
 */
export function misspelt(given: string, ours: readonly string[]): string | null {
  if (ours.includes(given) || KNOWN_FOREIGN.test(given)) return null
  const name = asVariable(given)
  const plain = name.replace(UNIT, '').replace(/^(?:RAPID_FIRE|RAPIDFIRE)_(?=.*_)/, '')
  const exact = ours.find((one) => one.length > 5 && (one === name || one === plain))
  if (exact !== undefined) return exact
  return (
    reordered(plain, ours) ?? shortened(plain, ours) ?? alike(name, ours) ?? lengthened(plain, ours)
  )
}

function reordered(name: string, ours: readonly string[]): string | null {
  if (wordsOf(name).length < 2) return null
  return ours.find((one) => sorted(one) === sorted(name)) ?? null
}

/** BATCH_SIZE is MAX_BATCH_SIZE without a word; API_KEY says nothing that only we say. */
function shortened(name: string, ours: readonly string[]): string | null {
  const words = wordsOf(name)
  if (words.length < 2 || !words.some((word) => OURS_ALONE.has(word))) return null
  const longer = ours.filter((one) => words.every((word) => wordsOf(one).includes(word)))
  return nearest(name, longer)
}

/** BATCH_TIMEOUT_PHOTO: ours, with a word behind it that is not. */
function lengthened(name: string, ours: readonly string[]): string | null {
  const shorter = ours.filter(
    (one) => name.startsWith(`${one}_`) && wordsOf(one).some((word) => OURS_ALONE.has(word)),
  )
  return nearest(name, shorter)
}

function alike(name: string, ours: readonly string[]): string | null {
  if (name.length < LIKENESS_FROM) return null
  const best = nearest(name, ours)
  if (best === null || best.length < LIKENESS_FROM) return null
  const off = distance(name, best)
  if (off === 1 || (off === 2 && best.length >= 11)) return best
  // Two letters swapped are two edits, and the commonest slip of all.
  return off === 2 && [...name].sort().join('') === [...best].sort().join('') ? best : null
}

function nearest(name: string, ours: readonly string[]): string | null {
  let best: string | null = null
  for (const one of ours) {
    if (best === null || distance(name, one) < distance(name, best)) best = one
  }
  return best
}

/** For names that must be ours whatever they are, as in a config file: the likeliest, if any is. */
export function suggestion(given: string, ours: readonly string[]): string | null {
  const name = asVariable(given)
  const same = ours.find((one) => asVariable(one) === name)
  if (same !== undefined) return same
  const byVariable = new Map(ours.map((one) => [asVariable(one), one]))
  const names = [...byVariable.keys()]
  const best =
    reordered(name, names) ?? shortened(name, names) ?? alike(name, names) ?? nearest(name, names)
  if (best === null) return null
  return distance(name, best) <= Math.max(2, Math.floor(best.length / 3)) ||
    sorted(name) === sorted(best)
    ? (byVariable.get(best) ?? null)
    : null
}
