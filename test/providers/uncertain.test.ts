/** Every provider with ON_UNCERTAIN=reconcile: a part that it took and did not answer comes once. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ChannelDeps } from '../../src/channels/channel.ts'
import { ProviderHttp } from '../../src/channels/provider-http.ts'
import { PROVIDERS } from '../../src/channels/registry.ts'
import { codes, documentText, section, tableRows } from '../support/documents.ts'
import { STUBS } from './all-stubs.ts'
import { valuesOf } from './far-end.ts'
import { type Fate, Play } from './play.ts'
import { type Has, PROOFS, partIdOf } from './proofs.ts'
import type { ProviderStub } from './stub.ts'

const TEXTS = ['Здравствуйте!', 'Есть место в 14:00', 'Подходит?']
const RECONCILE = { ON_UNCERTAIN: 'reconcile', QUEUE_RETRY_ATTEMPTS: '5' }

/** Plays one answer whose second part has this fate at its first try; when it is cut, `then` follows. */
async function answered(
  stub: ProviderStub,
  first: Fate,
  env: Record<string, string>,
  then: (play: Play, has: Has) => Promise<void> = async () => {},
): Promise<{ texts: string[]; decided: unknown[]; complaints: string[] }> {
  await using play = await Play.start(stub, { ...RECONCILE, ...env })
  play.reply = () => TEXTS.map((text) => ({ text }))
  const all: Has[] = []
  let isFirst = true
  play.fate = ({ text }, request) => {
    const fate = text === TEXTS[1] && isFirst ? first : 'taken'
    if (text === TEXTS[1]) isFirst = false
    const has = { text, partId: partIdOf(request), at: Date.now(), n: play.taken.length + 1 }
    if (fate !== 'lost') all.push(has)
    if (fate === 'cut') void play.events.until('turn.retrying').then(() => then(play, has))
    return fate
  }
  play.question = (request) => PROOFS[stub.id]?.asked?.(request, all) ?? null
  await play.say('Привет', 1)
  await play.events.until('turn.answered')
  assert.equal(play.events.all('human.steppedIn').length, 0, 'nobody took it for a human')
  return {
    texts: play.taken.map(({ text }) => text),
    decided: play.events.all('part.uncertain').map(({ found, decided }) => [found, decided]),
    complaints: play.complaints,
  }
}

describe('what docs/channels.md says of how a channel can tell', () => {
  const rows = tableRows(section(documentText('docs/channels.md'), '## Answers'))
  const told = new Map(
    rows.flatMap(([ids = '', how = '']) => codes(ids).map((id) => [id, how] as const)),
  )
  const clock = () => 0
  const http = new ProviderHttp({ timeoutMs: 1000, clock })
  const deps: ChannelDeps = { tenant: 'default', clock, http }

  for (const { id, settings, open } of PROVIDERS) {
    it(`is what ${id} declares, and it can be asked where it says so`, () => {
      const account = open(valuesOf(settings, { serverUrl: 'http://127.0.0.1' }), deps)
      const proofs = account.proofs ?? []
      const words = new Set((told.get(id) ?? '').match(/\b(?:ids|ask|status|echo)\b(?=:|,| |$)/g))
      assert.deepEqual([...words].sort(), [...proofs].sort(), told.get(id))
      assert.equal(account.find !== undefined, proofs.includes('ask'))
    })
  }
})

describe('a status that comes before the answer to the send', () => {
  for (const stub of STUBS.filter(({ id }) => id === 'meta' || id === '360dialog')) {
    for (const fate of ['taken', 'cut'] as const) {
      it(`fault 76, ${stub.id}: is matched by our id, and the answer is ${fate}`, async () => {
        await using play = await Play.start(stub)
        play.reply = () => TEXTS.map((text) => ({ text }))
        play.fate = async ({ text }, request) => {
          if (text !== TEXTS[1]) return 'taken'
          const has = { text, partId: partIdOf(request), at: Date.now(), n: play.taken.length + 1 }
          const call = PROOFS[stub.id]?.tell?.(has, stub, play.gateway.url ?? '')
          assert.ok(call)
          assert.equal(await play.post(call), 200)
          return fate
        }
        await play.say('Привет', 1)
        const [answered] = await play.events.until('turn.answered')
        assert.deepEqual(
          play.taken.map(({ text }) => text),
          TEXTS,
        )
        assert.deepEqual(play.events.all('part.uncertain'), [])
        assert.equal(play.events.all('part.arrived').length, 1)
        const { batchId } = answered ?? {}
        assert.ok(batchId)
        const part = (await play.gateway.store.batch(batchId))?.parts[1]
        assert.deepEqual(part, { state: 'sent', providerId: 'wamid.out2' })
      })
    }
  }
})

describe('a part whose answer was lost', () => {
  it('is played with every provider', () => {
    assert.deepEqual(Object.keys(PROOFS).sort(), PROVIDERS.map(({ id }) => id).sort())
  })

  for (const stub of STUBS) {
    const { tell, asked } = PROOFS[stub.id] ?? {}
    if (!tell && !asked) {
      for (const [otherwise, texts] of [
        ['resend', TEXTS.toSpliced(1, 0, 'Есть место в 14:00')],
        ['skip', TEXTS],
      ] as const) {
        it(`${stub.id} cannot tell: ${otherwise} alone decides, at once`, async () => {
          const env = { ON_UNCERTAIN_ELSE: otherwise, RECONCILE_TIMEOUT: '60000' }
          const play = await answered(stub, 'cut', env)
          assert.deepEqual(play.texts, texts)
          assert.deepEqual(play.decided, [['unknown', otherwise]])
        })
      }
      continue
    }

    it(`fault 71, ${stub.id}: one that it took comes once`, async () => {
      const env = { RECONCILE_TIMEOUT: '20000', ON_UNCERTAIN_ELSE: 'resend' }
      const play = await answered(stub, 'cut', env, async (play, has) => {
        if (tell) assert.equal(await play.post(tell(has, stub, play.gateway.url ?? '')), 200)
      })
      assert.deepEqual(play.texts, TEXTS)
      assert.deepEqual(play.complaints, [])
      // It may be known before anybody had to wonder.
      for (const decided of play.decided) assert.deepEqual(decided, ['arrived', 'sent'])
    })

    it(`fault 71, ${stub.id}: one that it did not take is not lost`, async () => {
      const play = await answered(stub, 'lost', { RECONCILE_TIMEOUT: '200' })
      assert.deepEqual(play.texts, TEXTS)
      assert.equal(play.decided.length, 1)
    })
  }
})
