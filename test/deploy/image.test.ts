/** What deploy/Dockerfile makes an image of; no engine builds it here, so its parts are held. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import { describe, it } from 'node:test'
import { documentText } from '../support/documents.ts'
import { root } from '../support/source-tree.ts'

interface Step {
  readonly word: string
  readonly rest: string
}

const steps: readonly Step[] = documentText('deploy/Dockerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => ({ word: line.split(' ', 1)[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }))
const stages = steps.flatMap(({ word }, n) => (word === 'FROM' ? [n] : []))
const last = steps.slice(stages.at(-1))
const restsOf = (word: string, among = last): string[] =>
  among.filter((step) => step.word === word).map(({ rest }) => rest)

/** As the last line of .dockerignore that fits a path says. */
function isSent(path: string): boolean {
  let sent = true
  for (const line of documentText('.dockerignore').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const pattern = line.replace(/^!/, '')
    const above = path.split('/').map((_, n, parts) => parts.slice(0, n + 1).join('/'))
    // There a star is also the dot of a hidden file.
    const fits = (part: string): boolean => pattern === '*' || matchesGlob(part, pattern)
    if (above.some(fits)) sent = line.startsWith('!')
  }
  return sent
}

describe('deploy/Dockerfile', () => {
  it('builds in one stage and runs in another, on the Node that the project needs', () => {
    assert.equal(stages.length, 2)
    for (const from of restsOf('FROM', [...steps])) assert.match(from, /^node:24-/)
    assert.ok(restsOf('COPY').some((copied) => copied.includes('--from=build /app/dist')))
  })

  it('runs as somebody who is not root, who owns the folder of data', () => {
    const user = restsOf('USER').at(-1)
    assert.equal(user, 'node')
    assert.ok(restsOf('RUN').some((run) => run.includes(`chown ${user}:${user} /data`)))
    assert.match(restsOf('ENV').join(' '), /DATA_DIR=\/data/)
    assert.deepEqual(restsOf('VOLUME'), ['/data'])
  })

  it('starts the command itself, so that signals reach it', () => {
    const [program, script] = JSON.parse(restsOf('ENTRYPOINT')[0] ?? '[]')
    assert.equal(program, 'node')
    assert.ok(existsSync(join(root, script)))
  })

  it('looks at its health with a file that is in it', () => {
    const [check = ''] = restsOf('HEALTHCHECK')
    const [, file = ''] = JSON.parse(check.slice(check.indexOf('[')))
    assert.ok(restsOf('COPY').some((copied) => copied.startsWith(file)))
  })

  it('copies what exists and is sent to the engine', () => {
    const copied = steps
      .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1))
    assert.ok(copied.length > 5)
    for (const path of copied) {
      assert.ok(existsSync(join(root, path)), path)
      assert.ok(isSent(path), path)
    }
  })

  it('is sent no secret, no data, no tests and nothing of this machine', () => {
    for (const path of [
      ...['.env', 'deploy/.env', 'data/token', '.git/config', 'node_modules/pino/package.json'],
      ...['test/house/package.test.ts', 'src/clock.test.ts', 'rapid-fire.config.ts'],
    ]) {
      assert.equal(isSent(path), false, path)
    }
    assert.ok(isSent('src/gateway.ts'))
  })
})
