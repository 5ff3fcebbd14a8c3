/** The verdict on a row, from its outcome alone. */
import { ENOUGH_HITS, type Outcome } from './campaign.ts'

export type Verdict =
  | { readonly is: 'green' }
  /** A promise was broken, or it did not come to its end. */
  | { readonly is: 'red'; readonly why: readonly string[] }
  /** Nothing was seen to break, and too little was played to say so. */
  | { readonly is: 'incomplete'; readonly why: readonly string[] }
  /** This machine cannot play it: nothing is known. */
  | { readonly is: 'not run'; readonly why: readonly string[] }

export function judge(outcome: Outcome, asked: number, hitsWanted: number): Verdict {
  const { accepted, lost, doubled, allowed, faults, points, broken } = outcome
  const red = [
    ...(lost > 0 ? [`${lost} lost`] : []),
    ...(doubled > allowed ? [`${doubled - allowed} answered twice without a reason`] : []),
    ...broken,
  ]
  if (red.length > 0) return { is: 'red', why: red }
  const rare = [...points].filter(([, hits]) => hits < hitsWanted).map(([name]) => name)
  const few = [
    ...(accepted === 0 ? ['nothing was accepted'] : []),
    ...(faults < asked ? [`${faults} faults of ${asked}`] : []),
    ...(rare.length > 0 ? [`hit less than ${hitsWanted} times: ${rare.join(', ')}`] : []),
  ]
  return few.length > 0 ? { is: 'incomplete', why: few } : { is: 'green' }
}

/** A full run has to come to each point often; a quick one at all. */
export const hitsWantedIn = (length: 'quick' | 'full'): number =>
  length === 'full' ? ENOUGH_HITS : 1

/** Only what is green, or could not be played at all, lets a run end well. */
export const isFine = ({ is }: Verdict): boolean => is === 'green' || is === 'not run'
