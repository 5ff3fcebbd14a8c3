import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { misspelt, suggestion } from './names.ts'
import { SPECS } from './settings.ts'

const VARIABLES = SPECS.map(([, spec]) => spec.env)
const PROPERTIES = SPECS.map(([property]) => property)

describe('misspelt', () => {
  const cases: readonly [string, string][] = [
    ['BATCH_SIZE', 'MAX_BATCH_SIZE'],
    ['BATCH_TIMOUT', 'BATCH_TIMEOUT'],
    ['BATCHTIMEOUT', 'BATCH_TIMEOUT'],
    ['BATCH_TIMEOUT_MS', 'BATCH_TIMEOUT'],
    ['RAPID_FIRE_BATCH_TIMEOUT', 'BATCH_TIMEOUT'],
    ['TIMEOUT_BATCH', 'BATCH_TIMEOUT'],
    ['batchTimeout', 'BATCH_TIMEOUT'],
    ['defaultTTL', 'DEFAULT_TTL'],
    ['BATCH_TIMEOUT_VOCIE', 'BATCH_TIMEOUT_VOICE'],
    ['BATCH_TIMEOUT_PHOTO', 'BATCH_TIMEOUT'],
    ['REDIS_ULR', 'REDIS_URL'],
    ['VENOM_SECRET', 'VENOM_SECRET_KEY'],
    ['DEDUP_WINDOW', 'DEDUPE_WINDOW'],
  ]
  for (const [given, meant] of cases) {
    test(`${given} was meant to be ${meant}`, () => {
      assert.equal(misspelt(given, VARIABLES), meant)
    })
  }

  test('a name of ours is no mistake', () => {
    for (const name of VARIABLES) assert.equal(misspelt(name, VARIABLES), null, name)
  })

  test('short, common and foreign names are none of our business', () => {
    const foreign =
      'HOSTNAME HOSTS PORTS POT SPOOLS API_KEY SECRET_KEY REDIS_PORT REDIS_HOST REDIS_TLS_URL LOG_FILE ' +
      'LOG_FORMAT PORTAGE DATABASE_URL POSTGRES_PASSWORD OPENAI_API_KEY AWS_SECRET_ACCESS_KEY ' +
      'SPRING_BATCH_SIZE NODE_PATH WEB_CONCURRENCY ADMIN_PASSWORD QUEUE_URL COLORTERM XDG_DATA_DIRS ' +
      'DBUS_SESSION_BUS_ADDRESS SSH_AUTH_SOCK LS_COLORS LANG TERM SHLVL _ PWD OLDPWD VIRTUAL_ENV'
    for (const name of foreign.split(' ')) assert.equal(misspelt(name, VARIABLES), null, name)
  })
})

describe('OpenTelemetry’s names', () => {
  test('that we do not read are none of our business', () => {
    const signals = ['', 'TRACES_', 'METRICS_', 'LOGS_']
    const things = 'ENDPOINT HEADERS TIMEOUT COMPRESSION PROTOCOL CERTIFICATE CLIENT_KEY INSECURE'
    const names = signals.flatMap((signal) =>
      things.split(' ').map((thing) => `OTEL_EXPORTER_OTLP_${signal}${thing}`),
    )
    const others =
      'OTEL_SDK_DISABLED OTEL_PROPAGATORS OTEL_TRACES_EXPORTER OTEL_METRICS_EXPORTER OTEL_LOGS_EXPORTER ' +
      'OTEL_LOG_LEVEL OTEL_BSP_SCHEDULE_DELAY OTEL_SPAN_LINK_COUNT_LIMIT OTEL_METRIC_EXPORT_INTERVAL ' +
      'OTEL_NODE_RESOURCE_DETECTORS OTEL_EXPORTER_JAEGER_ENDPOINT OTEL_EXPORTER_ZIPKIN_ENDPOINT'
    for (const name of [...names, ...others.split(' ')]) {
      assert.equal(misspelt(name, VARIABLES), null, name)
    }
  })

  test('that were mistyped are', () => {
    const near = {
      OTEL_EXPORTER_OTLP_ENDPIONT: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      OTEL_EXPORTER_OTPL_ENDPOINT: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      OTEL_TRACE_SAMPLER: 'OTEL_TRACES_SAMPLER',
      OTEL_SERVICENAME: 'OTEL_SERVICE_NAME',
    }
    for (const [given, meant] of Object.entries(near)) {
      assert.equal(misspelt(given, VARIABLES), meant, given)
    }
  })
})

describe('suggestion', () => {
  test('finds the likeliest key of a config file', () => {
    assert.equal(suggestion('idlems', PROPERTIES), 'idleMs')
    assert.equal(suggestion('ageMs', PROPERTIES), 'ageS')
    assert.equal(suggestion('Port', PROPERTIES), 'port')
    assert.equal(suggestion('batchTimeout', VARIABLES), 'BATCH_TIMEOUT')
  })

  test('says nothing where nothing is alike', () => {
    assert.equal(suggestion('colour', PROPERTIES), null)
  })
})
