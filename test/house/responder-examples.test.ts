/** The examples of docs/responders.md do what the words around them say. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { parseEnv } from 'node:util'
import { verify } from '../../src/channels/own/signature.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { BatchId, Message } from '../../src/message.ts'
import { partsOf } from '../../src/replies/split.ts'
import { callbackToken, callbackUrl } from '../../src/responders/http/callback-token.ts'
import { HttpResponder } from '../../src/responders/http/http-responder.ts'
import { readBody } from '../../src/responders/http/read-body.ts'
import { turnBody } from '../../src/responders/http/turn-body.ts'
import { loadModule } from '../../src/responders/module/load-module.ts'
import type { Responder, TurnToAnswer } from '../../src/responders/responder.ts'
import { codes, documentText, fences, section, tableRows } from '../support/documents.ts'
import { root } from '../support/source-tree.ts'

const page = documentText('docs/responders.md')
const LIMITS = { maxParts: 3, maxPartLength: 4096 }
const SECRET = 'a-secret-that-nothing-else-has'
const ID = 'b_01M88KYDY70DRS9Z7FY6D7V9AF' as BatchId
const conversation = { tenant: 'default', channel: 'whatsapp', peer: '79001234567' }

const folder = mkdtempSync(join(tmpdir(), 'rapid-fire-examples-'))
after(() => rmSync(folder, { recursive: true }))

function said(id: string, more: Partial<Message>): Message {
  const [receivedAt, address] = [0, conversation.peer]
  const fields = { conversation, id, address, type: 'chat' as const, text: '', receivedAt }
  return { ...fields, sentAt: null, sentAtExact: true, name: 'Анна', ...more }
}

const TURN: TurnToAnswer = {
  ...{ batchId: ID, conversation, text: 'Привет можно на стрижку?' },
  messages: [
    said('A1', { text: 'Привет', sentAt: Date.UTC(2026, 10, 18, 10, 26, 37) }),
    said('A2', {
      type: 'voice',
      text: 'можно на стрижку?',
      sentAt: Date.UTC(2026, 10, 18, 10, 26, 40),
      media: { url: 'http://127.0.0.1:3001/files/A2.ogg', mimeType: 'audio/ogg' },
      quoted: 'Ждём вас!',
    }),
  ],
  history: [
    { who: 'person', text: 'Вы открыты?', at: Date.UTC(2026, 10, 18, 9, 0, 0) },
    { who: 'human', text: 'Ждём вас!', at: Date.UTC(2026, 10, 18, 9, 1, 0) },
  ],
}

describe('settings that docs/responders.md shows', () => {
  const blocks = fences(page, 'dotenv')

  it('are those of every responder but the default one', () => {
    const named = blocks.flatMap((block) => parseEnv(block).RESPONDER ?? [])
    assert.deepEqual([...new Set(named)].sort(), ['ai', 'forward', 'http', 'module'])
  })

  it('are a config file with a tenant of its own', async () => {
    const [config = ''] = fences(section(page, '## AI'), 'ts')
    const cwd = mkdtempSync(join(folder, 'config-'))
    writeFileSync(join(cwd, 'rapid-fire.config.ts'), config)
    const { settings } = await loadSettings({ cwd, env: {} })
    const { systemPromptFile, facts, dailyTokens } = settings.tenants.get('salon7') ?? {}
    assert.equal(systemPromptFile, './salon7.md')
    assert.match(facts ?? '', /1500/)
    assert.equal(dailyTokens, 200_000)
  })
})

describe('the call to a backend, as docs/responders.md shows it', () => {
  it('has exactly the body that is sent', () => {
    const [shown = ''] = fences(section(page, '### The call'), 'json')
    const url = callbackUrl('http://127.0.0.1:3000', ID, callbackToken(SECRET, ID))
    assert.equal(JSON.stringify(JSON.parse(shown)), JSON.stringify(turnBody(TURN, url)))
  })

  it('has exactly the headers that are sent, and is signed over what they say', async () => {
    const [shown = ''] = fences(section(page, '### The call'), 'http')
    const shownHeaders = new Map(
      [...shown.matchAll(/^([a-z-]+): (.+)$/gm)].map(([, name = '', value]) => [name, value]),
    )
    const { headers, body } = await asSent()
    for (const name of ['content-type', 'accept', 'idempotency-key', 'x-timestamp']) {
      assert.equal(headers[name], shownHeaders.get(name), name)
    }
    const [, prefix = ''] = /of (\S+)<body>/.exec(shownHeaders.get('x-signature') ?? '') ?? []
    const signature = createHmac('sha256', SECRET).update(prefix).update(body).digest('hex')
    assert.equal(headers['x-signature'], signature)
  })
})

const NOW = 1_795_000_000_000

function responderFor(origin: string, secret: string, clock = Date.now): Responder {
  const url = `${origin}/webhook/bot`
  return new HttpResponder({ url, secret, clock, callbackUrlFor: () => null, callbackMs: 1000 })
}

/** One call to a backend, as it arrives there. */
async function asSent(): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  const chunks: Buffer[] = []
  let headers: IncomingHttpHeaders = {}
  const backend = createServer(async (request, response) => {
    headers = request.headers
    for await (const chunk of request) chunks.push(chunk as Buffer)
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(backend, 'listening')
  const origin = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
  await responderFor(origin, SECRET, () => NOW).respond(TURN, new AbortController().signal)
  backend.closeAllConnections()
  backend.close()
  return { headers, body: Buffer.concat(chunks) }
}

describe('the answers of a backend, as docs/responders.md lists them', () => {
  const answers = section(page, '### The answer')
  const rows = tableRows(answers).flatMap(([shapes = '', becomes = '']) =>
    codes(shapes).map((shape) => [shape, becomes] as const),
  )
  const read = (shape: string) =>
    readBody({
      bytes: Buffer.from(shape),
      contentType: 'application/json',
      lastMessageId: 'A2',
    })

  for (const [shape, becomes] of rows) {
    const counted = (what: string): number =>
      Number(new RegExp(`(\\d+) ${what}`).exec(becomes)?.[1] ?? 0)
    const isTaken = becomes === 'nothing' || counted('bubble') + counted('reaction') > 0
    it(`${shape}: ${isTaken ? becomes : `refused, ${becomes}`}`, () => {
      if (!isTaken) return assert.throws(() => read(shape), { code: 'answer_unusable' })
      const parts = partsOf(read(shape), LIMITS)
      assert.equal(parts.filter((part) => 'text' in part).length, counted('bubble'))
      const reactions = parts.filter((part) => 'reaction' in part)
      assert.equal(reactions.length, counted('reaction'))
      const named = /on that message/.test(becomes) ? 'A1' : 'A2'
      for (const { messageId } of reactions) assert.equal(messageId, named)
    })
  }

  it('are some that are taken and some that are not', () => {
    assert.ok(rows.length > 15)
  })
})

describe('the backend of docs/responders.md', () => {
  it('answers what is signed, once for each batch, and refuses all else', async () => {
    const [source = ''] = fences(section(page, '### A backend, whole'), 'js')
    const file = join(folder, 'backend.mjs')
    const tell = "server.on('listening', () => console.log(server.address().port))"
    writeFileSync(file, `${source.replace('listen(5678', 'listen(0')}\n${tell}\n`)
    const env = { ...process.env, RESPONDER_SECRET: SECRET }
    const backend = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [port] = (await once(backend.stdout, 'data')) as [Buffer]
      const ask = (secret: string) =>
        responderFor(`http://127.0.0.1:${String(port).trim()}`, secret).respond(
          TURN,
          new AbortController().signal,
        )
      const answer = await ask(SECRET)
      assert.equal(answer, 'Анна, вы написали: Привет можно на стрижку?')
      assert.equal(await ask(SECRET), answer)
      await assert.rejects(ask('another'), { code: 'responder_refused' })
    } finally {
      backend.kill()
      await once(backend, 'exit')
    }
  })
})

