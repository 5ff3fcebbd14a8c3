/** A little memory as a disk; needs root and mount. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk extends Disposable {
  readonly path: string
  /** Makes room. */
  grow(): void
}

export function smallDisk({ size = '600k', grown = '8m' } = {}): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'rapid-fire-small-'))
  const mount = (...args: string[]): void => {
    const { status, stderr } = spawnSync('mount', args)
    assert.equal(status, 0, String(stderr))
  }
  mount('-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path)
  return {
    path,
    grow: () => mount('-o', `remount,size=${grown}`, path),
    [Symbol.dispose]: () => {
      spawnSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}
