/** A bridge on a library, in front of a gateway that takes all; for what a library really does. */
import { Bridge } from '../../src/bridges/bridge.ts'
import type { BridgeEvent } from '../../src/bridges/bridge-events.ts'
import type { Library } from '../../src/bridges/library.ts'
import { verify } from '../../src/channels/own/signature.ts'
import { defaultSettings } from './default-tenant.ts'
import { StubGateway } from './stub-gateway.ts'
import { tempFolder } from './temp-folder.ts'

const SECRET = 'a-secret-of-a-bridge'

export class BridgeStage {
  readonly folder = tempFolder('stage')
  readonly told: BridgeEvent[] = []
  readonly gateway: StubGateway
  bridge: Bridge | null = null
  url = ''
  readonly #ears = new Set<() => void>()

  private constructor(gateway: StubGateway) {
    this.gateway = gateway
  }

  static async open(): Promise<BridgeStage> {
    return new BridgeStage(await StubGateway.start())
  }

  async play(library: Library): Promise<Bridge> {
    const settings = {
      ...defaultSettings(),
      ...{ gatewayUrl: this.gateway.url, bridgePort: 0, bridgeHost: '127.0.0.1' },
      ...{ bridgeSession: 'main', secretKey: SECRET, venomApiKey: null },
      dataDir: this.folder.path,
    }
    const tell = (event: BridgeEvent): void => {
      this.told.push(event)
      for (const ear of this.#ears) ear()
    }
    this.bridge = new Bridge({ settings, library, tell })
    this.url = await this.bridge.start()
    return this.bridge
  }

  /** The n-th thing of this name that is told, from 1 on. */
  async heard(name: BridgeEvent['name'], n = 1): Promise<BridgeEvent> {
    for (;;) {
      const found = this.told.filter((event) => event.name === name)[n - 1]
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        const ear = (): void => {
          this.#ears.delete(ear)
          resolve()
        }
        this.#ears.add(ear)
      })
    }
  }

  /** The n-th post, and whether the gateway would have taken its signature. */
  async posted(n: number): Promise<{ event: string; data: unknown; url: string; signed: boolean }> {
    await this.gateway.received(n)
    const post = this.gateway.posts[n - 1]
    if (post === undefined) throw new Error('it was received and is not there')
    const { headers, url, body: rawBody, json } = post
    const call = { headers, url, rawBody, method: 'POST' }
    const { ok } = verify(call, [{ tenant: null, key: SECRET }], Date.now(), () => null)
    return { event: json.event, data: json.data, url, signed: ok }
  }

  async send(path: string, body: object, key?: string): Promise<[status: number, body: unknown]> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
    })
    return [response.status, await response.json()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bridge?.stop()
    await this.gateway.close()
    this.folder[Symbol.dispose]()
  }
}
