/**
 * How many messages a second the spool keeps, each durable before its caller hears of it: one caller,
 * and as many as a busy API has, who share commits. Against rows with the same JSON, the sum over its
 * bytes and the lane, made and written in commits of the same number by bare statements. That is what
 * a message costs that is to be known whole after a crash, whoever keeps it.
 *
 * What is promised: half of that. The other half is for promises, limits and lanes, and for commits
 * that are as large as there are callers at the moment.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { Events } from '../../src/observability/events/events.ts'
import { encodeFact } from '../../src/spool/fact.ts'
import { Spool } from '../../src/spool/spool.ts'
import { SpoolFolder } from '../../src/spool/spool-folder.ts'
import { atLeast, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { temporaryFolder } from '../stage/stores.ts'
import { spooledMessage } from './spooled-message.ts'

export const spoolKeep: Bench = {
  name: 'spool-keep',
  asks: 'messages a second that the spool keeps, each on the disk',
  run,
}

const LIMITS = { maxMessages: 1e9, maxBytes: 1e12, maxAgeMs: 1e12 }

async function run(scale: Scale): Promise<Outcome> {
  const alone = () => keep(1, scale.of(2000, 5))
  const together = () => keep(BUSY, scale.of(60_000, 130))
  const bare = () => bareRows(scale.of(60_000, 130))
  const measured = await rounds('keeping', scale.of(5, 1), { alone, together, bare }, scale)
  return {
    reaches: [
      {
        what: `spool: messages a second of ${BUSY} callers, of bare statements in commits of ${BUSY}`,
        limit: atLeast(0.5),
        unit: '×',
        measured: measured.ratio('together', 'bare', 'perSecond'),
      },
      ...(['together', 'alone', 'bare'] as const).map((arm) => ({
        what: `  ${arm}`,
        limit: null,
        unit: '/s',
        measured: measured.spread(arm, 'perSecond'),
      })),
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'kept a second',
        unit: '/s',
        bars: (['alone', 'together', 'bare'] as const).map((arm) => ({
          label: arm,
          spread: measured.spread(arm, 'perSecond'),
        })),
      },
    ],
    note: 'one process; a row is what the spool keeps of a short message',
  }
}

async function keep(count: number, messages: number): Promise<Figures> {
  const dir = temporaryFolder()
  const folder = new SpoolFolder(dir, Date.now)
  const spool = new Spool({ folder, limits: LIMITS, events: new Events(), clock: Date.now })
  await spool.start()
  const startedAt = performance.now()
  await callers(count, messages, (n) => {
    const { lane, fact } = spooledMessage(n)
    return spool.keep([{ lane, body: encodeFact(fact) }])
  })
  const perSecond = (messages / (performance.now() - startedAt)) * 1000
  await spool.stop()
  rmSync(dir, { recursive: true, force: true })
  return { perSecond }
}

async function bareRows(messages: number): Promise<Figures> {
  const dir = temporaryFolder()
  const database = new DatabaseSync(join(dir, 'bare.db'))
  database.exec(
    'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
  )
  database.exec(
    'CREATE TABLE rows (id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL) STRICT',
  )
  const insert = database.prepare('INSERT INTO rows (lane, body, sum) VALUES (?, ?, ?)')
  const startedAt = performance.now()
  for (let done = 0; done < messages; done += BUSY) {
    database.exec('BEGIN')
    for (let n = done; n < done + BUSY; n += 1) {
      const { lane, fact } = spooledMessage(n)
      const body = encodeFact(fact)
      insert.run(lane, body, crc32(body))
    }
    database.exec('COMMIT')
  }
  const perSecond = (messages / (performance.now() - startedAt)) * 1000
  database.close()
  rmSync(dir, { recursive: true, force: true })
  return { perSecond }
}
