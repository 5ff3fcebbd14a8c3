/**
 * The settings, as one table: name, default, bounds, meaning. `load.ts` reads them, `docs/settings.md`
 * is generated from them, and `rapid-fire config` prints them. Names are a contract (the original's,
 * so that its users keep their files); units are in the property names.
 */
import { MESSAGE_TYPES, type MessageType } from '../message.ts'
import { ACCOUNT_SETTINGS, type AccountSettings } from './accounts.ts'
import { BRIDGE_SETTINGS } from './settings-bridge.ts'
import { CHANNEL_SETTINGS } from './settings-channels.ts'
import { HUMAN_SETTINGS } from './settings-human.ts'
import { LOG_SETTINGS } from './settings-log.ts'
import { MCP_SETTINGS } from './settings-mcp.ts'
import { METRICS_SETTINGS } from './settings-metrics.ts'
import { REDIS_SETTINGS } from './settings-redis.ts'
import { RESPONDER_SETTINGS } from './settings-responder.ts'
import { SPOOL_SETTINGS } from './settings-spool.ts'
import { TRACE_SETTINGS } from './settings-traces.ts'
import { TURN_SETTINGS } from './settings-turn.ts'
import { escapedText, int, isUrl, oneOf, optionalInt, type SettingSpec, text } from './spec.ts'

export type { SettingSpec } from './spec.ts'

/** What a header can carry as it is. */
const SECRET = /^[!-~]{16,512}$/
const secretAllowed = '16 to 512 characters without spaces, for example from `openssl rand -hex 24`'
const ID = /^[A-Za-z0-9_-]{1,64}$/

/** Idle wait for one message type; without it `BATCH_TIMEOUT` counts. */
const idleByType = Object.fromEntries(
  MESSAGE_TYPES.map((type) => [
    `idleMs_${type}`,
    optionalInt({
      env: `BATCH_TIMEOUT_${type.toUpperCase()}`,
      min: 0,
      max: 600_000,
      unit: 'milliseconds',
      example: type === 'voice' ? 20_000 : 10_000,
      meaning: `Silence after a message of type ${type}; unset: BATCH_TIMEOUT.`,
    }),
  ]),
) as Record<`idleMs_${MessageType}`, SettingSpec<number | null>>

