/** The libraries are what the bridges take them for: held against their own types. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { installPeers, PEERS } from '../support/bridge-peers.ts'
import { root } from '../support/source-tree.ts'

describe('the real libraries of bridges', () => {
  before(installPeers)

  it('have the methods and events that are used of them', () => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', PEERS], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stdout)
  })
})
