/** The npm package as somebody who installs it gets it: compiled, with production dependencies alone. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../support/source-tree.ts'

const run = promisify(execFile)
const COPIED = [
  'bin',
  'src',
  'docs',
  'deploy',
  'ecosystem.config.cjs',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
]

const SETTINGS = ['build.ts', 'package.json', 'tsconfig.json', 'tsconfig.build.json']

/** Links the packages that `npm install --omit=dev` would bring. */
function linkProduction(into: string): void {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: true; optional?: true }>
  }
  for (const [path, { dev, optional }] of Object.entries(packages)) {
    // What is nested comes with the folder that it is in.
    if (!/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || dev || optional) continue
    mkdirSync(dirname(join(into, path)), { recursive: true })
    symlinkSync(join(root, path), join(into, path))
  }
}

describe('the npm package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rapid-fire-package-'))
  const app = join(folder, 'app')
  const installed = join(app, 'node_modules/rapid-fire')
  const env = { ...process.env, PORT: '0', DATA_DIR: join(app, 'data') }
  let files: string[] = []

  before(async () => {
    const clone = join(folder, 'clone')
    for (const part of [...COPIED, ...SETTINGS]) {
      cpSync(join(root, part), join(clone, part), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
    const { stdout } = await run('npm', ['pack', '--json', '--foreground-scripts=false'], {
      cwd: clone,
    })
    const packed = JSON.parse(stdout) as unknown
    const [entry] = Object.values(packed as object) as {
      filename: string
      files: { path: string }[]
    }[]
    assert.ok(entry)
    files = entry.files.map(({ path }) => path)
    linkProduction(app)
    mkdirSync(installed)
    await run('tar', ['-xzf', join(clone, entry.filename), '--strip-components=1', '-C', installed])
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const command = (...args: string[]) =>
    run(process.execPath, [join(installed, 'bin/rapid-fire.js'), ...args], { cwd: app, env })

  it('carries code, Lua and documents, and no source, test or setting of ours', () => {
    assert.ok(files.includes('dist/cli/main.js'))
    assert.ok(files.includes('dist/index.d.ts'))
    assert.ok(files.includes('ecosystem.config.cjs'))
    assert.ok(files.includes('deploy/prometheus/alerts.yml'))
    assert.ok(files.includes('deploy/grafana/dashboards/rapid-fire.json'))
    assert.ok(files.includes('dist/batching/redis/lua/include/now.lua'))
    assert.deepEqual(
      files.filter((path) => /^src|\.test\.|^test|(?<!\.d)\.ts$|\.env|^data/.test(path)),
      [],
    )
  })

  it('runs the command: version, settings, help', async () => {
    assert.match((await command('--version')).stdout, /^\d+\.\d+\.\d+\n$/)
    writeFileSync(join(app, 'rapid-fire.config.ts'), 'export default { idleMs: 4321 as number }')
    const { stdout } = await command('config', '--json')
    assert.match(stdout, /4321/)
  })

  it('starts all roles on the embedded store, and stops', async () => {
    const service = spawn(process.execPath, [join(installed, 'bin/rapid-fire.js'), 'start'], {
      cwd: app,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(service, 'exit')
    for await (const line of createInterface({ input: service.stdout })) {
      if (/"role":"api".*ready|ready.*"role":"api"/.test(line)) service.kill('SIGTERM')
    }
    assert.deepEqual(await ended, [0, null])
  })

  it('serves an AI client, and ends with it', async () => {
    const bin = join(installed, 'bin/rapid-fire.js')
    const server = spawn(process.execPath, [bin, 'mcp'], { cwd: app, env })
    let out = ''
    server.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    server.stdin.end(`${JSON.stringify(list)}\n`)
    assert.deepEqual(await once(server, 'close'), [0, null])
    assert.match(out, /"name":"send_message"/)
  })

  it('can be imported, with types', async () => {
    writeFileSync(join(app, 'package.json'), '{"type":"module"}')
    writeFileSync(
      join(app, 'mine.ts'),
      `import { Events, loadSettings, type Gateway, startGateway } from 'rapid-fire'
const { settings } = await loadSettings({ cwd: process.cwd(), env: process.env })
const gateway: Gateway = await startGateway({ settings, roles: ['api', 'processor', 'worker'], events: new Events() })
// @ts-expect-error: types are there, so a URL is no number
const wrong: number = gateway.url
const answer = await fetch(\`\${gateway.url}/ready\`)
console.log(answer.status, typeof wrong)
await gateway.stop()
`,
    )
    const { stdout } = await run(process.execPath, [join(app, 'mine.ts')], { cwd: app, env })
    assert.equal(stdout, '200 string\n')
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024']
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
    await run(process.execPath, [compiler, ...flags, ...types, '--skipLibCheck', 'mine.ts'], {
      cwd: app,
    })
  })
})
