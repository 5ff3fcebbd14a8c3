/** How an answer to a sample's person has to look, where the sample says so. */
import type { Provider } from '../../src/channels/channel.ts'
import { FarEnd, valuesOf } from './far-end.ts'
import type { Fixture } from './fixture.ts'

export async function judgeSending({ expect }: Fixture, provider: Provider): Promise<string[]> {
  const { sendAs, conversationRaw } = expect
  if (typeof sendAs !== 'object' || sendAs === null) return []
  await using far = await FarEnd.open()
  const values = valuesOf(provider.settings, {
    url: far.url,
    token: 'a-token-of-ours',
    account: '1',
  })
  const channel = provider.open(values, far.deps)
  const part = { partId: 'b_1.0', to: String(conversationRaw), content: { text: 'x' } }
  await channel.send(part, AbortSignal.timeout(5000))
  const sent = JSON.parse(far.take().body) as Record<string, unknown>
  return Object.entries(sendAs).flatMap(([name, value]) =>
    sent[name] === value
      ? []
      : [`sent with ${name} ${JSON.stringify(sent[name])} instead of ${value}`],
  )
}
