import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  getExpectedTwilioSignature,
  validateRequest,
  validateRequestWithBody,
} from 'twilio/lib/webhooks/webhooks.js'
import { signTwilio, verifyTwilio } from './signature.ts'

const TOKEN = 'twilio-auth-token-test-0123456789'
const ADDRESS = 'https://gateway.example/webhook/twilio'
type Pairs = readonly (readonly [string, string])[]

const bodyOf = (pairs: Pairs): Buffer =>
  Buffer.from(
    new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString(),
  )

/** As a form reaches twilio-node: a text, or a list where a name came several times. */
function paramsOf(pairs: Pairs): Record<string, string | string[]> {
  const all = Map.groupBy(pairs, ([name]) => name)
  return Object.fromEntries(
    [...all].map(([name, found]) => {
      const values = found.map(([, value]) => value)
      return [name, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}

interface Given {
  readonly signature?: string | undefined
  readonly publicUrl?: string
  readonly url?: string
  readonly rawBody?: Buffer
  readonly tokens?: readonly string[]
  readonly setting?: string | null
}

function verified({ signature, publicUrl = ADDRESS, ...given }: Given): true | string {
  const { url = '/webhook/twilio', rawBody = Buffer.alloc(0), tokens = [TOKEN] } = given
  const proof = verifyTwilio(
    {
      method: 'POST',
      url,
      publicUrl,
      headers: signature === undefined ? {} : { 'x-twilio-signature': signature },
      rawBody,
    },
    { tokens, publicUrl: given.setting ?? null },
  )
  return proof === 'open' ? 'open' : proof.ok || proof.code
}

const wellFormed = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((text) => text.isWellFormed())
const pairs = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom('Body', 'From', 'To', 'a', 'A', '10', '9'), wellFormed),
    wellFormed,
  ),
  { maxLength: 8 },
)
const piece = fc.stringMatching(/^[a-z0-9'()!*~%:;,+=&?А-я -]{0,12}$/)
const address = fc
  .record({
    scheme: fc.constantFrom('https', 'http', 'HTTPS'),
    user: fc.constantFrom('', '', 'anna:secret@'),
    host: fc.constantFrom('gateway.example', 'Gateway.Example', '10.0.0.5', '[::1]', 'пример.рф'),
    port: fc.constantFrom('', ':443', ':80', ':3000'),
    path: fc.array(piece, { maxLength: 3 }),
    query: fc.option(piece, { nil: undefined }),
  })
  .map(({ scheme, user, host, port, path, query }) => {
    const names = path.map((name) => `/${name.replaceAll('?', '')}`).join('')
    return `${scheme}://${user}${host}${port}${names}${query === undefined ? '' : `?${query}`}`
  })
  .filter((given) => URL.canParse(given) && !given.includes('#'))

describe('the signature of Twilio', () => {
  it('is missing, refused or right', () => {
    const rawBody = bodyOf([['Body', 'Привет + & ?']])
    const signature = signTwilio(TOKEN, ADDRESS, rawBody)
    assert.equal(verified({ signature, rawBody }), true)
    assert.equal(verified({ rawBody }), 'signature_missing')
    assert.equal(verified({ signature: '', rawBody }), 'signature_missing')
    assert.equal(
      verified({ signature: `${signature}, ${signature}`, rawBody }),
      'signature_refused',
    )
    assert.equal(verified({ signature, rawBody: bodyOf([['Body', 'x']]) }), 'signature_refused')
    assert.equal(verified({ signature, rawBody, tokens: ['another'] }), 'signature_refused')
    assert.equal(verified({ signature, rawBody, tokens: [] }), 'open')
  })

  it('may be made with either token while one is changed', () => {
    const rawBody = bodyOf([['Body', 'x']])
    const signature = signTwilio(TOKEN, ADDRESS, rawBody)
    assert.equal(verified({ signature, rawBody, tokens: ['the-new-one', TOKEN] }), true)
  })

  it('is made over the address that Twilio was told, not over the one that we see', () => {
    const rawBody = bodyOf([['Body', 'x']])
    const signature = signTwilio(TOKEN, ADDRESS, rawBody)
    const behind = { signature, rawBody, publicUrl: 'http://10.0.0.5:3000/webhook/twilio' }
    assert.equal(verified(behind), 'signature_refused')
    assert.equal(verified({ ...behind, setting: ADDRESS }), true)
    assert.equal(verified({ ...behind, setting: `${ADDRESS}#rc=3&rp=all` }), true)
    assert.equal(
      verified({ ...behind, setting: 'https://gateway.example:443/webhook/twilio' }),
      true,
    )
    assert.equal(
      verified({ ...behind, setting: 'https://other.example/webhook/twilio' }),
      'signature_refused',
    )
  })

  it('covers a query that the setting does not have', () => {
    const rawBody = bodyOf([['MessageStatus', 'sent']])
    const signature = signTwilio(TOKEN, `${ADDRESS}?part=b_1.0`, rawBody)
    const url = '/webhook/twilio?part=b_1.0'
    assert.equal(verified({ signature, rawBody, url, setting: ADDRESS }), true)
    assert.equal(verified({ signature, rawBody, setting: ADDRESS }), 'signature_refused')
  })

  it('covers a query as it came, not as a parser would write it', () => {
    const rawBody = bodyOf([['Body', 'x']])
    const url = "/webhook/twilio?name=O'Brien&q=%D0%B4%d0%b0"
    const signature = signTwilio(TOKEN, `https://gateway.example${url}`, rawBody)
    const publicUrl = new URL(url, ADDRESS).href
    assert.equal(verified({ signature, rawBody, url, publicUrl }), true)
    assert.equal(verified({ signature, rawBody, publicUrl: ADDRESS, url }), 'signature_refused')
  })

  it('of another body covers its hash in the address', () => {
    const rawBody = Buffer.from('{"type":"com.twilio.messaging"}')
    const hash = createHash('sha256').update(rawBody).digest('hex')
    const signedUrl = `${ADDRESS}?bodySHA256=${hash}`
    const signature = getExpectedTwilioSignature(TOKEN, signedUrl, {})
    assert.equal(verified({ signature, rawBody, publicUrl: signedUrl }), true)
    assert.equal(validateRequestWithBody(TOKEN, signature, signedUrl, rawBody.toString()), true)
    const other = Buffer.from('{"type":"x"}')
    assert.equal(verified({ signature, rawBody: other, publicUrl: signedUrl }), 'signature_refused')
  })

  it('is the one that twilio-node expects', () => {
    fc.assert(
      fc.property(address, pairs, (url, given) => {
        const ours = signTwilio(TOKEN, url, bodyOf(given))
        assert.equal(ours, getExpectedTwilioSignature(TOKEN, url, paramsOf(given)))
      }),
      { numRuns: 500 },
    )
  })

  it('is taken where twilio-node takes it, and nowhere else', () => {
    let taken = 0
    let refused = 0
    fc.assert(
      fc.property(
        address,
        fc.option(address, { nil: undefined }),
        pairs,
        fc.option(pairs, { nil: undefined }),
        fc.nat(5),
        (told, elsewhere, given, other, change) => {
          const signedUrl =
            elsewhere !== undefined && change === 0 ? elsewhere : respelt(told, change)
          const params = other !== undefined && change === 5 ? other : given
          const signature = getExpectedTwilioSignature(TOKEN, signedUrl, paramsOf(params))
          const theirs = validateRequest(TOKEN, signature, told, paramsOf(given))
          const ours = verified({ signature, publicUrl: told, rawBody: bodyOf(given) }) === true
          assert.equal(ours, theirs)
          if (theirs) taken++
          else refused++
        },
      ),
      { numRuns: 2000 },
    )
    assert.ok(taken > 200 && refused > 50, `${taken} taken, ${refused} refused`)
  })
})

/** Spellings of one address that Twilio may have signed, and one that it has not. */
function respelt(url: string, change: number): string {
  if (change === 1) return new URL(url).href
  if (change === 2) return url.replace(/:(?:443|80)(?=\/|\?|$)/, '')
  if (change === 3) return url.replace(/^(https?:\/\/[^/?:@[\]]+)(?=[/?]|$)/, '$1:443')
  return change === 4 ? `${url}x` : url
}
