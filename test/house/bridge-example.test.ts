/** The bridge of docs/get-started.md takes what is sent to it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { BridgeSender } from '../../src/channels/bridge-sender.ts'
import { documentText, fences } from '../support/documents.ts'

describe('the bridge of docs/get-started.md', () => {
  it('takes a part once, however often it is sent', async () => {
    const [source = ''] = fences(documentText('docs/get-started.md'), 'js')
    const folder = mkdtempSync(join(tmpdir(), 'rapid-fire-bridge-'))
    const file = join(folder, 'bridge.mjs')
    const listen = "listen(3001, '127.0.0.1'"
    assert.ok(source.includes(listen))
    const tell = "listen(0, '127.0.0.1', function () { console.log(this.address().port) }"
    writeFileSync(file, source.replace(listen, tell))
    const bridge = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const lines = createInterface(bridge.stdout)[Symbol.asyncIterator]()
      const { value: port } = await lines.next()
      const url = `http://127.0.0.1:${port}`
      const channel = new BridgeSender({
        name: 'venom',
        url,
        apiKey: null,
        timeoutMs: 5000,
        typing: false,
      })
      const send = (partId: string, text: string) =>
        channel.send({ partId, to: '79001234567', content: { text } }, new AbortController().signal)
      for (const text of ['раз', 'раз']) await send('b_1.0', text)
      await send('b_1.1', 'два')
      assert.deepEqual(
        [(await lines.next()).value, (await lines.next()).value],
        ['to 79001234567: раз', 'to 79001234567: два'],
      )
    } finally {
      bridge.kill()
      await once(bridge, 'exit')
      rmSync(folder, { recursive: true })
    }
  })
})
