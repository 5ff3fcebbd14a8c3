/** What there is of the embedded store while its file is open, put together. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoreTimes } from '../store.ts'
import { AliasRows } from './alias-rows.ts'
import { ConversationRows } from './conversation-rows.ts'
import { Examiner } from './examine.ts'
import { GroupCommit } from './group-commit.ts'
import { storeId } from './identity.ts'
import { Listing } from './listing.ts'
import { Marks } from './marks.ts'
import { Operations } from './operations.ts'
import { RestoreRows } from './restore.ts'
import { Retention } from './retention.ts'
import { Snapshot } from './snapshot.ts'
import { SpentRows } from './spending.ts'
import { Tally } from './tally.ts'

export interface Opened {
  readonly database: DatabaseSync
  readonly id: string
  readonly group: GroupCommit
  /** A write without an effect. */
  readonly touch: StatementSync
  readonly rows: ConversationRows
  readonly aliases: AliasRows
  readonly tally: Tally
  readonly spent: SpentRows
  readonly marks: Marks
  readonly operations: Operations
  readonly listing: Listing
  readonly retention: Retention
  readonly examiner: Examiner
  readonly snapshot: Snapshot
  readonly restoring: RestoreRows
}

/** `onWake`: a deadline came nearer than a processor may be sleeping. */
export function assemble(database: DatabaseSync, times: StoreTimes, onWake: () => void): Opened {
  const tally = new Tally(database)
  const rows = new ConversationRows(database, tally, times)
  const aliases = new AliasRows(database)
  const marks = new Marks(database)
  const operations = new Operations(rows, tally, marks, aliases, times)
  const group = new GroupCommit(database, tally, () => {
    if (operations.takeWake()) onWake()
  })
  return {
    database,
    id: storeId(database),
    group,
    touch: database.prepare(`UPDATE meta SET value = value WHERE name = 'id'`),
    rows,
    aliases,
    tally,
    spent: new SpentRows(database),
    marks,
    operations,
    listing: new Listing(database, times),
    retention: new Retention(database, rows, times.retentionMs),
    examiner: new Examiner(database, rows, aliases, tally, times),
    snapshot: new Snapshot(database, rows),
    restoring: new RestoreRows({ database, rows, tally, marks, aliases, times }),
  }
}
