/** From a message in the messenger to the answer there, through a bridge and the service. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadSettings } from '../../src/config/load.ts'
import { startGateway } from '../../src/gateway.ts'
import { Events } from '../../src/observability/events/events.ts'
import { BridgeProcess } from '../support/bridge-process.ts'
import { closedPort } from '../support/closed-port.ts'
import { tempFolder } from '../support/temp-folder.ts'

const SECRET = 'a-secret-of-a-bridge'
const SEND_KEY = 'the-key-of-the-send-server'

interface Case {
  readonly library: 'venom' | 'baileys'
  /** What both sides are told. */
  readonly shared: Readonly<Record<string, string>>
  readonly urlSetting: string
  readonly order: object
}

const CASES: readonly Case[] = [
  {
    library: 'baileys',
    shared: { BAILEYS_SECRET_KEY: SECRET, BAILEYS_SEND_KEY: SEND_KEY },
    urlSetting: 'BAILEYS_SERVER_URL',
    order: { emit: ['Привет'] },
  },
  {
    library: 'venom',
    shared: { VENOM_SECRET_KEY: SECRET, VENOM_API_KEY: SEND_KEY },
    urlSetting: 'VENOM_SERVER_URL',
    order: {
      name: 'onAnyMessage',
      told: {
        ...{ id: 'false_79001234567@c.us_3EB0A', from: '79001234567@c.us', type: 'chat' },
        ...{ body: 'Привет', t: Math.floor(Date.now() / 1000), fromMe: false },
      },
    },
  },
]

describe('a message', () => {
  for (const { library, shared, urlSetting, order } of CASES) {
    it(`comes in and is answered through the bridge to ${library}`, async () => {
      using folder = tempFolder('loop')
      const [port, bridgePort] = [await closedPort(), await closedPort()]
      const { settings } = await loadSettings({
        cwd: folder.path,
        env: {
          ...{
            ...shared,
            PORT: String(port),
            DATA_DIR: `${folder.path}/service`,
            BATCH_TIMEOUT: '50',
          },
          ...{ PART_PAUSE_MIN: '0', [urlSetting]: `http://127.0.0.1:${bridgePort}` },
        },
      })
      const events = new Events()
      const answered = Promise.withResolvers<void>()
      events.subscribe((name, event) => {
        if (name === 'turn.answered') answered.resolve()
        if (name === 'turn.failed') answered.reject(new Error(JSON.stringify(event)))
      })
      const roles = ['api', 'processor', 'worker'] as const
      const gateway = await startGateway({ settings, roles, events })
      try {
        assert.ok(gateway.url)
        await using bridge = await BridgeProcess.start({
          ...{ library, folder: folder.path, gatewayUrl: gateway.url },
          env: { ...shared, BRIDGE_PORT: String(bridgePort) },
        })
        bridge.order(order)
        await answered.promise
        assert.match(bridge.notes().at(-1) ?? '', /^sent .* to 79001234567@.*: Привет$/)
        assert.deepEqual(
          bridge.lines.filter(({ level }) => level !== 'info'),
          [],
        )
      } finally {
        await gateway.stop()
      }
    })
  }
})
