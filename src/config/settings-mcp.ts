/** The settings of `rapid-fire mcp`, which acts on a running service from outside; part of `settings.ts`. */
import { isUrl, oneOf, text } from './spec.ts'

/** Names by which `rapid-fire mcp` knows a setting too; anywhere else they are other programs'. */
export const MCP_NAMES: Readonly<Record<string, string>> = {
  VENOM_SECRET_KEY: 'SECRET_KEY',
  MCP_SERVICE_URL: 'AI_ADMIN_API_URL',
}

export const MCP_SETTINGS = {
  mcpServiceUrl: text({
    env: 'MCP_SERVICE_URL',
    default: null,
    allowed: 'http://… or https://…, for example http://127.0.0.1:3000',
    pattern: /^https?:\/\/[^\s]+$/,
    also: isUrl,
    meaning: 'Where `mcp` finds the service. Unset: where DATA_DIR says, else at HOST and PORT.',
  }),
  mcpRealPeople: oneOf({
    env: 'MCP_REAL_PEOPLE',
    default: 'off',
    values: ['off', 'on'],
    meaning:
      'on: the tools of `mcp` may cause answers, and drop messages, also where answers are sent to people and not only shown.',
  }),
} as const
