/**
 * The suite of the BatchStore port: every operation and every outcome, on any engine. What passes
 * it may stand in for any other.
 */
import { describe } from 'node:test'
import { albumCases } from './store/album-cases.ts'
import { aliasAskedCases } from './store/alias-asked-cases.ts'
import { aliasCases } from './store/alias-cases.ts'
import { appendCases } from './store/append-cases.ts'
import { arriveCases } from './store/arrive-cases.ts'
import { backupCases } from './store/backup-cases.ts'
import { bounceCases } from './store/bounce-cases.ts'
import { dueCases } from './store/due-cases.ts'
import { humanCases } from './store/human-cases.ts'
import { loadCases } from './store/load-cases.ts'
import { operatorCases } from './store/operator-cases.ts'
import type { MakeStore } from './store/scene.ts'
import { caseFor } from './store/scene.ts'
import { settleCases } from './store/settle-cases.ts'
import { turnCases } from './store/turn-cases.ts'

/** Registers the suite for one engine; each case makes a store of its own. */
export function storeCases(name: string, makeStore: MakeStore): void {
  describe(name, () => {
    const it = caseFor(makeStore)
    appendCases(it)
    dueCases(it)
    turnCases(it)
    settleCases(it)
    operatorCases(it)
    humanCases(it)
    aliasCases(it)
    aliasAskedCases(it)
    albumCases(it)
    bounceCases(it)
    arriveCases(it)
    backupCases(it)
    loadCases(it)
  })
}
