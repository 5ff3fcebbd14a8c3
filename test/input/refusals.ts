/**
 * Runs a table of bad calls against one running API. Each row is answered with its status and code,
 * says nothing that only we should know, and leaves the store as it was.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type ApiOptions,
  type CallOptions,
  type RunningApi,
  type SignOptions,
  startApi,
  statusOf,
  wholeAnswer,
} from '../support/api.ts'

export interface BadCall extends CallOptions, SignOptions {
  readonly status: number
  readonly code: string
  /** The exact sentence, where callers match on it. */
  readonly error?: string
  /** Signed with the default secret. */
  readonly sign?: boolean
  /** Number of entries in `details`. */
  readonly details?: number
}

export interface BadBytes {
  readonly bytes: string | Buffer
  /** Codes of the answer; none: closed without one. */
  readonly status: number
  readonly code?: string
}

/** What no answer may contain: stacks, paths, the words of libraries. */
const OURS_ALONE =
  /node_modules|\bat .+:\d+:\d+|file:\/\/|\.ts\b|FST_|SQLITE|SqliteError|ReplyError/

export function refusesCalls(
  title: string,
  table: Readonly<Record<string, BadCall>>,
  options: ApiOptions = {},
): void {
  withApi(title, options, (running) => {
    for (const [name, given] of Object.entries(table)) {
      it(`refuses ${name} with ${given.status} ${given.code}`, async () => {
        const api = running()
        const before = await api.trace()
        const answer = await (given.sign ? api.signed(given) : api.call(given))
        assert.equal(answer.status, given.status, answer.text)
        assert.equal(answer.body.success, false)
        assert.equal(answer.body.code, given.code, answer.text)
        if (given.error !== undefined) assert.equal(answer.body.error, given.error)
        if (given.details !== undefined) {
          assert.ok(Array.isArray(answer.body.details), answer.text)
          assert.equal(answer.body.details.length, given.details)
        }
        assert.doesNotMatch(answer.text, OURS_ALONE)
        assert.deepEqual(await api.trace(), before, 'a trace was left')
        assert.ok(!api.seen.includes('internal.error'))
      })
    }
  })
}

export function refusesBytes(
  title: string,
  table: Readonly<Record<string, BadBytes>>,
  options: ApiOptions = {},
): void {
  withApi(title, options, (running) => {
    for (const [name, { bytes, status, code }] of Object.entries(table)) {
      it(`refuses ${name} with ${status}`, async () => {
        const api = running()
        const before = await api.trace()
        const answer = await api.raw(bytes, wholeAnswer)
        assert.equal(statusOf(answer), status, answer)
        if (code !== undefined) assert.match(answer, new RegExp(`"code":"${code}"`))
        assert.doesNotMatch(answer, OURS_ALONE)
        assert.deepEqual(await api.trace(), before, 'a trace was left')
        assert.equal((await api.call({ method: 'GET', path: '/ready' })).status, 200, 'alive after')
        assert.ok(!api.seen.includes('internal.error'))
      })
    }
  })
}

/** One API for all tests of a block. */
export function withApi(
  title: string,
  options: ApiOptions,
  tests: (running: () => RunningApi) => void,
): void {
  describe(title, () => {
    let api: RunningApi | undefined
    before(async () => {
      api = await startApi(options)
    })
    after(async () => {
      await api?.[Symbol.asyncDispose]()
    })
    tests(() => {
      assert.ok(api, 'the API has started')
      return api
    })
  })
}
