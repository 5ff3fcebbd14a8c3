import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

describe('bin/rapid-fire.js', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rapid-fire-bin-'))
    // An old Node, as far as the command can tell.
    await writeFile(
      join(folder, 'old.cjs'),
      "Object.defineProperty(process.versions, 'node', { value: '18.20.0' })",
    )
  })
  afterEach(() => rm(folder, { recursive: true }))

  const start = (where: string, args: string[], old: boolean) => {
    const flags = old ? ['--require', join(folder, 'old.cjs')] : []
    const child = spawn(process.execPath, [...flags, join(where, 'bin/rapid-fire.js'), ...args])
    const output = { out: '', err: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text))
    return { child, output, ended: once(child, 'close') }
  }

  /** A copy of the command whose own "Node" is this script. */
  const withOwnNode = async (script: string): Promise<string> => {
    await cp(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
    const bin = join(folder, 'node_modules/node/bin')
    await mkdir(bin, { recursive: true })
    await writeFile(join(bin, 'node'), `#!${process.execPath}\n${script}\n`)
    await chmod(join(bin, 'node'), 0o755)
    return folder
  }

  test('runs on the Node that it needs', async () => {
    const { ended, output } = start(root, ['--version'], false)
    assert.deepEqual(await ended, [0, null])
    assert.match(output.out, /^\d+\.\d+\.\d+\n$/)
    assert.equal(output.err, '')
  })

  test('on an older Node the one of the project runs the same command', async () => {
    const { ended, output } = start(root, ['stats', '--nonsense'], true)
    assert.deepEqual(await ended, [2, null])
    assert.match(output.err, /unknown option '--nonsense'/)
  })

  test('without a Node of its own it says in one sentence what to do', async () => {
    await cp(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
    const packed = start(folder, ['start'], true)
    assert.deepEqual(await packed.ended, [1, null])
    assert.match(
      packed.output.err,
      /^✗ rapid-fire needs Node 24 .*; install it, or .*node@24` here\n$/,
    )
    await cp(join(root, 'src/cli'), join(folder, 'src/cli'), { recursive: true })
    const cloned = start(folder, ['start'], true)
    assert.deepEqual(await cloned.ended, [1, null])
    assert.match(
      cloned.output.err,
      /^✗ rapid-fire needs Node 24 and this is v[\d.]+; .*`npm ci`\n$/,
    )
  })

  test('without its packages it says so in one sentence', async () => {
    for (const part of ['bin', 'src']) {
      await cp(join(root, part), join(folder, part), { recursive: true })
    }
    await cp(join(root, 'package.json'), join(folder, 'package.json'))
    const { ended, output } = start(folder, ['stats'], false)
    assert.deepEqual(await ended, [1, null])
    assert.match(output.err, /^✗ rapid-fire cannot be loaded: [^\n]+; run `npm ci`\n$/)
  })

  test('exit code, arguments and signals go through', async () => {
    const where = await withOwnNode(
      `process.once('SIGTERM', () => process.exit(7))
      console.log(process.argv.slice(3).join('|'))
      process.stdin.resume()`,
    )
    const { child, ended, output } = start(where, ['send', 'два слова', '*'], true)
    await once(child.stdout, 'data')
    assert.equal(output.out, 'send|два слова|*\n')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [7, null])
  })

  test('the channel of a supervisor does not keep it alive when the command has ended', async () => {
    const where = await withOwnNode('process.exit(7)')
    await writeFile(join(folder, 'heard.cjs'), "process.on('message', () => {})")
    const preloads = ['old.cjs', 'heard.cjs'].flatMap((file) => ['--require', join(folder, file)])
    const child = spawn(
      process.execPath,
      [...preloads, join(where, 'bin/rapid-fire.js'), 'start'],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    )
    assert.deepEqual(await once(child, 'exit'), [7, null])
  })

  test('a signal that ends the command ends this process the same way', async () => {
    const { ended } = start(
      await withOwnNode("process.kill(process.pid, 'SIGKILL')"),
      ['start'],
      true,
    )
    assert.deepEqual(await ended, [null, 'SIGKILL'])
  })
})
