/** The settings of `rapid-fire bridge`, the process beside the messenger; part of `settings.ts`. */
import { int, isUrl, text } from './spec.ts'

export const BRIDGE_SETTINGS = {
  gatewayUrl: text({
    env: 'GATEWAY_URL',
    default: 'http://127.0.0.1:3000',
    allowed: 'http://… or https://…, for example http://127.0.0.1:3000',
    pattern: /^https?:\/\/[^\s]+$/,
    also: isUrl,
    meaning: 'Where a bridge posts what happens in the messenger.',
  }),
  bridgePort: int({
    env: 'BRIDGE_PORT',
    default: 3001,
    min: 0,
    max: 65_535,
    unit: 'port',
    meaning: 'Port on which a bridge takes what is to be sent; 0 = any free one.',
  }),
  bridgeHost: text({
    env: 'BRIDGE_HOST',
    default: '127.0.0.1',
    allowed: 'an address or host name, for example 127.0.0.1',
    pattern: /^[A-Za-z0-9.:_-]+$/,
    meaning: 'Address that a bridge listens on; any but this machine needs VENOM_API_KEY.',
  }),
  bridgeSession: text({
    env: 'BRIDGE_SESSION',
    default: 'main',
    allowed: '1 to 64 letters, digits, _ or -, for example main',
    pattern: /^[A-Za-z0-9_-]{1,64}$/,
    meaning:
      'Name of the account at the messenger: of its files in DATA_DIR, and in what is posted.',
  }),
} as const
