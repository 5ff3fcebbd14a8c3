/** What the settings of several providers have in common. */
import { isUrl, text } from '../config/spec.ts'

/** A secret that somebody else chose, so its length is not ours to judge. */
export function secret({ env, meaning }: { env: string; meaning: string }) {
  return text({
    env,
    default: null,
    allowed: 'printable characters without spaces',
    pattern: /^[!-~]{8,2048}$/,
    secret: true,
    neverEmpty: true,
    meaning,
  })
}

/** Official APIs tell their own limits by 429. */
export const NO_CEILING = { perMinute: null, perDay: null } as const
/** Bridges on somebody's own number are banned for haste. */
export const BRIDGE_CEILING = { perMinute: 20, perDay: null } as const

/** Name of a header, in lower case as Node gives it. */
export function headerName({
  env,
  default: standard,
  meaning,
}: {
  env: string
  default: string
  meaning: string
}) {
  return text({
    env,
    default: standard,
    allowed: 'the name of a header in lower case, for example x-webhook-token',
    pattern: /^[a-z0-9-]{1,64}$/,
    meaning,
  })
}

/** Address of a provider's server; without a default nothing is sent by it. */
export function serverUrl<T extends string | null>({
  env,
  default: standard,
  meaning,
  example,
}: {
  env: string
  default: T
  meaning: string
  example: string
}) {
  return text<T>({
    env,
    default: standard,
    allowed: `http://… or https://…, for example ${example}`,
    pattern: /^https?:\/\/\S+$/,
    also: isUrl,
    meaning,
  })
}
