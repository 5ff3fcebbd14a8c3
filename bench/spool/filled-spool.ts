/** A spool folder as a process leaves it that died while Redis was away. */
import { Events } from '../../src/observability/events/events.ts'
import { encodeFact } from '../../src/spool/fact.ts'
import { Spool } from '../../src/spool/spool.ts'
import { SpoolFolder } from '../../src/spool/spool-folder.ts'
import { spooledMessage } from './spooled-message.ts'

const AT_ONCE = 500

export async function filledSpool(dataDir: string, messages: number): Promise<void> {
  const folder = new SpoolFolder(dataDir, Date.now)
  const limits = { maxMessages: 1e9, maxBytes: 1e12, maxAgeMs: 1e12 }
  const spool = new Spool({ folder, limits, events: new Events(), clock: Date.now })
  await spool.start()
  for (let done = 0; done < messages; done += AT_ONCE) {
    const count = Math.min(AT_ONCE, messages - done)
    const entries = Array.from({ length: count }, (_, n) => {
      const { lane, fact } = spooledMessage(done + n)
      return { lane, body: encodeFact(fact) }
    })
    await spool.keep(entries)
  }
  await spool.stop()
}
