/** The verdict as lines; answers whether all promises were kept. */
import { isClean } from './audit.ts'
import type { System } from './system.ts'

export async function printVerdict(system: System): Promise<boolean> {
  const verdict = system.verdict()
  const { books, accounts, leftOver } = await system.end()
  const { traffic, members } = system
  console.log(
    `accepted ${verdict.accepted} = answered ${verdict.answered} · ` +
      `${traffic.repeats} sent again though taken, ${traffic.refusals} calls that had to come again`,
  )
  console.log(
    `${verdict.lost.length} lost · ${verdict.answeredTwice.length} answered twice · ` +
      `${verdict.outOfOrder.length} people out of order · ${verdict.changed.length} parts with two texts`,
  )
  console.log(
    `${verdict.doubledInTheAir + verdict.doubled.length} parts sent twice, ` +
      `${verdict.doubledInTheAir} of them in the air at a kill, a freeze or a stall`,
  )
  console.log(`books ${accounts ? 'add up' : 'DO NOT ADD UP'}: ${books}`)
  for (const key of leftOver.slice(0, 10)) console.log(`left over: ${key}`)
  for (const trouble of members.flatMap(({ troubles }) => troubles).slice(0, 10)) {
    console.log(`trouble: ${trouble}`)
  }
  for (const field of ['lost', 'answeredTwice', 'outOfOrder', 'changed', 'doubled'] as const) {
    if (verdict[field].length > 0)
      console.log(`${field}: ${verdict[field].slice(0, 10).join(', ')}`)
  }
  for (const partId of verdict.doubled.slice(0, 3)) console.log(historyOf(partId, system))
  return isClean(verdict) && accounts && leftOver.length === 0
}

/** Who sent a part when, and what happened to them. */
function historyOf(partId: string, { sink, interruptions, members }: System): string {
  const sent = sink.deliveries.filter((delivery) => delivery.partId === partId)
  const first = sent[0]?.at ?? 0
  const batch = partId.slice(0, partId.lastIndexOf('.'))
  const of = (instance: string): string =>
    interruptions
      .filter((one) => one.instance === instance)
      .map(({ at }) => `${Math.round(at - first)} ms`)
      .join(', ')
  const lines = sent.map(
    ({ at, instance }) =>
      `  ${Math.round(at - first)} ms by ${instance}, interrupted at ${of(instance)}`,
  )
  const fenced = members.flatMap((member) => member.fenced).filter((one) => one.includes(batch))
  return [`${partId}:`, ...lines, ...fenced.map((one) => `  fenced: ${one}`)].join('\n')
}
