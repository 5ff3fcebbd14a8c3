import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ONE_WISH_MS, runUntilStopped } from './run-until-stopped.ts'
import type { Shell, StopSignal } from './shell.ts'

function shellWithSignals() {
  const listeners = new Set<(signal: StopSignal) => void>()
  const said: string[] = []
  const exits: number[] = []
  let nowMs = 0
  const shell: Shell = {
    cwd: '/',
    env: {},
    stdout: { write: (text) => said.push(text) },
    stderr: { write: (text) => said.push(text) },
    now: () => nowMs,
    wait: async () => undefined,
    onStop: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onToggle: () => () => undefined,
    tellReady: () => said.push('ready'),
    exit: (code) => exits.push(code),
  }
  const signal = (laterMs: number): void => {
    nowMs += laterMs
    for (const listener of listeners) listener('SIGINT')
  }
  return { shell, signal, said, exits, listeners }
}

describe('runUntilStopped', () => {
  test('the first signal stops, and the end of the stop is the end', async () => {
    const { shell, signal, said, exits, listeners } = shellWithSignals()
    let stops = 0
    const run = runUntilStopped(shell, async () => {
      said.push('starting')
      return {
        stop: async () => {
          stops += 1
        },
      }
    })
    signal(0)
    await run
    assert.deepEqual([stops, exits, listeners.size], [1, [], 0])
    assert.deepEqual(said, ['starting', 'ready'])
  })

  test('what cannot go on is stopped as well, and its error is that of the command', async () => {
    const { shell, listeners } = shellWithSignals()
    let stops = 0
    const failed = Promise.reject(new Error('the session is over'))
    const stop = async (): Promise<void> => {
      stops += 1
    }
    await assert.rejects(
      runUntilStopped(shell, async () => ({ stop, failed })),
      /session is over/,
    )
    assert.deepEqual([stops, listeners.size], [1, 0])
  })

  test('one ^C that arrives several times is one wish', async () => {
    const { shell, signal, exits } = shellWithSignals()
    const stopping = Promise.withResolvers<void>()
    const run = runUntilStopped(shell, async () => ({ stop: () => stopping.promise }))
    signal(0)
    signal(1)
    signal(ONE_WISH_MS - 2)
    assert.deepEqual(exits, [])
    stopping.resolve()
    await run
  })

  test('fault 13: a second wish ends the process at once and says what becomes of the batches', async () => {
    const { shell, signal, exits, said } = shellWithSignals()
    const stopping = Promise.withResolvers<void>()
    const run = runUntilStopped(shell, async () => ({ stop: () => stopping.promise }))
    signal(0)
    signal(ONE_WISH_MS)
    assert.deepEqual(exits, [130])
    assert.match(said.join(''), /open batches stay in the store/)
    stopping.resolve()
    await run
  })

  test('a signal during the start stops what has started', async () => {
    const { shell, signal } = shellWithSignals()
    const starting = Promise.withResolvers<void>()
    let stops = 0
    const run = runUntilStopped(shell, async () => {
      await starting.promise
      return {
        stop: async () => {
          stops += 1
        },
      }
    })
    signal(0)
    starting.resolve()
    await run
    assert.equal(stops, 1)
  })

  test('a start or a stop that fails is not swallowed', async () => {
    const failing = shellWithSignals()
    const start = runUntilStopped(failing.shell, () => Promise.reject(new Error('no start')))
    await assert.rejects(start, /no start/)
    assert.equal(failing.listeners.size, 0)
    const run = runUntilStopped(failing.shell, async () => ({
      stop: () => Promise.reject(new Error('no stop')),
    }))
    failing.signal(0)
    await assert.rejects(run, /no stop/)
  })
})
