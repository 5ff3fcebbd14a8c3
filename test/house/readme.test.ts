/** The quick start of the README is what CI runs and what a newcomer sees. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { parseEnv, stripVTControlCharacters } from 'node:util'
import { verify } from '../../src/channels/own/signature.ts'
import { loadSettings } from '../../src/config/load.ts'
import { ROLES } from '../../src/gateway.ts'
import { accessAtStart } from '../../src/ingress/access.ts'
import { BATCHED, DIRECT } from '../../src/ingress/webhook.ts'
import type { BatchId } from '../../src/message.ts'
import { startBlock } from '../../src/observability/logs/terminal.ts'
import { partsOf } from '../../src/replies/split.ts'
import { readAnswer } from '../../src/responders/http/read-answer.ts'
import { loadModule } from '../../src/responders/module/load-module.ts'
import { VERSION } from '../../src/version.ts'
import { documentText, fences, section } from '../support/documents.ts'
import { root } from '../support/source-tree.ts'

const readme = documentText('README.md')
const quickStart = section(readme, '## Quick start')

/** What a start prints when nothing is set. */
async function printedBlock(): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'rapid-fire-readme-'))
  try {
    const { settings } = await loadSettings({ cwd, env: {} })
    const block = startBlock({
      version: VERSION,
      url: `http://${settings.host}:${settings.port}`,
      store: {
        engine: 'sqlite',
        place: `${settings.dataDir}/rapid-fire.db`,
        survives: ['process', 'host'],
      },
      roles: ROLES,
      settings,
      access: accessAtStart(settings).warning ?? '',
    })
    return stripVTControlCharacters(block)
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

const labels = (block: string): string[] =>
  [...block.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, label]) => label ?? '')

describe('the quick start', () => {
  it('has two commands, and they are all that a newcomer needs', () => {
    assert.deepEqual(fences(quickStart, 'sh'), ['npm ci && npm start', 'npm ci && npm test'])
  })

  it('is what CI runs', () => {
    const ci = readFileSync(join(root, '.ci/run'), 'utf8').split('\n')
    assert.ok(ci.includes('npm ci') && ci.includes('npm test'))
    assert.ok(ci.indexOf('npm ci') < ci.indexOf('npm test'))
  })

  it('shows the block that a start prints', async () => {
    const [shown = ''] = fences(quickStart, 'text')
    const printed = await printedBlock()
    assert.deepEqual(labels(shown), [
      ...['store', 'roles', 'window', 'answers', 'access'],
      ...['try', 'next'],
    ])
    assert.deepEqual(labels(shown), labels(printed))
    assert.equal(shown.trim(), printed.trim())
  })

  it('shows the one answer to what the hint sends', async () => {
    const [, hint = ''] =
      /^ {2}try +npx rapid-fire send \d+ (.+)$/m.exec(await printedBlock()) ?? []
    const parts = [...hint.matchAll(/"([^"]+)"/g)].map(([, part]) => part)
    const [, sent = ''] = fences(quickStart, 'text')
    assert.ok(parts.length === 5 && sent.includes(`‹ ${parts.join(' ')}\n`))
  })
})

describe('the calls that README shows', () => {
  const calls = fences(readme, 'sh').filter((block) => block.includes('curl'))

  it('go to the webhook, with a body that it takes', () => {
    assert.equal(calls.length, 2)
    for (const call of calls) {
      assert.match(call, new RegExp(`curl http://127\\.0\\.0\\.1:3000${BATCHED} `))
      const [body = ''] = /\{.*?\}/.exec(call) ?? []
      assert.equal(typeof JSON.parse(body).message, 'string')
    }
    assert.ok(readme.includes(`\`POST ${DIRECT}\``))
  })

  it('are signed over what the service checks', () => {
    const signed = calls.find((call) => call.includes('openssl')) ?? ''
    const [, format = ''] = /printf '([^']+)' "\$TS" "\$BODY"/.exec(signed) ?? []
    const [, body = ''] = /^BODY='(.*)'$/m.exec(signed) ?? []
    assert.match(signed, /^TS=\$\(date \+%s000\)$/m)
    const timestamp = '1795000000000'
    const signature = hmac('secret', format.replace('%s', timestamp).replace('%s', body))
    const verified = verify(
      {
        headers: { 'x-signature': signature, 'x-timestamp': timestamp },
        method: 'POST',
        url: BATCHED,
        rawBody: Buffer.from(body),
      },
      [{ tenant: null, key: 'secret' }],
      Number(timestamp),
      () => null,
    )
    assert.equal(verified.ok, true)
  })
})

describe('the three ways to an answer that README shows', () => {
  const ways = section(readme, '## Put it in front of your bot')
  const folder = mkdtempSync(join(tmpdir(), 'rapid-fire-readme-'))
  after(() => rmSync(folder, { recursive: true }))

  it('are a model, a backend and a module', () => {
    const named = fences(ways, 'dotenv').map((block) => parseEnv(block).RESPONDER)
    assert.deepEqual(named, ['ai', 'http'])
    assert.ok(ways.includes('`RESPONDER=module`'))
  })

  it('have an answer of a backend that is two bubbles', () => {
    const answer = fences(ways, 'json')
      .map((block) => JSON.parse(block) as Record<string, unknown>)
      .find((value) => 'reply' in value)
    const parts = partsOf(readAnswer(answer, null), { maxParts: 3, maxPartLength: 4096 })
    assert.equal(parts.length, 2)
    // The first of them is what the bridge is shown to get.
    assert.ok(
      ways.includes(
        `"message":${JSON.stringify(parts[0] && 'text' in parts[0] && parts[0].text)}}`,
      ),
    )
  })

  it('have a module that answers', async () => {
    const [source = ''] = fences(ways, 'ts')
    writeFileSync(join(folder, 'bot.ts'), source)
    const bot = await loadModule('./bot.ts', folder)
    const conversation = { tenant: 'default', channel: 'whatsapp', peer: '79001234567' }
    const ask = (text: string) =>
      bot.respond(
        { batchId: 'b_1' as BatchId, conversation, text, messages: [], history: [] },
        new AbortController().signal,
      )
    assert.equal(await ask('Какая цена?'), 'Стрижка 1500.')
    assert.deepEqual(await ask('Спасибо'), [])
  })
})

function hmac(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}
