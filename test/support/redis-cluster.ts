/** A Redis Cluster of the test's own: primaries with a replica each, on free ports of loopback. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Cluster, Redis } from 'ioredis'
import { freePort, RedisServer } from './redis-server.ts'

const run = promisify(execFile)
const SLOTS = 16_384
/** A node that says nothing for so long is gone, ms. */
const NODE_TIMEOUT_MS = 1000
/** As many keys of a slot go at once, and others get their turn in between. */
const KEYS_A_MOVE = 100

/** What is of the primaries that live goes on. */
const PARTLY = ['--cluster-require-full-coverage', 'no']

interface Node {
  readonly id: string
  readonly port: number
  readonly isPrimary: boolean
  readonly primaryId: string | null
  readonly isAlive: boolean
  readonly slots: readonly (readonly [number, number])[]
}

export class RedisCluster implements AsyncDisposable {
  readonly servers: readonly RedisServer[]
  readonly url: string

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers
    this.url = `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  }

  static async start(primaries = 3, more: readonly string[] = []): Promise<RedisCluster> {
    const servers: RedisServer[] = []
    for (let n = 0; n < 2 * primaries; n += 1) {
      const bus = String(await freePort())
      const cluster = ['--cluster-enabled', 'yes', '--cluster-port', bus]
      const timing = ['--cluster-node-timeout', String(NODE_TIMEOUT_MS)]
      const kept = ['--appendonly', 'yes', '--repl-diskless-sync-delay', '0']
      servers.push(await RedisServer.start([...cluster, ...timing, ...kept, ...PARTLY, ...more]))
    }
    const cluster = new RedisCluster(servers)
    const named = servers.map(({ port }) => `127.0.0.1:${port}`)
    await run('redis-cli', [
      ...['--cluster', 'create', ...named],
      ...['--cluster-replicas', '1', '--cluster-yes'],
    ])
    await cluster.#until((nodes) => nodes.filter((node) => !node.isPrimary).length === primaries)
    // Each of them has to know it, whoever is asked.
    while (!(await cluster.#areAllReady())) await wait(50)
    return cluster
  }

  async #areAllReady(): Promise<boolean> {
    const infos = await Promise.all(
      this.servers.map(async (server) => {
        await using client = clientOf(server)
        const info = String(await client.redis.call('CLUSTER', 'INFO'))
        const slots = (await client.redis.call('CLUSTER', 'SLOTS')) as unknown[][]
        return /cluster_state:ok/.test(info) && slots.every((range) => range.length === 4)
      }),
    )
    return infos.every((isReady) => isReady)
  }

  /** Who has this slot now. */
  async primaryOf(slot: number): Promise<RedisServer> {
    const nodes = await this.nodes()
    const owner = nodes.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to))
    return this.#serverOf(owner)
  }

  #serverOf(node: Node | undefined): RedisServer {
    const server = this.servers.find(({ port }) => port === node?.port)
    if (!server) throw new Error('no server has it')
    return server
  }

  /** kill -9 of a primary; resolves when its replica has its slots and the Cluster is whole. */
  async failOver(server: RedisServer): Promise<void> {
    await server.down()
    await this.replaced(server)
  }

  /** Resolves when those that live have all slots. */
  async replaced(gone: RedisServer): Promise<void> {
    await this.#until((nodes) =>
      nodes.every(({ port, slots }) => port !== gone.port || slots.length === 0),
    )
  }

  /** One that was killed comes back, as a replica of who took its place, and has what that has. */
  async back(server: RedisServer): Promise<void> {
    await server.up()
    await using client = clientOf(server)
    const isReplica = async (): Promise<boolean> =>
      /master_link_status:up/.test(await client.redis.info('replication'))
    while (!(await isReplica())) await wait(50)
  }

  /** Moves a slot with all its keys to another primary, as an operator does, while people write. */
  async moveSlot(slot: number): Promise<{ from: RedisServer; to: RedisServer; keys: number }> {
    const nodes = await this.nodes()
    const primaries = nodes.filter(({ isPrimary, slots }) => isPrimary && slots.length > 0)
    const owner = primaries.find(({ slots }) => slots.some(([a, b]) => a <= slot && slot <= b))
    const other = primaries.find(({ id }) => id !== owner?.id)
    if (!owner || !other) throw new Error('there is nowhere to move it')
    const [from, to] = [this.#serverOf(owner), this.#serverOf(other)]
    await using source = clientOf(from)
    await using target = clientOf(to)
    await target.redis.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', owner.id)
    await source.redis.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', other.id)
    let keys = 0
    for (;;) {
      const some = (await source.redis.call(
        ...['CLUSTER', 'GETKEYSINSLOT', String(slot), String(KEYS_A_MOVE)],
      )) as string[]
      if (some.length === 0) break
      keys += some.length
      await source.redis.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...some)
      await wait(20)
    }
    for (const { redis } of [target, source]) {
      await redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', other.id)
    }
    return { from, to, keys }
  }

  async nodes(): Promise<Node[]> {
    for (const server of this.servers) {
      if (server.pid === 0) continue
      await using client = clientOf(server)
      return String(await client.redis.call('CLUSTER', 'NODES'))
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [nodeIn(line)]))
    }
    throw new Error('no node of the Cluster is up')
  }

  /** Of all primaries. */
  async keys(): Promise<string[]> {
    const cluster = new Cluster([{ host: '127.0.0.1', port: this.#alive }])
    await once(cluster, 'ready')
    const found = await Promise.all(cluster.nodes('master').map((node) => node.keys('*')))
    cluster.disconnect()
    return found.flat()
  }

  get #alive(): number {
    return this.servers.find(({ pid }) => pid !== 0)?.port ?? 0
  }

  async #until(is: (nodes: readonly Node[]) => boolean): Promise<void> {
    const until = performance.now() + 30_000
    for (;;) {
      const nodes = await this.nodes().catch(() => [])
      const slots = nodes.filter(({ isAlive }) => isAlive).flatMap((node) => node.slots)
      const isWhole = slots.reduce((sum, [from, to]) => sum + to - from + 1, 0) === SLOTS
      if (isWhole && is(nodes)) return
      if (performance.now() > until)
        throw new Error(`the Cluster is not whole: ${JSON.stringify(nodes)}`)
      await wait(50)
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** `<id> <ip:port@bus> <flags> <primary> … <state> <slot> <from-to> [<slot>-<-id]`. */
function nodeIn(line: string): Node {
  const [id = '', address = '', flags = '', primary = '', , , , link = '', ...ranges] =
    line.split(' ')
  const slots = ranges
    .filter((range) => /^\d/.test(range))
    .map((range) => range.split('-').map(Number))
    .map(([from = 0, to = from]): [number, number] => [from, to])
  return {
    id,
    port: Number(/:(\d+)@/.exec(address)?.[1]),
    isPrimary: flags.includes('master'),
    primaryId: primary === '-' ? null : primary,
    isAlive: !/fail|noaddr|handshake/.test(flags) && link === 'connected',
    slots,
  }
}

function clientOf({ port }: RedisServer): AsyncDisposable & { readonly redis: Redis } {
  const redis = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 1 })
  return { redis, [Symbol.asyncDispose]: async () => redis.disconnect() }
}
