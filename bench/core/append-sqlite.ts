/**
 * What the port costs beside SQLite itself: 128 callers of `append`, against the bare statements
 * that it runs, prepared and in commits of the same size, each on a new file.
 */
import type { Append } from '../../src/batching/store.ts'
import { atLeast, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { rounds } from '../runner/rounds.ts'
import { type AppendSql, appendSql, BareStatements } from '../stage/bare-statements.ts'
import { BUSY, callers } from '../stage/callers.ts'
import { type Cost, costOf } from '../stage/cost.ts'
import { appendsOf } from '../stage/messages.ts'
import { openSqlite } from '../stage/stores.ts'

export const appendSqlite: Bench = {
  name: 'append-sqlite',
  asks: 'SQLite: append through the port against bare statements in the same commits',
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  const appends = appendsOf(scale.of(20_000, 512))
  const sql = await appendSql()
  const measured = await rounds(
    'append',
    scale.of(15, 1),
    { bare: () => bare(sql, appends), port: () => port(appends) },
    scale,
  )
  return {
    reaches: [
      {
        what: `SQLite: append, ${BUSY} callers, of bare statements`,
        limit: atLeast(0.9),
        unit: '×',
        measured: measured.ratio('port', 'bare', 'perSecond'),
      },
      {
        what: '  CPU of the bare statements, of an append',
        limit: null,
        unit: '×',
        measured: measured.ratio('bare', 'port', 'clientUs'),
      },
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'messages a second',
        unit: '/s',
        bars: [
          { label: 'bare statements', spread: measured.spread('bare', 'perSecond') },
          { label: `port, ${BUSY} callers`, spread: measured.spread('port', 'perSecond') },
        ],
      },
      {
        title: 'CPU of a message',
        unit: 'µs',
        bars: [
          { label: 'bare statements', spread: measured.spread('bare', 'clientUs') },
          { label: 'port', spread: measured.spread('port', 'clientUs') },
        ],
      },
    ],
  }
}

async function port(appends: readonly Append[]): Promise<Cost> {
  await using opened = await openSqlite()
  const { store } = opened
  return await costOf(appends.length, () =>
    callers(BUSY, appends.length, (n) => store.append(appends[n] as Append)),
  )
}

async function bare(sql: AppendSql, appends: readonly Append[]): Promise<Cost> {
  using statements = new BareStatements(sql)
  return await costOf(appends.length, () => statements.appendAll(appends, BUSY))
}