describe('the callback of docs/responders.md', () => {
  it('is signed over what the service checks', () => {
    const [call = ''] = fences(section(page, '### An answer that comes later'), 'sh')
    const [, format = ''] =
      /printf '([^']+)' "\/\$\{url#\*:\/\/\*\/\}" "\$ts" "\$body"/.exec(call) ?? []
    const [, body = ''] = /^body='(.*)'$/m.exec(call) ?? []
    const url = `/callback/${ID}/${callbackToken(SECRET, ID)}`
    const timestamp = String(NOW)
    const text = [url, timestamp, body].reduce((done, part) => done.replace('%s', part), format)
    const signature = createHmac('sha256', SECRET).update(text).digest('hex')
    const verified = verify(
      {
        headers: { 'x-signature': signature, 'x-timestamp': timestamp },
        ...{ method: 'POST', url, rawBody: Buffer.from(body) },
      },
      [{ tenant: null, key: SECRET }],
      NOW,
      () => null,
    )
    assert.equal(verified.ok, true)
    const answer = readBody({
      bytes: Buffer.from(body),
      contentType: 'application/json',
      lastMessageId: null,
    })
    assert.equal(partsOf(answer, LIMITS).length, 1)
  })
})

describe('the module of docs/responders.md', () => {
  const [source = ''] = fences(section(page, '## Module'), 'ts')

  it('answers', async () => {
    const bot = await loaded('bot.ts', source)
    const ask = async (turn: Partial<TurnToAnswer>) =>
      bot.respond({ ...TURN, ...turn }, new AbortController().signal)
    const known = await ask({})
    assert.deepEqual(known, [
      { text: 'Рады вас видеть!' },
      { text: 'Стрижка стоит 1500. Когда вам удобно?' },
    ])
    const tenant = { ...conversation, tenant: 'salon7' }
    const stranger = await ask({ history: [], conversation: tenant })
    assert.match(JSON.stringify(stranger), /Здравствуйте.*1800/)
    assert.deepEqual(await ask({ text: 'спасибо' }), [])
    const image = await ask({ messages: [said('A3', { type: 'image' })] })
    assert.deepEqual(image, [{ reaction: '👍', messageId: 'A3' }])
  })

  it('is of the type that it names', () => {
    const file = join(folder, 'typed.ts')
    const index = join(root, 'src/index.ts')
    writeFileSync(file, source.replace("'rapid-fire'", JSON.stringify(index)))
    const options = [
      ...['--noEmit', '--strict', '--erasableSyntaxOnly', '--allowImportingTsExtensions'],
      ...['--skipLibCheck', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'],
      ...['--lib', 'es2024,esnext.disposable,esnext.iterator'],
      ...['--typeRoots', join(root, 'node_modules/@types')],
    ]
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, file], {
      cwd: folder,
    })
    assert.equal(status, 0, stdout.toString())
  })

  async function loaded(name: string, text: string): Promise<Responder> {
    writeFileSync(join(folder, name), text)
    return loadModule(`./${name}`, folder)
  }
})
