/** The real classes of venom-bot over a page without a browser, as a library of a bridge. */
import { VenomLibrary } from '../../src/bridges/venom.ts'
import type { VenomClient } from '../../src/bridges/venom-client.ts'
import { importPeer } from './bridge-peers.ts'
import { browserOf, VenomPage } from './venom-page.ts'

interface RealClient extends VenomClient {
  initialize(): Promise<void>
}

type Whatsapp = new (browser: object, page: object, session: string, options: object) => RealClient

export interface RealVenom {
  readonly library: VenomLibrary
  readonly page: VenomPage
}

export async function realVenom(dataDir: string): Promise<RealVenom> {
  const { Whatsapp } = (await importPeer('venom-bot')) as unknown as { Whatsapp: Whatsapp }
  const page = new VenomPage()
  const library = new VenomLibrary({
    session: 'main',
    dataDir,
    module: {
      // What `create` does, but for the browser and the login.
      create: async (options) => {
        const browser = browserOf()
        const client = new Whatsapp(browser, page, options.session, options)
        options.browserInstance(browser, page, client)
        await client.initialize()
        return client
      },
    },
  })
  return { library, page }
}
