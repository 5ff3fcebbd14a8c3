/** Where the service is that a command acts on, and the token that it takes. */
import type { Settings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import { isLoopbackName } from '../ingress/access.ts'
import { knownOperatorToken } from '../operations/operator-token.ts'
import { readServiceAddress } from '../operations/service-address.ts'

/** Where a running one says it is, else where one would listen; no slash at the end. */
export async function serviceUrl(
  settings: Pick<Settings, 'dataDir' | 'host' | 'port'>,
): Promise<string> {
  const running = await readServiceAddress(settings.dataDir)
  if (running !== null) return running.url
  const everywhere = settings.host === '0.0.0.0' || settings.host === '::'
  const host = everywhere ? '127.0.0.1' : settings.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${settings.port}`
}

/**
 * The operator's token for it. The one in DATA_DIR is this machine's and is not sent to another;
 * ADMIN_TOKEN was set by someone who knows where it belongs.
 */
export async function tokenFor(
  url: string,
  settings: Pick<Settings, 'adminToken' | 'dataDir'>,
): Promise<string> {
  const token = isLoopbackName(new URL(url).hostname.replace(/^\[|\]$/g, ''))
    ? await knownOperatorToken(settings)
    : settings.adminToken
  if (token !== null) return token
  throw new RapidFireError(
    'refused',
    `the operator's token of ${url} is not known here, so the answer cannot be followed: run this ` +
      'in the folder of the service, or set DATA_DIR or ADMIN_TOKEN as it has it',
  )
}