export const SETTINGS = {
  idleMs: int({
    env: 'BATCH_TIMEOUT',
    default: 10_000,
    min: 0,
    max: 600_000,
    unit: 'milliseconds',
    meaning: 'batchTimeout: silence after the last message until a batch is answered.',
  }),
  maxSize: int({
    env: 'MAX_BATCH_SIZE',
    default: 10,
    min: 1,
    max: 500,
    unit: 'messages',
    meaning: 'maxBatchSize: as many messages are answered at once; the rest is the next batch.',
  }),
  ageS: int({
    env: 'DEFAULT_TTL',
    default: 60,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    meaning:
      'defaultTTL: no batch stays open longer, counted from its first message; then it is answered.',
  }),
  checkMs: int({
    env: 'CHECK_INTERVAL',
    default: 1000,
    min: 10,
    max: 60_000,
    unit: 'milliseconds',
    meaning: 'checkInterval: the longest that the processor sleeps.',
  }),
  ...idleByType,

  port: int({
    env: 'PORT',
    default: 3000,
    min: 0,
    max: 65_535,
    unit: 'port',
    meaning: 'Port of the API; 0 = any free one.',
  }),
  host: text({
    env: 'HOST',
    default: '127.0.0.1',
    allowed: 'an address or host name, for example 127.0.0.1',
    pattern: /^[A-Za-z0-9.:_-]+$/,
    meaning: 'Address that the API listens on.',
  }),
  ...REDIS_SETTINGS,
  dataDir: text({
    env: 'DATA_DIR',
    default: './data',
    allowed: 'a folder, for example ./data',
    meaning:
      "Folder for the embedded store, the operator's token and the address of the running service.",
  }),

  defaultTenant: text({
    env: 'DEFAULT_COMPANY_ID',
    default: 'default',
    allowed: '1 to 64 letters, digits, _ or -, for example 962302',
    pattern: ID,
    meaning: 'Tenant of messages that name none.',
  }),
  secretKey: text({
    env: 'VENOM_SECRET_KEY',
    default: null,
    allowed: secretAllowed,
    pattern: SECRET,
    secret: true,
    neverEmpty: true,
    meaning: 'Secret with which bridges sign their calls (x-signature, x-timestamp).',
  }),
  webhookApiKey: text({
    env: 'WEBHOOK_API_KEY',
    default: null,
    allowed: secretAllowed,
    pattern: SECRET,
    secret: true,
    neverEmpty: true,
    meaning: 'Static x-api-key, accepted instead of a signature on our own format.',
  }),
  adminToken: text({
    env: 'ADMIN_TOKEN',
    default: null,
    allowed: secretAllowed,
    pattern: SECRET,
    secret: true,
    neverEmpty: true,
    meaning: "The operator's bearer token. Unset: made at first start and kept in DATA_DIR.",
  }),
  venomServerUrl: text({
    env: 'VENOM_SERVER_URL',
    default: null,
    allowed: 'http://… or https://…, for example http://127.0.0.1:3001',
    pattern: /^https?:\/\/[^\s]+$/,
    also: isUrl,
    meaning: 'Bridge that sends the replies: POST {url}/send-message. Unset: replies are printed.',
  }),
  venomApiKey: text({
    env: 'VENOM_API_KEY',
    default: null,
    allowed: 'printable characters without spaces',
    pattern: /^[!-~]{1,512}$/,
    secret: true,
    meaning: 'x-api-key that is sent to the bridge with each reply.',
  }),
  venomTyping: oneOf({
    env: 'VENOM_TYPING',
    default: 'off',
    values: ['off', 'on'],
    meaning: 'on: the bridge is told when an answer is being written, by POST {url}/send-typing.',
  }),
  sendTimeoutMs: int({
    env: 'SEND_TIMEOUT',
    default: 15_000,
    min: 100,
    max: 300_000,
    unit: 'milliseconds',
    meaning: 'How long one part of a reply may take to be sent.',
  }),
  ...BRIDGE_SETTINGS,

  responder: oneOf({
    env: 'RESPONDER',
    default: 'echo',
    values: ['echo', 'ai', 'http', 'forward', 'module'],
    meaning:
      'What produces the answer: echo gives back the merged text, ai asks a model, http asks a backend, forward hands over and says nothing, module is a file of yours.',
  }),
  responderTimeoutMs: int({
    env: 'RESPONDER_TIMEOUT',
    default: 90_000,
    min: 100,
    max: 600_000,
    unit: 'milliseconds',
    meaning: 'How long an answer may take.',
  }),
  ...RESPONDER_SETTINGS,
  ...TURN_SETTINGS,
  ...CHANNEL_SETTINGS,
  ...HUMAN_SETTINGS,
  separator: escapedText({
    env: 'BATCH_SEPARATOR',
    default: ' ',
    maxLength: 16,
    meaning: 'Between the texts of a batch; \\n is a line break.',
  }),
  phoneRegion: text({
    env: 'PHONE_REGION',
    default: 'RU',
    allowed: 'a country of two capital letters, for example RU, or NONE',
    pattern: /^[A-Z]{2}$|^NONE$/,
    meaning: 'Country of local spellings such as 8 900 …; NONE takes numbers as they come.',
  }),
  workerConcurrency: int({
    env: 'WORKER_CONCURRENCY',
    default: 20,
    min: 1,
    max: 1000,
    unit: 'turns',
    meaning: 'Turns that one worker answers at a time.',
  }),
  maxTries: int({
    env: 'QUEUE_RETRY_ATTEMPTS',
    default: 3,
    min: 1,
    max: 100,
    unit: 'tries',
    meaning: 'Tries until a batch is failed.',
  }),
  retryDelayMs: int({
    env: 'QUEUE_RETRY_DELAY',
    default: 2000,
    min: 0,
    max: 900_000,
    unit: 'milliseconds',
    meaning: 'Wait before the second try; doubled each time, up to 15 minutes, with jitter.',
  }),
  keepJobsS: int({
    env: 'QUEUE_KEEP_COMPLETED_SECONDS',
    default: 0,
    min: 0,
    max: 604_800,
    unit: 'seconds',
    meaning: 'How long ended jobs are kept for looking at; nothing depends on them.',
  }),
  queueName: text({
    env: 'QUEUE_NAME',
    default: 'rapid-fire-messages',
    allowed: '1 to 64 letters, digits, _ or -',
    pattern: ID,
    meaning: 'Name of the BullMQ queue.',
  }),
  jobName: text({
    env: 'QUEUE_JOB_NAME',
    default: 'process-message',
    allowed: '1 to 64 letters, digits, _ or -',
    pattern: ID,
    meaning: 'Name of its jobs.',
  }),

  leaseMs: int({
    env: 'WORKER_LEASE',
    default: 15_000,
    min: 1000,
    max: 600_000,
    unit: 'milliseconds',
    meaning: 'A worker that is silent for so long is taken for dead.',
  }),
  handoverMs: int({
    env: 'HANDOVER_LEASE',
    default: 5000,
    min: 100,
    max: 600_000,
    unit: 'milliseconds',
    meaning: 'A turn that no queue has taken for so long is handed over again.',
  }),
  maxStarts: int({
    env: 'MAX_STARTS',
    default: 5,
    min: 1,
    max: 100,
    unit: 'starts',
    meaning: 'Starts of a turn without an end after which it is failed as poison.',
  }),
  dedupeS: int({
    env: 'DEDUPE_WINDOW',
    default: 86_400,
    min: 60,
    max: 2_592_000,
    unit: 'seconds',
    meaning: 'How long the id of a message is remembered.',
  }),
  maxMessageAgeS: int({
    env: 'MAX_MESSAGE_AGE',
    default: 43_200,
    min: 60,
    max: 2_592_000,
    unit: 'seconds',
    meaning: 'Messages that were written longer ago are kept as failed, not answered unasked.',
  }),
  retentionS: int({
    env: 'RETENTION',
    default: 86_400,
    min: 0,
    max: 31_536_000,
    unit: 'seconds',
    meaning: 'How long answered batches are kept; 0 = not at all.',
  }),
  maxPending: int({
    env: 'MAX_PENDING',
    default: 200_000,
    min: 1,
    max: 100_000_000,
    unit: 'batches',
    meaning:
      'Batches that wait for an answer, open or on their way to it, at which new ones get 503.',
  }),
  ...SPOOL_SETTINGS,
  ...MCP_SETTINGS,

  ...LOG_SETTINGS,
  ...TRACE_SETTINGS,
  ...METRICS_SETTINGS,
  nodeEnv: text({
    env: 'NODE_ENV',
    default: 'development',
    allowed: 'a word, for example production',
    pattern: /^[A-Za-z0-9_-]*$/,
    meaning: 'With production nothing unsigned is taken.',
  }),
} as const

