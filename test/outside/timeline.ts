/** What happened to one person, in order of time, for who looks for the reason of a complaint. */
import type { Interruption } from './audit.ts'
import type { Ask } from './backend.ts'
import type { Arrival } from './moody-sink.ts'
import type { Said } from './people.ts'

export interface Told {
  readonly said: readonly Said[]
  readonly asks: readonly Ask[]
  readonly arrivals: readonly Arrival[]
  readonly interruptions: readonly Interruption[]
}

export function timeline(
  person: string,
  ledger: Told,
  more: readonly { readonly at: number; readonly what: string }[] = [],
): string[] {
  const events = [
    ...more,
    ...ledger.said
      .filter((said) => said.person === person)
      .flatMap(({ seq, sentAt, acceptedAt, batchId }) => [
        { at: sentAt, what: `${seq} is sent` },
        { at: acceptedAt, what: `${seq} is accepted, in ${batchId}` },
      ]),
    ...ledger.asks
      .filter((ask) => ask.person === person)
      .flatMap(({ no, at, instance, batchId, texts, plan, end }) => {
        const seqs = texts.map((text) => text.slice(12)).join(' ')
        const asked = `${instance} asks a${no} of ${seqs} for ${batchId}, to ${plan.kind}`
        return [
          { at, what: asked },
          ...(end ? [{ at: end.at, what: `a${no} is over: ${end.how}` }] : []),
        ]
      }),
    ...ledger.arrivals
      .filter(({ to }) => to === person)
      .map(({ at, instance, partId, text, fate }) => ({
        at,
        what: `${instance} sends ${partId} (${text.split(' ', 1)}): ${fate}`,
      })),
  ]
  const first = Math.min(...events.map(({ at }) => at))
  const last = Math.max(...events.map(({ at }) => at))
  const deaths = ledger.interruptions
    .filter(({ at }) => at >= first && at <= last)
    .map(({ at, instance }) => ({ at, what: `${instance} is killed` }))
  return [...events, ...deaths]
    .sort((a, b) => a.at - b.at)
    .map(
      ({ at, what }) =>
        `  ${Math.round(at - first)
          .toString()
          .padStart(6)} ms  ${what}`,
    )
}
