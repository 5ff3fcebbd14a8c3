import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { calm, message } from '../../test/support/ai-scene.ts'
import type { Message } from '../message.ts'
import type { Transcriber } from './transcriber.ts'
import { NOT_TRANSCRIBED, withTranscripts } from './with-transcripts.ts'

const voice = (id: string): Message => message({ id, type: 'voice', text: '' })
const nobody = (): never => assert.fail('a failure was told')
const heard: Transcriber = { transcribe: async ({ id }) => `words of ${id}` }

describe('the messages of a turn with what was said in them', () => {
  it('are the same ones, voice and audio without a text having their words', async () => {
    const messages = [
      message({ id: 'a' }),
      voice('b'),
      message({ id: 'c', type: 'audio', text: '' }),
      message({ id: 'd', type: 'audio', text: 'a caption' }),
      message({ id: 'e', type: 'image', text: '' }),
    ]
    const got = await withTranscripts(messages, heard, nobody, calm())
    assert.deepEqual(
      got.map(({ text }) => text),
      ['Привет', 'words of b', 'words of c', 'a caption', ''],
    )
    assert.deepEqual(
      got.map((part, index) => ({ ...part, text: messages[index]?.text })),
      messages,
    )
    assert.equal(messages[1]?.text, '')
  })

  it('say so where nothing could be heard, and the failure is told with its message', async () => {
    const failed: [string, unknown][] = []
    const trouble = new Error('no such file')
    const transcriber: Transcriber = {
      transcribe: async ({ id }) => (id === 'a' ? 'Да' : Promise.reject(trouble)),
    }
    const got = await withTranscripts(
      [voice('a'), voice('b')],
      transcriber,
      ({ id }, error) => failed.push([id, error]),
      calm(),
    )
    assert.deepEqual(
      got.map(({ text }) => text),
      ['Да', NOT_TRANSCRIBED],
    )
    assert.deepEqual(failed, [['b', trouble]])
  })

  it('are heard at the same time, eight of a long row', async () => {
    const started: string[] = []
    const gate = Promise.withResolvers<void>()
    const eight = Promise.withResolvers<void>()
    const transcriber: Transcriber = {
      async transcribe({ id }) {
        if (started.push(id) === 8) eight.resolve()
        await gate.promise
        return id
      },
    }
    const ids = Array.from({ length: 20 }, (_, index) => `v${index}`)
    const all = withTranscripts(ids.map(voice), transcriber, nobody, calm())
    await eight.promise
    assert.equal(started.length, 8)
    gate.resolve()
    assert.deepEqual(
      (await all).map(({ text }) => text),
      ids,
    )
  })

  it('are given up with the reason of the signal, and nothing is told of it', async () => {
    const controller = new AbortController()
    const reason = new Error('the turn is over')
    const transcriber: Transcriber = {
      async transcribe() {
        controller.abort(reason)
        throw new Error('cut short')
      },
    }
    await assert.rejects(
      withTranscripts([voice('a')], transcriber, nobody, controller.signal),
      (error) => error === reason,
    )
  })

  it('ask nobody where there is no voice', async () => {
    const transcriber: Transcriber = { transcribe: nobody }
    const messages = [message()]
    assert.deepEqual(await withTranscripts(messages, transcriber, nobody, calm()), messages)
  })
})
