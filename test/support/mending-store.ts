/** A store examined and repaired as the doctor does, without a service around it. */
import type { BatchStore } from '../../src/batching/store.ts'
import type { Adoption, Damage } from '../../src/batching/store-examine.ts'
import { type Examining, examineAll, type Finding, repairAll } from '../../src/operations/doctor.ts'
import type { DamageOf } from '../../src/operations/operator.ts'

export const ADOPTION: Adoption = { idleMs: 10_000, ageMs: 60_000, maxSize: 10 }

const nobody = (damages: readonly Damage[]): DamageOf[] =>
  damages.map((damage) => ({ ...damage, who: null }))

function examiningOf(store: BatchStore): Examining {
  const operator: Examining['operator'] = {
    async examine(cursor) {
      const page = await store.examine(cursor, ADOPTION)
      return { ...page, damages: nobody(page.damages) }
    },
    // Its server is the test's own.
    judge: async () => [],
    repair: async (subject) => nobody(await store.repair(subject, ADOPTION)),
  }
  return { operator, onProgress: () => undefined }
}

export function examined(store: BatchStore): Promise<readonly Finding[]> {
  return examineAll(examiningOf(store))
}

/** What was found, what was mended, and what is left then. */
export async function mended(store: BatchStore): Promise<{
  readonly found: readonly Finding[]
  readonly repaired: readonly Finding[]
  readonly left: readonly Finding[]
}> {
  const examining = examiningOf(store)
  const found = await examineAll(examining)
  const repaired: Finding[] = []
  const left = await repairAll(found, examining, (finding) => repaired.push(finding))
  return { found, repaired, left }
}

export const codesOf = (findings: readonly Finding[]): string[] =>
  [...new Set(findings.map(({ code }) => code))].toSorted()
