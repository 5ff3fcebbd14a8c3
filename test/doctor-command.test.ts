/** `rapid-fire doctor`, beside a running service and on the store itself: what it says and its exit codes. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { run } from '../src/cli/main.ts'
import { processShell, type Shell } from '../src/cli/shell.ts'
import { loadSettings } from '../src/config/load.ts'
import { type Gateway, ROLES, startGateway } from '../src/gateway.ts'
import { Events } from '../src/observability/events/events.ts'
import { EventLog } from './support/event-log.ts'

class Stage implements AsyncDisposable {
  readonly cwd = mkdtempSync(join(tmpdir(), 'rapid-fire-doctor-'))
  readonly env = { DATA_DIR: join(this.cwd, 'data'), PORT: '0', BATCH_TIMEOUT: '50000' }
  readonly events = new Events()
  readonly log = new EventLog(this.events)
  #gateway: Gateway | null = null

  async start(): Promise<Gateway> {
    const { settings } = await loadSettings({ cwd: this.cwd, env: this.env })
    this.#gateway = await startGateway({ settings, roles: ROLES, events: this.events })
    return this.#gateway
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop()
  }

  /** An open batch, and nobody that would look at it. */
  async damage(): Promise<void> {
    const { url } = await this.start()
    await fetch(`${url}/webhook/whatsapp/batched`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: '79001234567', message: 'Привет' }),
    })
    await this.stop()
    const database = new DatabaseSync(join(this.env.DATA_DIR, 'rapid-fire.db'))
    database.exec("UPDATE batch SET wake_at = NULL; UPDATE tally SET n = 5 WHERE name = 'open'")
    database.close()
  }

  async command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    let out = ''
    let err = ''
    const shell: Shell = {
      ...processShell(),
      cwd: this.cwd,
      env: this.env,
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
    }
    const code = await run(['doctor', ...args], shell)
    return { code, out, err }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.cwd, { recursive: true })
  }
}

describe('rapid-fire doctor', () => {
  for (const alive of [true, false]) {
    test(`says, asks and repairs ${alive ? 'through the running service' : 'on the store itself'}`, async () => {
      await using stage = new Stage()
      await stage.damage()
      if (alive) await stage.start()

      const said = await stage.command()
      assert.deepEqual([said.code, said.err], [1, ''])
      assert.match(
        said.out,
        /^✗ 79001234567 \(default, whatsapp\): an open batch that nobody would look at \(1\) · deadline_lost\n {2}→ rapid-fire doctor --repair\n! the counts are not those of what is there \(open 5 → 1\) · counts_wrong\n[\s\S]*\n2 findings · repair: rapid-fire doctor --repair\n$/,
      )
      const unasked = await stage.command('--repair')
      assert.equal(unasked.code, 1)
      assert.match(unasked.out, /nothing was repaired: add --yes/)

      const repaired = await stage.command('--repair', '--yes')
      assert.deepEqual([repaired.code, repaired.err], [0, ''])
      assert.match(repaired.out, /^repaired: 79001234567 .* nobody would look at \(1\)$/m)
      assert.match(repaired.out, /\n2 repairs · nothing is wrong any more\n$/)
      assert.equal(stage.log.all('store.repaired').length, alive ? 2 : 0)

      const sound = await stage.command()
      assert.deepEqual([sound.code, sound.err], [0, ''])
      // Beside a service there is nothing to note.
      const note = alive ? '' : 'i no process is at work on .+ · nothing_runs\n {2}→ start it: .+\n'
      assert.match(sound.out, new RegExp(`^${note}nothing is wrong\n$`))
    })
  }

  test('says the same as JSON, which cannot ask', async () => {
    await using stage = new Stage()
    await stage.damage()
    const said = await stage.command('--json')
    assert.equal(said.code, 1)
    const { success, findings, repaired } = JSON.parse(said.out)
    assert.deepEqual([success, repaired], [false, []])
    assert.deepEqual(
      findings.map(({ code, severity }: { code: string; severity: string }) => [code, severity]),
      [
        ['deadline_lost', 'error'],
        ['counts_wrong', 'warning'],
        ['nothing_runs', 'note'],
      ],
    )
    assert.equal((await stage.command('--json', '--repair')).code, 2)
    const mended = await stage.command('--json', '--repair', '--yes')
    assert.equal(mended.code, 0)
    assert.equal(JSON.parse(mended.out).repaired.length, 2)
  })

  test('help says that it changes nothing by itself', async () => {
    await using stage = new Stage()
    const { code, out } = await stage.command('--help')
    assert.equal(code, 0)
    assert.match(out, /changes nothing\s+without --repair/)
  })
})
