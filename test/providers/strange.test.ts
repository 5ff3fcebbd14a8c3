/** Calls that are rightly proven and strangely changed: whatever they are, they end in 2xx or 4xx. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PROVIDERS } from '../../src/channels/registry.ts'
import { startApi } from '../support/api.ts'
import { adjusted } from './account.ts'
import { bodyOf, type Fixture, fixturesIn, pathOf } from './fixture.ts'
import { changed, changes } from './mutated.ts'

const SAMPLES = fixturesIn(new URL('./fixtures', import.meta.url).pathname).filter(
  ({ method, expect }) => method !== 'GET' && expect.action !== 'reject',
)
const RUNS = 150

/** The changed body, proven anew. */
function proven(fixture: Fixture, body: string): Record<string, string> {
  const headers = { ...fixture.headers }
  const secret = fixture.signature?.secret ?? ''
  if (fixture.provider === 'meta') {
    headers['x-hub-signature-256'] =
      `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  }
  if (fixture.provider === 'waha') {
    headers['x-webhook-hmac'] = createHmac('sha512', secret).update(body).digest('hex')
  }
  return headers
}

describe('strangely changed calls', () => {
  for (const { id } of PROVIDERS) {
    const samples = SAMPLES.filter(
      ({ provider, rawBody, body }) =>
        provider === id && isJson(rawBody ?? JSON.stringify(body)) && provider !== 'twilio',
    )
    const [first] = samples
    if (!first) continue
    it(`of ${id} end in 2xx or 4xx, with a code`, async () => {
      const unsigned = samples.filter((one) => one.headers?.['x-signature'] === undefined)
      await using api = await startApi({
        clock: () => 1_768_467_602_000,
        adjust: (settings) =>
          adjusted(settings, first.provider === 'venom' ? { ...first, signature: {} } : first),
      })
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...unsigned), changes, async (fixture, list) => {
          const body = JSON.stringify(changed(JSON.parse(bodyOf(fixture)), list)) ?? 'null'
          const path = fixture.provider === 'venom' ? '/webhook/venom' : pathOf(fixture)
          const response = await fetch(api.url + path, {
            method: 'POST',
            headers: proven(fixture, body),
            body,
          })
          const text = await response.text()
          assert.ok(
            response.status === 200 || (response.status >= 400 && response.status < 500),
            `${response.status} ${text} for ${body}`,
          )
          if (response.status !== 200) assert.match(text, /"code":"/)
        }),
        { numRuns: RUNS },
      )
      assert.ok(!api.seen.includes('internal.error'))
    })
  }
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
