/** The calls of docs/takeover.md, played in their order against the service. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { OwnTold } from '../../src/batching/way-in.ts'
import { SPECS } from '../../src/config/settings.ts'
import { codes, documentText, fences, section, tableRows } from '../support/documents.ts'
import { House } from '../support/house.ts'

const page = documentText('docs/takeover.md')
const calls = fences(page, 'sh').filter((block) => block.startsWith('curl'))
const answers = fences(page, 'json').map((block) => JSON.parse(block) as Record<string, unknown>)

const OUTCOMES: Readonly<Record<OwnTold, true>> = {
  ...{ human: true, echo: true, duplicate: true, paused: true, resumed: true, noted: true },
  spooled: true,
}

describe('docs/takeover.md', () => {
  it('shows calls that are answered as it says', async () => {
    await using house = await House.start({ engine: 'sqlite', unsigned: true })
    assert.equal(calls.length, answers.length)
    for (const [i, call] of calls.entries()) {
      const [, path = ''] = /^curl '?http:\/\/127\.0\.0\.1:3000(\/[^\s']+)/.exec(call) ?? []
      const [, body] = /-d '(.+)'$/m.exec(call) ?? []
      const headers = call.includes('authorization: Bearer $(cat data/token)') ? house.token : {}
      const answer = await house.request(body ? 'POST' : 'GET', path, body, headers)
      const told = { ...answer.body }
      if ('processingTime' in told) told.processingTime = answers[i]?.processingTime
      assert.deepEqual(told, answers[i], path)
    }
  })

  it('knows every outcome', () => {
    const listed = tableRows(section(page, '## Tell it')).flatMap(([cell = '']) => codes(cell))
    assert.deepEqual(listed.sort(), Object.keys(OUTCOMES).sort())
  })

  it('lists the words with their defaults', () => {
    for (const [setting = '', , words = ''] of tableRows(section(page, '## Words'))) {
      const [, spec] = SPECS.find(([, { env }]) => `\`${env}\`` === setting) ?? []
      assert.deepEqual(codes(words), spec?.default, setting)
    }
  })

  it('shows options that the command has', () => {
    const source = readFileSync(new URL('../../src/cli/pause.ts', import.meta.url), 'utf8')
    const [commands = ''] = fences(section(page, '## By hand'), 'sh')
    const named = [...commands.matchAll(/rapid-fire (\w+)/g)].map(([, name = '']) => name)
    assert.deepEqual([...new Set(named)], ['pause', 'resume'])
    for (const name of named) assert.ok(source.includes(`new Command('${name}')`), name)
    for (const [option] of commands.matchAll(/--\w+/g)) assert.ok(source.includes(`'${option} `))
  })
})
