/**
 * The tables, as numbered migrations; `PRAGMA user_version` says how many have run.
 * A migration that was released is never changed: a new one is added.
 *
 *   batch    one row a batch, from open to the end of its retention
 *   message  one row a message id; `batch` and `body` are NULL once only the id is remembered
 *   hold     conversations that are not sealed now; `until` NULL = until released
 *   tally    the counts of messages
 *   past     what was said before, for the responder
 *   alias    conversations that lead to another one
 *   mark     hashes of what we sent, so that its echo is known as ours
 *   spent    what an account spent on a day
 *   meta     identity of the store
 *
 * Times are ms. They are REAL because a wait may be a fraction; SQLite keeps whole ones as integers.
 */
import { DatabaseSync } from 'node:sqlite'

/** `RFIR`: tells our files from those of other programs. */
export const APPLICATION_ID = 0x52464952

/** The states of a turn, as the conditions of the indexes spell them. */
export const IS_TURN = `state IN ('sealed', 'queued', 'running', 'waiting')`

const FIRST = `
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (
  name TEXT PRIMARY KEY,
  n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO tally (name, n) VALUES ('accepted', 0), ('duplicates', 0), ('answered', 0),
  ('failed', 0), ('discarded', 0), ('revoked', 0), ('open', 0);

CREATE TABLE hold (
  conversation TEXT PRIMARY KEY,
  until REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_end ON hold (until) WHERE until IS NOT NULL;

CREATE TABLE batch (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  conversation TEXT NOT NULL,
  state TEXT NOT NULL CHECK
    (state IN ('open', 'sealed', 'queued', 'running', 'waiting', 'answered', 'failed')),
  size INTEGER NOT NULL CHECK (size > 0),
  first_at REAL NOT NULL,
  last_at REAL NOT NULL,
  due_at REAL NOT NULL,
  age_ms REAL NOT NULL,
  max_size INTEGER NOT NULL,
  -- while open
  idle_ms REAL,
  last_loud INTEGER,
  over_at REAL,
  -- when to look: at an open batch, at an open batch that is held, at a turn
  wake_at REAL,
  hold_end_at REAL,
  look_at REAL,
  -- since the seal
  sealed_at REAL,
  cause TEXT,
  rest_id TEXT,
  attempt INTEGER,
  epoch INTEGER,
  starts INTEGER,
  retries INTEGER,
  draft TEXT,
  parts TEXT,
  -- since the end
  reason TEXT,
  settled_at REAL
) STRICT;
-- One open batch and one turn a conversation.
CREATE UNIQUE INDEX batch_open ON batch (conversation) WHERE state = 'open';
CREATE UNIQUE INDEX batch_turn ON batch (conversation) WHERE ${IS_TURN};
CREATE UNIQUE INDEX batch_aside ON batch (conversation, reason)
  WHERE state = 'failed' AND attempt = 0;
CREATE INDEX batch_wake ON batch (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX batch_hold_end ON batch (hold_end_at) WHERE hold_end_at IS NOT NULL;
CREATE INDEX batch_look ON batch (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX batch_untaken ON batch (first_at) WHERE state IN ('open', 'sealed');
CREATE INDEX batch_failed ON batch (settled_at) WHERE state = 'failed';
CREATE INDEX batch_answered ON batch (settled_at) WHERE state = 'answered';

CREATE TABLE message (
  seq INTEGER PRIMARY KEY,
  conversation TEXT NOT NULL,
  -- NULL once a later message took the id, after the window in which ids are remembered
  id_hash TEXT,
  forget_at REAL NOT NULL,
  batch INTEGER,
  -- order in the batch is (lane, seq): what a reopened turn gives back goes into a lane before
  lane INTEGER NOT NULL DEFAULT 0,
  body TEXT,
  CHECK ((batch IS NULL) = (body IS NULL))
) STRICT;
CREATE UNIQUE INDEX message_id ON message (conversation, id_hash);
CREATE INDEX message_batch ON message (batch, lane) WHERE batch IS NOT NULL;
CREATE INDEX message_forget ON message (forget_at) WHERE batch IS NULL;
`

const HUMANS = `
ALTER TABLE batch ADD COLUMN interrupts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN apologised INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN heard TEXT;
ALTER TABLE hold ADD COLUMN why TEXT NOT NULL DEFAULT 'paused';
-- What holds on when a stop is released; without an end where only the time is NULL.
ALTER TABLE hold ADD COLUMN under_until REAL;
ALTER TABLE hold ADD COLUMN under_why TEXT;

-- What was said in a conversation, in order: a batch, or the words of a human.
CREATE TABLE past (
  seq INTEGER PRIMARY KEY,
  conversation TEXT NOT NULL,
  at REAL NOT NULL,
  batch_id TEXT,
  body TEXT,
  CHECK ((batch_id IS NULL) <> (body IS NULL))
) STRICT;
CREATE INDEX past_conversation ON past (conversation, seq);
CREATE INDEX past_at ON past (at);

CREATE TABLE mark (
  conversation TEXT NOT NULL,
  hash TEXT NOT NULL,
  until REAL NOT NULL,
  PRIMARY KEY (conversation, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX mark_until ON mark (until);

CREATE TABLE spent (
  account TEXT NOT NULL,
  day INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (account, day)
) STRICT, WITHOUT ROWID;
`

const ALIASES = `
CREATE TABLE alias (
  conversation TEXT PRIMARY KEY,
  leads_to TEXT NOT NULL,
  until REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_until ON alias (until);
`

const ALBUMS = `
ALTER TABLE batch ADD COLUMN extra INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN album INTEGER NOT NULL DEFAULT 0;
`

export const MIGRATIONS: readonly string[] = [FIRST, HUMANS, ALIASES, ALBUMS]

const PARTS = `
SELECT type || ' ' || name AS part FROM sqlite_schema WHERE sql NOTNULL
UNION ALL
SELECT 'column ' || c.name || ' of ' || t.name
FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'
`

/** The first table, column or index that a file of this version should have and does not. */
export function missingPart(database: DatabaseSync, version: number): string | null {
  const model = new DatabaseSync(':memory:')
  try {
    migrate(model, 0, version)
    const found = new Set(partsOf(database))
    return partsOf(model).find((part) => !found.has(part)) ?? null
  } finally {
    model.close()
  }
}

const partsOf = (database: DatabaseSync): string[] =>
  database
    .prepare(PARTS)
    .all()
    .map(({ part }) => String(part))

/** Runs the migrations that the file does not have yet, each in a transaction of its own. */
export function migrate(database: DatabaseSync, version: number, to = MIGRATIONS.length): void {
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version || index >= to) continue
    database.exec('BEGIN IMMEDIATE')
    try {
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
      database.exec(migration)
      database.exec(`PRAGMA user_version = ${index + 1}`)
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }
}
