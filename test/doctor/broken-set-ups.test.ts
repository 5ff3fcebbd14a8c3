/** In each set-up that is broken on purpose the doctor names the cause and the way out. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SET_UPS } from './set-ups.ts'
import { Ward } from './ward.ts'

interface Found {
  readonly code: string
  readonly severity: string
  readonly what: string
  readonly fix: string
}

describe('the doctor', () => {
  for (const { name, codes, cause, wayOut, ...setUp } of SET_UPS) {
    it(`names the cause and the way out: ${name}`, async () => {
      await using ward = new Ward()
      const env = await setUp.break(ward)
      const { code, out, err } = await ward.doctor(env, '--json')
      assert.deepEqual([code, err], [1, ''])
      const { success, findings } = JSON.parse(out) as { success: boolean; findings: Found[] }
      assert.equal(success, false)
      // All that is wrong is told, and nothing that is well.
      const wrong = findings.filter(({ severity }) => severity !== 'note').map((one) => one.code)
      assert.deepEqual(wrong.toSorted(), codes.toSorted(), out)
      const told = findings.map(({ what, fix }) => `${what} → ${fix}`).join('\n')
      assert.match(told, cause)
      assert.match(told, wayOut)
      for (const one of ward.named) assert.ok(told.includes(one), told)
      // Whoever reads it learns no secret.
      for (const [setting, value] of Object.entries(ward.env(env))) {
        if (/KEY|SECRET|TOKEN/.test(setting) && value.length > 1) {
          assert.ok(!told.includes(value), `${setting} is shown: ${told}`)
        }
      }
      assert.ok(!told.includes('the-wrong-one'), told)
    })
  }

  it('finds nothing in one that is whole, on either engine', async () => {
    for (const engine of ['sqlite', 'redis']) {
      await using ward = new Ward()
      const env: Record<string, string> = {}
      if (engine === 'redis') env.REDIS_URL = (await ward.redis()).url
      await ward.service(env)
      const { code, out } = await ward.doctor(env, '--json')
      const { findings } = JSON.parse(out) as { findings: Found[] }
      assert.equal(code, 0)
      const codes = findings.map((one) => one.code).filter((one) => one !== 'redis_lua_hole')
      assert.deepEqual(codes, ['nothing_came'], out)
    }
  })
})
