import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { RapidFireError } from '../../errors.ts'
import type { BatchId } from '../../message.ts'
import type { TurnToAnswer } from '../responder.ts'
import { loadModule } from './load-module.ts'

const TURN: TurnToAnswer = {
  conversation: { tenant: 'salon', channel: 'whatsapp', peer: '79001234567' },
  ...{ batchId: 'b_1' as BatchId, text: 'Hello', messages: [], history: [] },
}

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapid-fire-module-'))
  await mkdir(join(folder, 'folder.ts'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function loaded(name: string, source: string) {
  await writeFile(join(folder, name), source)
  return loadModule(`./${name}`, folder)
}

async function refused(loading: Promise<unknown>): Promise<string> {
  try {
    await loading
  } catch (error) {
    assert.ok(error instanceof RapidFireError, String(error))
    assert.equal(error.code, 'responder_unusable')
    assert.match(error.message, /^RESPONDER_MODULE \S+ [^\n]+$/)
    return error.message
  }
  assert.fail('was loaded')
}

describe('a file that is a responder', () => {
  const sources: Record<string, string> = {
    'bot.ts': 'export default async (turn: { text: string }): Promise<string> => turn.text + "!"',
    'bot.mts': 'export default ({ text }: { text: string }) => text.concat("!")',
    'bot.js': 'export default function ({ text }) { return text + "!" }',
    'bot.mjs': 'export default ({ text }) => [text + "!"].join()',
    'bot.cjs': 'module.exports = ({ text }) => text + "!"',
    'compiled.cjs':
      'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = ({ text }) => text + "!"',
    'with spaces & ünï #1.ts': 'export default (turn: { text: string }) => turn.text + "!"',
  }
  for (const [name, source] of Object.entries(sources)) {
    it(`may be ${name}`, async () => {
      const responder = await loaded(name, source)
      assert.equal(responder.name, 'module')
      assert.equal(await responder.respond(TURN, new AbortController().signal), 'Hello!')
    })
  }

  it('may be named by an absolute path', async () => {
    await writeFile(join(folder, 'absolute.js'), 'export default () => "x"')
    const responder = await loadModule(join(folder, 'absolute.js'), '/')
    assert.equal(await responder.respond(TURN, new AbortController().signal), 'x')
  })

  it('is named when it fails', async () => {
    const responder = await loaded('broken.js', 'export default () => { throw new Error("no") }')
    const asked = responder.respond(TURN, new AbortController().signal)
    await assert.rejects(asked, /^RapidFireError: broken\.js failed: no$/)
  })
})

describe('a file that is none', () => {
  it('is not there', async () => {
    const message = await refused(loadModule('./absent.ts', folder))
    assert.match(message, /absent\.ts does not exist; a relative path begins/)
  })

  it('is a folder', async () => {
    assert.match(await refused(loadModule('folder.ts', folder)), /is no file; name the/)
  })

  it('lies in a file', async () => {
    await writeFile(join(folder, 'file'), '')
    assert.match(await refused(loadModule('file/bot.ts', folder)), /cannot be read \(ENOTDIR/)
  })

  const sources: [string, string, RegExp][] = [
    [
      'syntax.js',
      'export default () => {\n\nconst = 4\n}',
      /cannot be loaded \(`node --check` shows where\): .*Unexpected/,
    ],
    ['syntax.ts', 'export default () => {\n\nconst = 4\n}', /cannot be loaded \(line 3\): .+/],
    ['enum.ts', 'enum A { x }\nexport default () => A.x', /cannot be loaded.*: .*enum/],
    ['throws.ts', 'throw new Error("no key\\nhere")', /cannot be loaded.*: no key$/],
    ['throws-nothing.js', 'throw null', /cannot be loaded: null/],
    ['imports.ts', 'import "no-such-package"; export default () => 1', /no-such-package/],
    ['empty.ts', '', /no function as its default export; write/],
    ['named.ts', 'export const respond = () => "x"', /no function as its default/],
    ['text.js', 'export default "x"', /no function as its default/],
    ['object.js', 'export default { respond: () => "x" }', /no function as its default/],
    ['bot.json', '{}', /cannot be loaded/],
    ['bot.txt', 'hello', /cannot be loaded/],
  ]
  for (const [name, source, message] of sources) {
    it(`is ${name}, and is told why`, async () => {
      assert.match(await refused(loaded(name, source)), message)
    })
  }

  it('is never ready, and is not waited for', async () => {
    await writeFile(join(folder, 'hangs.js'), 'await new Promise(() => {}); export default () => 1')
    const loading = loadModule('hangs.js', folder, 50)
    assert.match(await refused(loading), /was not loaded within 0\.05 s/)
  })
})
