/** What compose.yaml says is true of this product: no engine runs it here, so each part is held. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { parse } from 'yaml'
import { loadSettings } from '../../src/config/load.ts'
import { SPECS } from '../../src/config/settings.ts'
import { documentText, fences } from '../support/documents.ts'
import { House, SECRET, stopSharedRedis } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'
import { root } from '../support/source-tree.ts'

interface Service {
  readonly image: string
  readonly command?: string | readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly env_file?: string
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { condition: string }>> | readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly stop_grace_period?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly read_only?: boolean
  readonly [other: string]: unknown
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const ROLES = ['api', 'processor', 'worker']
const FOLDER = join(root, 'deploy')
const compose = parse(documentText('deploy/compose.yaml'), { merge: true }) as Compose
const { services } = compose
const roles = ROLES.map((name) => [name, services[name] as Service] as const)

/** What the compose specification calls the parts of a service that are used here. */
const KNOWN = [
  ...['build', 'cap_drop', 'command', 'depends_on', 'env_file', 'environment', 'healthcheck'],
  ...['image', 'ports', 'read_only', 'restart', 'security_opt', 'stop_grace_period', 'tmpfs'],
  'volumes',
]

after(stopSharedRedis)

describe('deploy/compose.yaml', () => {
  it('has Redis, the three roles, Prometheus and Grafana, and no part that nobody knows', () => {
    assert.deepEqual(Object.keys(services).sort(), [
      ...['api', 'grafana', 'processor', 'prometheus', 'redis', 'worker'],
    ])
    for (const [name, service] of Object.entries(services)) {
      assert.deepEqual(
        Object.keys(service).filter((part) => !KNOWN.includes(part)),
        [],
        name,
      )
      assert.match(service.image, /^[\w./-]+:v?\d[\w.-]+$/, `${name}: an image of one version`)
    }
  })

  for (const [name, { command, environment = {}, ...service }] of roles) {
    it(`${name}: plays its role with settings that exist and start`, async () => {
      assert.deepEqual(command, ['start', '--role', name])
      const ours = new Set(SPECS.map(([, { env }]) => env))
      assert.deepEqual(
        Object.keys(environment).filter((variable) => !ours.has(variable)),
        [],
      )
      const given = Object.entries(environment).map(([variable, value]) => [variable, `${value}`])
      const env = { ...Object.fromEntries(given), VENOM_SECRET_KEY: SECRET }
      const { settings } = await loadSettings({ cwd: import.meta.dirname, env })
      assert.equal(new URL(settings.redisUrl ?? '').hostname, 'redis')
      assert.ok(service.volumes?.includes(`data:${settings.dataDir}`))
      assert.equal(service.env_file, '.env')
    })

    it(`${name}: waits for Redis, and is given time to end`, () => {
      assert.deepEqual(service.depends_on, { redis: { condition: 'service_healthy' } })
      assert.ok(Number.parseInt(service.stop_grace_period ?? '', 10) > 10)
      assert.ok(existsSync(join(FOLDER, service.build?.context ?? '', 'package.json')))
      assert.ok(existsSync(join(FOLDER, '..', service.build?.dockerfile ?? '')))
    })
  }

  it('publishes ports on this machine alone', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? [])
    assert.equal(ports.length, 3)
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/)
    assert.equal(services.redis?.ports, undefined)
    const { HOST, PORT } = services.api?.environment ?? {}
    assert.deepEqual([HOST, services.api?.ports], ['0.0.0.0', [`127.0.0.1:3000:${PORT}`]])
  })

  it('mounts what exists, and keeps on volumes what has to outlive a container', () => {
    const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes)
    const from = mounts.map((mount) => mount.split(':')[0] ?? '')
    const named = from.filter((name) => !name.startsWith('.'))
    assert.deepEqual([...new Set(named)].sort(), Object.keys(compose.volumes).sort())
    assert.deepEqual(
      from.filter((path) => path.startsWith('.') && !existsSync(join(FOLDER, path))),
      [],
    )
    assert.ok(services.redis?.volumes?.includes('redis:/data'))
  })

  it('starts a Redis as docs/operating.md wants it, of which a start has nothing to warn', async () => {
    const [program, ...args] = String(services.redis?.command).split(' ')
    assert.equal(program, 'redis-server')
    const [conf = ''] = fences(documentText('docs/operating.md'), 'conf')
    for (const line of conf.split('\n')) assert.ok(args.join(' ').includes(`--${line}`), line)
    await using server = await RedisServer.start(args)
    await using house = await House.start({ engine: 'redis', env: { REDIS_URL: server.url } })
    const ready = await house.request('GET', '/ready', undefined, house.token)
    const { findings } = ready.body.store as { findings: { code: string; severity: string }[] }
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== 'note'),
      [],
    )
  })

  it('has a Prometheus that scrapes each role, and a Grafana that finds it and its dashboards', () => {
    const scraped = parse(documentText('deploy/prometheus/prometheus.yml'))
    const [{ names, port }] = scraped.scrape_configs[0].dns_sd_configs
    assert.deepEqual(names, ROLES)
    for (const [name, { environment }] of roles) {
      assert.deepEqual(
        [environment?.METRICS_PORT, environment?.METRICS_HOST],
        [port, '0.0.0.0'],
        name,
      )
    }
    for (const file of scraped.rule_files) assert.ok(existsSync(join(FOLDER, 'prometheus', file)))
    const provisioning = 'deploy/grafana/provisioning'
    const source = parse(documentText(`${provisioning}/datasources/prometheus.yaml`)).datasources[0]
    assert.equal(source.url, 'http://prometheus:9090')
    const provider = parse(documentText(`${provisioning}/dashboards/rapid-fire.yaml`)).providers[0]
    assert.ok(
      services.grafana?.volumes?.includes(`./grafana/dashboards:${provider.options.path}:ro`),
    )
  })
})
