import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { AT, aiAt, calm, message, turnOf } from '../../../test/support/ai-scene.ts'
import { OpenAiServer } from '../../../test/support/openai-server.ts'

describe('files for a model', () => {
  let server: OpenAiServer
  beforeEach(async () => {
    server = await OpenAiServer.start()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
  const PDF = Buffer.from('%PDF-1.7 …')
  const files: Record<string, Uint8Array> = {
    'f:png': PNG,
    'f:pdf': PDF,
    'f:lie': Buffer.from('MZ\0\0 a program'),
  }
  const limits: number[] = []
  const media = {
    maxBytes: 100,
    async fetch(url: string, _: AbortSignal, maxBytes = 0) {
      limits.push(maxBytes)
      const bytes = files[url]
      if (!bytes) throw new Error(`no ${url}`)
      return bytes
    },
  }
  const partsOf = (index: number) => server.requests[index]?.messages.at(-1)?.content
  const image = (url: string) => ({ type: 'image', text: '', media: { url } }) as const

  it('go as bytes where it can read them, each behind its line, all of a turn within one limit', async () => {
    const { ai } = await aiAt(server.baseUrl, { media })
    limits.length = 0
    const document = { ...image('f:pdf'), type: 'document' } as const
    assert.equal(await ai.respond(turnOf([image('f:png'), document]), calm()), 'OK')
    const parts = partsOf(0) as { type: string; image_url?: { url: string } }[]
    assert.deepEqual(
      parts.map(({ type }) => type),
      ['text', 'image_url', 'text', 'file'],
    )
    assert.equal(parts[1]?.image_url?.url, `data:image/png;base64,${PNG.toString('base64')}`)
    assert.deepEqual(limits, [100, 100 - PNG.byteLength])
  })

  it('go by name where they are something else, or cannot be had', async () => {
    const { ai, told } = await aiAt(server.baseUrl, { media })
    const voice = message({ type: 'voice', text: 'Да', media: { url: 'f:png' } })
    await ai.respond(turnOf([image('f:lie'), image('f:gone'), voice]), calm())
    assert.equal(typeof partsOf(0), 'string')
    assert.doesNotMatch(String(partsOf(0)), /attached/)
    assert.deepEqual(told, ['fetching a file for ai: no f:gone'])
  })

  it('go by name and address where bytes are not wanted', async () => {
    const { ai } = await aiAt(server.baseUrl, { media: null })
    await ai.respond(turnOf([{ ...image('https://cdn.example/a.png'), sentAt: AT }]), calm())
    assert.deepEqual(JSON.parse(String(partsOf(0))), {
      time: '2026-11-24 13:00',
      type: 'image',
      file: { url: 'https://cdn.example/a.png' },
    })
  })

  it('are given up with the reason of the signal', async () => {
    const controller = new AbortController()
    const reason = new Error('the lease is lost')
    const slow = {
      maxBytes: 1,
      fetch: async () => {
        controller.abort(reason)
        throw new Error('cut short')
      },
    }
    const { ai, told } = await aiAt(server.baseUrl, { media: slow })
    const answer = ai.respond(turnOf([image('f:png')]), controller.signal)
    await assert.rejects(answer, (error) => error === reason)
    assert.deepEqual(told, [])
    assert.equal(server.requests.length, 0)
  })
})
