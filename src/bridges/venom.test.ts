import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tempFolder } from '../../test/support/temp-folder.ts'
import type { RapidFireError } from '../errors.ts'
import { VenomLibrary } from './venom.ts'
import type { VenomClient, VenomCreateOptions } from './venom-client.ts'
import { venomError, venomMessageId } from './venom-errors.ts'

/** A client that listens to nothing, sends all, and is asked for by `browserInstance`. */
function fakeClient(done: string[]): VenomClient {
  const listen = async (): Promise<void> => undefined
  return {
    ...{ onAnyMessage: listen, onMessageEdit: listen, onMessageDelete: listen },
    ...{ onMessageReaction: listen, onChatState: listen, onAck: listen, onStateChange: listen },
    sendText: async (to) => {
      done.push(`text to ${to}`)
      return { erro: false }
    },
    sendReactions: async () => undefined,
    startTyping: async (chat) => done.push(`typing to ${chat}`),
    markPaused: async (chat) => done.push(`paused to ${chat}`),
    markMarkSeenMessage: async () => undefined,
    getContact: async () => null,
    close: async () => done.push('closed'),
  }
}

async function started(create: (options: VenomCreateOptions) => Promise<void>) {
  const folder = tempFolder('venom')
  const done: string[] = []
  const codes: (string | null)[][] = []
  const states: string[] = []
  const ended: RapidFireError[] = []
  const client = fakeClient(done)
  const asked: VenomCreateOptions[] = []
  const module = {
    create: async (given: VenomCreateOptions): Promise<VenomClient> => {
      asked.push(given)
      await create(given)
      given.browserInstance(null, null, client)
      return client
    },
  }
  const library = new VenomLibrary({ module, session: 'main', dataDir: folder.path })
  const start = library.start({
    onEvents: () => undefined,
    onState: (state, detail) => states.push(`${state}: ${detail}`),
    onCode: (code, drawn) => codes.push([code, drawn]),
    onTrouble: assert.fail,
    onEnded: (error) => ended.push(error),
  })
  await start.catch(() => undefined)
  return {
    ...{ library, done, codes, states, ended, start, folder },
    options: asked[0] ?? assert.fail(),
    [Symbol.asyncDispose]: async () => {
      await library.stop()
      folder[Symbol.dispose]()
    },
  }
}

describe('venom-bot', () => {
  it('keeps its login below DATA_DIR, waits for the scan without end and is quiet', async () => {
    await using scene = await started(async () => undefined)
    const { options } = scene
    assert.deepEqual(
      [options.mkdirFolderToken, options.folderNameToken],
      [scene.folder.path, 'venom'],
    )
    assert.deepEqual([options.session, options.autoClose, options.logQR], ['main', 0, false])
  })

  it('hands on the code as it draws it', async () => {
    await using scene = await started(async ({ catchQR }) => catchQR('png', '▄▀', 1, '2@abc'))
    assert.deepEqual(scene.codes, [['2@abc', '▄▀']])
  })

  it('takes no signals from us', async () => {
    const theirs = (): never => assert.fail('the driver of the browser ends the process')
    const ours = process.listenerCount('SIGTERM')
    await using _scene = await started(async () => {
      process.on('SIGTERM', theirs)
    })
    assert.equal(process.listenerCount('SIGTERM'), ours)
  })

  it('that cannot be started says why', async () => {
    await using scene = await started(async () => {
      throw 'Error no open browser....'
    })
    await assert.rejects(scene.start, { code: 'library_failed', message: /no open browser/ })
  })

  it('whose browser is gone ends the bridge; one that logs out is away', async () => {
    await using scene = await started(async () => undefined)
    scene.options.statusFind('desconnectedMobile')
    assert.match(scene.states.at(-1) ?? '', /^away: logged out/)
    scene.options.statusFind('browserClose')
    assert.equal(scene.ended[0]?.code, 'library_failed')
    await assert.rejects(scene.library.typing('79001234567'), { code: 'send_away' })
  })

  it('ends the typing after a while', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    await using scene = await started(async () => undefined)
    await scene.library.typing('79001234567')
    test.mock.timers.tick(12_000)
    const chat = '79001234567@c.us'
    assert.deepEqual(scene.done, [`typing to ${chat}`, `paused to ${chat}`])
  })
})

describe('what venom-bot says of a message', () => {
  const table: [unknown, string, number][] = [
    [{ text: 'The number does not exist', status: 404 }, 'send_refused', 404],
    [{ text: 'The group number does not exist on your chat list' }, 'send_refused', 404],
    [{ text: 'The chat number must contain the parameters @c.us' }, 'send_refused', 400],
    [{ text: 'incorrect parameters! Use as an example: 0@c.us' }, 'send_refused', 400],
    [{ text: 'It is necessary to write a text!' }, 'send_refused', 400],
    [{ text: 'Invalid parameter in content! Pass a string!' }, 'send_refused', 400],
    [{ text: 'possibly you have been removed' }, 'send_refused', 403],
    [{ text: 'No connection with WhatsApp' }, 'send_away', 503],
    [{ text: 'The message was not sent', status: {} }, 'send_failed', 503],
    [new Error('Protocol error: Target closed'), 'send_failed', 503],
    [{ erro: true }, 'send_failed', 503],
    ['Not Logged', 'send_failed', 503],
    [null, 'send_failed', 503],
  ]
  for (const [said, code, answer] of table) {
    it(`${JSON.stringify(said)} is ${code}`, () => {
      const error = venomError(said)
      assert.deepEqual([error.code, error.answer], [code, answer])
    })
  }

  it('has the id of it in one of several forms', () => {
    const id = 'true_79001234567@c.us_3EB0A'
    assert.equal(venomMessageId({ to: { _serialized: id } }), id)
    assert.equal(venomMessageId({ to: id }), id)
    for (const none of [null, {}, { to: '79001234567@c.us' }, { to: {} }, 'x']) {
      assert.equal(venomMessageId(none), '')
    }
  })
})
