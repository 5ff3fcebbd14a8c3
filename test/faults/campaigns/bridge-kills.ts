/**
 * kill -9 of a bridge at its points: events that its library handed over all reach the gateway, in
 * order, and what it was told to send is sent under one id however often it is asked.
 */
import { BridgeProcess } from '../../support/bridge-process.ts'
import { StubGateway } from '../../support/stub-gateway.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import type { CampaignOptions, Outcome } from '../campaign.ts'
import { NOTHING } from '../outcomes.ts'

export const BRIDGE_POINTS = [
  'events handed over, none posted',
  'posted, not known as taken',
  'asked to send, not sent',
  'sent, not answered',
] as const
type Point = (typeof BRIDGE_POINTS)[number]

const EVENTS = 5

export async function killBridges(
  count: number,
  { signal }: CampaignOptions,
  onKill: (done: number) => void,
): Promise<Outcome> {
  using folder = tempFolder('bridge-kills')
  await using gateway = await StubGateway.start()
  const scene = { folder: folder.path, gatewayUrl: gateway.url }
  const points = new Map<string, number>(BRIDGE_POINTS.map((name) => [`bridge: ${name}`, 0]))
  const asked: string[] = []
  let bridge = await BridgeProcess.start(scene)
  let [events, done] = [0, 0]
  const some = (): string[] => {
    events += EVENTS
    return Array.from({ length: EVENTS }, (_, n) => `m${events - EVENTS + n + 1}`)
  }
  try {
    for (; done < count && !signal.aborted; done += 1) {
      const point = BRIDGE_POINTS[done % BRIDGE_POINTS.length] as Point
      const part = `b_${done}.0`
      await killAt(point, { bridge, gateway, some, part })
      bridge = await BridgeProcess.start(scene)
      if (point === 'asked to send, not sent' || point === 'sent, not answered') {
        // Whoever asked and heard nothing asks again.
        for (let times = 0; times < 2; times += 1) await send(bridge.url, part)
        asked.push(part)
      }
      points.set(`bridge: ${point}`, (points.get(`bridge: ${point}`) ?? 0) + 1)
      onKill(done + 1)
    }
    bridge.order({ emit: ['last'] })
    while (!idsOf(gateway).includes('last')) await gateway.received(gateway.posts.length + 1)
    return { ...verdictOn(bridge.notes(), idsOf(gateway), asked, points), faults: done, points }
  } finally {
    await bridge.kill()
  }
}

interface Scene {
  readonly bridge: BridgeProcess
  readonly gateway: StubGateway
  readonly some: () => string[]
  readonly part: string
}

async function killAt(point: Point, { bridge, gateway, some, part }: Scene): Promise<void> {
  switch (point) {
    case 'events handed over, none posted':
      await gateway.close()
      bridge.order({ emit: some(), die: 'now' })
      await bridge.ended
      await gateway.open()
      return
    case 'posted, not known as taken': {
      gateway.answers.push({ status: 200, silent: true })
      const posts = gateway.posts.length
      bridge.order({ emit: some() })
      await gateway.received(posts + 1)
      await bridge.kill()
      return
    }
    default:
      bridge.order({ die: point === 'sent, not answered' ? 'after-sent' : 'before-sent' })
      await send(bridge.url, part).catch(() => {})
      await bridge.ended
  }
}

async function send(url: string, part: string): Promise<void> {
  const response = await fetch(`${url}/send-message`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': part },
    body: JSON.stringify({ to: '79001234567', message: part }),
  })
  if (!response.ok) throw new Error(`a send was answered ${response.status}`)
}

const idsOf = ({ posts }: StubGateway): string[] =>
  posts.map(({ json }) => {
    const { messages } = json.data as { messages: { key: { id: string } }[] }
    return messages[0]?.key.id ?? ''
  })

/** By the notes of the library, the posts, and what was asked to be sent. */
function verdictOn(
  notes: readonly string[],
  posted: readonly string[],
  asked: readonly string[],
  points: ReadonlyMap<string, number>,
): Outcome {
  const emitted = notes.flatMap((line) => /^emitted (m\d+)$/.exec(line)?.[1] ?? [])
  const sent = notes.flatMap((line) => {
    const [, id = '', text = ''] = /^sent (\S+) to \S+: (.+)$/.exec(line) ?? []
    return text === '' ? [] : [{ id, text }]
  })
  const sends = Map.groupBy(sent, ({ text }) => text)
  const firsts = [...new Set(posted)].filter((id) => id !== 'last').map((id) => Number(id.slice(1)))
  const known = new Set(posted)
  const unposted = emitted.filter((id) => !known.has(id))
  const unsent = asked.filter((part) => !sends.has(part))
  const twoIds = [...sends].filter(([, all]) => new Set(all.map(({ id }) => id)).size > 1)
  const isOrdered = firsts.every((n, i) => i === 0 || n > (firsts[i - 1] ?? 0))
  const doubled = sent.length - sends.size
  return {
    ...NOTHING,
    accepted: emitted.length + asked.length,
    lost: unposted.length + unsent.length,
    doubled,
    // Under the id that it had, so that the messenger shows it once.
    allowed: Math.min(doubled, points.get('bridge: sent, not answered') ?? 0),
    broken: [
      ...(isOrdered ? [] : ['a bridge posted out of order']),
      ...twoIds.map(([part]) => `${part} was sent under two ids`),
    ],
  }
}
