/** The settings of what produces the answer, part of the table in `settings.ts`. */
import { int, isUrl, oneOf, optionalInt, optionalNumber, text, words } from './spec.ts'

const url = {
  allowed: 'http://… or https://…, for example http://127.0.0.1:5678/webhook/bot',
  pattern: /^https?:\/\/[^\s]+$/,
  also: isUrl,
}

const secret = {
  default: null,
  allowed: 'printable characters without spaces',
  pattern: /^[!-~]{1,512}$/,
  secret: true,
} as const

const PROVIDER = /^[a-z0-9@][a-z0-9@/._-]{0,99}$/
const providerAllowed =
  'openai-compatible, or a provider of the AI SDK such as openai, anthropic, google, mistral'

export const RESPONDER_SETTINGS = {
  responderUrl: text({
    env: 'RESPONDER_URL',
    default: null,
    ...url,
    meaning: 'Backend that http and forward post the turn to.',
  }),
  responderSecret: text({
    env: 'RESPONDER_SECRET',
    ...secret,
    meaning: 'Secret with which these posts are signed (x-signature, x-timestamp).',
  }),
  responderModule: text({
    env: 'RESPONDER_MODULE',
    default: null,
    allowed: 'a file, for example ./bot.ts',
    meaning: 'File whose default export is asked for the answer by module.',
  }),
  publicUrl: text({
    env: 'PUBLIC_URL',
    default: null,
    ...url,
    meaning:
      'Where a backend reaches this service to answer later. Unset: the address that the API listens on.',
  }),
  callbackMs: int({
    env: 'CALLBACK_TIMEOUT',
    default: 600_000,
    min: 1000,
    max: 86_400_000,
    unit: 'milliseconds',
    meaning: 'How long a backend that answers later may take.',
  }),
  responderCallsPerMinute: optionalInt({
    env: 'RESPONDER_RATE',
    min: 1,
    max: 1_000_000,
    unit: 'calls a minute',
    example: 500,
    meaning: 'As often is the responder asked, all tenants together; unset: no limit.',
  }),
  turnsPerMinute: optionalInt({
    env: 'TENANT_RATE',
    min: 1,
    max: 1_000_000,
    unit: 'turns a minute',
    example: 60,
    meaning: 'As many turns of one tenant are answered; the others wait. Unset: no limit.',
  }),

  aiProvider: text({
    env: 'AI_PROVIDER',
    default: 'openai-compatible',
    allowed: providerAllowed,
    pattern: PROVIDER,
    meaning: 'Whose models ai asks. Others than openai-compatible: npm install @ai-sdk/<name>.',
  }),
  aiModel: text({
    env: 'AI_MODEL',
    default: null,
    allowed: 'the name of a model, for example gpt-5-mini',
    pattern: /^\S{1,200}$/,
    meaning: 'Model that ai asks.',
  }),
  aiApiKey: text({ env: 'AI_API_KEY', ...secret, meaning: 'Key of the provider.' }),
  aiBaseUrl: text({
    env: 'AI_BASE_URL',
    default: null,
    ...url,
    allowed: 'http://… or https://…, for example http://127.0.0.1:11434/v1',
    meaning: 'Address of an OpenAI-compatible server, or another address of the provider.',
  }),
  systemPromptFile: text({
    env: 'AI_SYSTEM_PROMPT_FILE',
    default: null,
    allowed: 'a file, for example ./prompt.md',
    meaning: 'File with the system prompt; read again when it changes.',
  }),
  facts: text({
    env: 'AI_FACTS',
    default: null,
    allowed: 'text, for example "Open 9 to 18; a haircut is 1500"',
    pattern: /^[^\0]{1,20000}$/,
    meaning: 'What the model is told about the business, after the system prompt.',
  }),
  aiTemperature: optionalNumber({
    env: 'AI_TEMPERATURE',
    min: 0,
    max: 2,
    example: 0.3,
    meaning: "Temperature; unset: the model's own.",
  }),
  aiMaxTokens: optionalInt({
    env: 'AI_MAX_TOKENS',
    min: 1,
    max: 1_000_000,
    unit: 'tokens',
    example: 1000,
    meaning: 'The longest answer; unset: as the provider has it.',
  }),
  dailyTokens: optionalInt({
    env: 'AI_DAILY_TOKENS',
    min: 0,
    max: 1_000_000_000_000,
    unit: 'tokens',
    example: 200_000,
    meaning: 'What one tenant may spend a day (UTC), in and out; unset: no limit.',
  }),
  budgetReply: text({
    env: 'AI_BUDGET_REPLY',
    default: null,
    allowed: 'text of 1 to 4096 characters',
    pattern: /^[^\0]{1,4096}$/,
    meaning: 'Answer once that is spent. Unset: the batch is failed as budget_spent.',
  }),
  aiMedia: oneOf({
    env: 'AI_MEDIA',
    default: 'references',
    values: ['references', 'bytes'],
    meaning: 'What the model gets of images and files: their names and addresses, or the files.',
  }),

  transcribeModel: text({
    env: 'TRANSCRIBE_MODEL',
    default: null,
    allowed: 'the name of a model, for example whisper-1',
    pattern: /^\S{1,200}$/,
    meaning: 'Model that turns voice into text. Unset: voice is not transcribed.',
  }),
  transcribeProvider: text({
    env: 'TRANSCRIBE_PROVIDER',
    default: 'openai-compatible',
    allowed: providerAllowed,
    pattern: PROVIDER,
    meaning: 'Whose model that is.',
  }),
  transcribeApiKey: text({
    env: 'TRANSCRIBE_API_KEY',
    ...secret,
    meaning: 'Its key. Unset: AI_API_KEY.',
  }),
  transcribeBaseUrl: text({
    env: 'TRANSCRIBE_BASE_URL',
    default: null,
    ...url,
    meaning: 'Its address. Unset: AI_BASE_URL.',
  }),
  transcribeMs: int({
    env: 'TRANSCRIBE_TIMEOUT',
    default: 30_000,
    min: 100,
    max: 300_000,
    unit: 'milliseconds',
    meaning: 'How long fetching and transcribing one voice message may take.',
  }),
  mediaHosts: words({
    env: 'MEDIA_HOSTS',
    default: [],
    allowed: 'host[:port] separated by commas, for example 127.0.0.1:3001',
    pattern: /^[A-Za-z0-9.[\]:_-]{1,255}$/,
    meaning:
      'Hosts on private addresses from which files may be fetched, as a bridge beside this service; public ones always may.',
  }),
  mediaMaxBytes: int({
    env: 'MEDIA_MAX_BYTES',
    default: 16_777_216,
    min: 1024,
    max: 104_857_600,
    unit: 'bytes',
    meaning: 'The largest file that is fetched.',
  }),
} as const
