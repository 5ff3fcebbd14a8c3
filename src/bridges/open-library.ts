/** The library of a bridge by its name; each is loaded only when it is used. */
import type { Settings } from '../config/settings.ts'
import type { BaileysModule } from './baileys-socket.ts'
import type { Library, LibraryName } from './library.ts'
import { loadLibrary } from './load-library.ts'
import type { VenomModule } from './venom-client.ts'
import { waitFor } from './wait.ts'

const PACKAGES = { venom: 'venom-bot', baileys: '@whiskeysockets/baileys' } as const

/** Rejects with `library_missing` or `library_failed`. */
export async function openLibrary(
  name: LibraryName,
  { bridgeSession: session, dataDir }: Pick<Settings, 'bridgeSession' | 'dataDir'>,
): Promise<Library> {
  const module = await loadLibrary(PACKAGES[name])
  if (name === 'venom') {
    const { VenomLibrary } = await import('./venom.ts')
    return new VenomLibrary({ module: module as unknown as VenomModule, session, dataDir })
  }
  const { BaileysLibrary } = await import('./baileys.ts')
  return new BaileysLibrary({
    module: module as unknown as BaileysModule,
    session,
    dataDir,
    wait: waitFor,
  })
}
