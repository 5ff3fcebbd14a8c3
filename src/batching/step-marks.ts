/** Which step of a turn makes known what was sent, or is about to be. Pure. */
import type { Mark, RecordResult, Settlement, SettleResult, Step } from './store-turn.ts'

export function markOf(step: Step, result: RecordResult): Mark | null {
  if (step.kind === 'draft') {
    const isStarted = result.outcome === 'drafted' && result.first === 'go'
    return isStarted ? (step.first?.mark ?? null) : null
  }
  if (result.outcome !== 'go' && result.outcome !== 'ok') return null
  return 'mark' in step ? step.mark : null
}

export function markAtEnd(settlement: Settlement, { outcome }: SettleResult): Mark | null {
  if (settlement.kind !== 'answered' || outcome !== 'answered') return null
  return settlement.last?.mark ?? null
}
