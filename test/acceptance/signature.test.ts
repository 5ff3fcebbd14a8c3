import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { acceptance, acceptanceCase } from '../support/acceptance.ts'
import { type Answer, House, P, SECRET } from '../support/house.ts'

const PATH = '/webhook/whatsapp/batched'
const BODY = JSON.stringify({ from: P, message: 'Привет' })

function signed(timestamp: string, body: string, secret = SECRET): Record<string, string> {
  const text = `POST:${PATH}:${timestamp}:${body}`
  return {
    'x-timestamp': timestamp,
    'x-signature': createHmac('sha256', secret).update(text).digest('hex'),
  }
}

async function refused(
  house: House,
  headers: Record<string, string>,
  error: string,
): Promise<void> {
  const answer = await house.request('POST', PATH, BODY, headers)
  assert.equal(answer.status, 401, JSON.stringify(headers))
  assert.equal(answer.body.error, error)
  assert.equal((await house.gateway.store.counts()).accepted, 0)
}

acceptance('signature', () => {
  acceptanceCase(
    12,
    'missing, old and wrong signatures are 401 in the words that bridges know',
    {},
    async (house) => {
      const now = house.clock.now()
      const good = signed(String(now), BODY)
      await refused(house, {}, 'Missing authentication headers')
      await refused(
        house,
        { 'x-signature': good['x-signature'] ?? '' },
        'Missing authentication headers',
      )
      await refused(house, { 'x-timestamp': String(now) }, 'Missing authentication headers')
      for (const timestamp of [
        String(now - 301_000),
        String(now + 301_000),
        String(Math.floor(now / 1000)),
        new Date(now).toISOString(),
      ]) {
        await refused(house, signed(timestamp, BODY), 'Request timestamp too old')
      }
      await refused(
        house,
        signed(String(now), BODY, 'another-secret-0123456789'),
        'Invalid signature',
      )
      await refused(house, { ...good, 'x-signature': 'abc' }, 'Invalid signature')
      await refused(
        house,
        { ...good, 'x-signature': `${good['x-signature']}zz` },
        'Invalid signature',
      )
    },
  )

  acceptanceCase(13, 'a timestamp that is no number never passes', {}, async (house) => {
    await refused(house, signed('now', BODY), 'Request timestamp too old')
    await refused(house, signed('NaN', BODY), 'Request timestamp too old')
  })

  acceptanceCase(
    14,
    'what is signed exactly as sent passes, and so does the compact form',
    {},
    async (house) => {
      const spaced = '{"from": "79001234567", "message": "\\u041f"}'
      const now = String(house.clock.now())
      const asSent = await house.request('POST', PATH, spaced, signed(now, spaced))
      assert.equal(asSent.status, 200)
      const compact = JSON.stringify(JSON.parse(spaced))
      const compacted = await house.request('POST', PATH, spaced, signed(now, compact))
      assert.equal(compacted.status, 200)
      const other = await house.request('POST', PATH, spaced, signed(now, '{}'))
      assert.equal(other.status, 401)
    },
  )

  acceptanceCase(
    15,
    'a bodiless discard may be signed over nothing, {} or undefined',
    {},
    async (house) => {
      const path = `${PATH}/${P}`
      for (const over of ['', '{}', 'undefined']) {
        const answer = await house.request(
          'DELETE',
          path,
          undefined,
          house.headersFor('DELETE', path, over),
        )
        assert.equal(answer.status, 200, over)
      }
      const wrong = await house.request(
        'DELETE',
        path,
        undefined,
        house.headersFor('DELETE', path, 'null'),
      )
      assert.equal(wrong.status, 401)
    },
  )

  const UNSIGNED = { unsigned: true }
  acceptanceCase(
    16,
    'without a secret this machine alone may call, and start says so',
    UNSIGNED,
    async (house) => {
      const post = (headers: Record<string, string> = {}): Promise<Answer> =>
        house.request('POST', PATH, BODY, headers)
      assert.equal((await post()).status, 200)
      for (const header of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']) {
        assert.equal((await post({ [header]: '127.0.0.1' })).status, 403, header)
      }
      assert.equal((await post({ origin: 'http://evil.example' })).status, 403)
      assert.equal((await post({ 'sec-fetch-site': 'cross-site' })).status, 403)
      assert.equal((await house.gateway.store.counts()).accepted, 1)
      assert.equal(house.events.all('access.unsigned').length, 1)
    },
  )

  acceptanceCase(
    16,
    'where others could call or replies are sent, start without a secret is refused',
    {},
    async (house) => {
      const { engine } = house
      for (const env of [
        { HOST: '0.0.0.0' },
        { NODE_ENV: 'production' },
        { VENOM_SERVER_URL: 'http://127.0.0.1:9' },
      ]) {
        await assert.rejects(
          House.start({ engine, unsigned: true, env }),
          { code: 'access_unsafe' },
          JSON.stringify(env),
        )
      }
    },
  )

  acceptanceCase(
    19,
    'the same signed request again is a success without effect, also after the answer',
    {},
    async (house) => {
      const body = JSON.stringify({ from: P, message: 'да', messageId: 'once' })
      const headers = house.headersFor('POST', PATH, body)
      const first = await house.request('POST', PATH, body, headers)
      const again = await house.request('POST', PATH, body, headers)
      assert.deepEqual([first.status, first.body.addedCount], [200, 1])
      assert.deepEqual([again.status, again.body.success, again.body.addedCount], [200, true, 0])
      assert.equal(again.body.duplicates, 1)
      await house.advance(10_100)
      await house.events.until('turn.answered')
      const late = await house.request('POST', PATH, body, headers)
      assert.deepEqual([late.status, late.body.success, late.body.addedCount], [200, true, 0])
      await house.advance(10_100)
      assert.deepEqual(house.replies(), ['да'])
    },
  )

  acceptanceCase(
    19,
    'messages without ids are never taken for repeats of each other',
    {},
    async (house) => {
      await house.say('да')
      house.clock.advance(1)
      await house.say('да')
      const exact = JSON.stringify({ from: P, message: 'точно' })
      const headers = house.headersFor('POST', PATH, exact)
      await house.request('POST', PATH, exact, headers)
      const replay = await house.request('POST', PATH, exact, headers)
      assert.equal(replay.body.addedCount, 0)
      await house.advance(10_100)
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['да да точно'])
    },
  )
})