export type SettingName = keyof typeof SETTINGS

/** The table in its order, for those that go through all of it. */
export const SPECS = Object.entries({ ...SETTINGS, ...ACCOUNT_SETTINGS }) as readonly [
  SettingName,
  SettingSpec<unknown>,
][]

type ValueOf<S> = S extends SettingSpec<infer T> ? T : never
type Widen<T> = T extends string ? (string extends T ? string : T) : T
/** All settings in force; read nowhere but where the process is put together. */
export type FlatSettings = {
  readonly [Name in SettingName]: Widen<ValueOf<(typeof SETTINGS)[Name]>>
}

/** What a tenant may have of its own; what it leaves out is as for everyone. */
export type TenantSettingName = (typeof TENANT_SETTING_NAMES)[number]

export const TENANT_SETTING_NAMES = [
  'idleMs',
  'maxSize',
  'ageS',
  'whileAnswering',
  'maxInterrupts',
  'onUncertain',
  'uncertainElse',
  'reconcileMs',
  'fallbackReply',
  'facts',
  'systemPromptFile',
  'dailyTokens',
  'budgetReply',
  'thanksReaction',
  'openingHours',
  'timeZone',
  'closedReply',
  'turnsPerMinute',
  'takeover',
  'takeoverS',
  'pauseWords',
  'resumeWords',
  'humanWords',
  'stopWords',
  'startWords',
  'flushWords',
  'groups',
  'captionMs',
  'sendPerMinute',
  'sendPerDay',
  'sendNewSince',
] as const satisfies readonly SettingName[]

/** One business. Comes from `rapid-fire.config.ts`; what it leaves out is as for everyone. */
export interface TenantSettings extends Pick<FlatSettings, TenantSettingName> {
  readonly id: string
  /** Its own secret for signed calls. */
  readonly secretKey: string | null
  readonly idleMsByType: Readonly<Partial<Record<MessageType, number>>>
  readonly ageMs: number
}

export interface Settings extends FlatSettings {
  /** By id; the default tenant is always there. */
  readonly tenants: ReadonlyMap<string, TenantSettings>
  /** At providers: one of the default tenant for each, and what other tenants have. */
  readonly accounts: readonly AccountSettings[]
}
