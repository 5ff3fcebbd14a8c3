/** A few hundred kilobytes of memory as a disk; needs root and mount. */
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

export function smallDisk(): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'rapid-fire-small-'))
  const mount = (...args: string[]): void => {
    const { status, stderr } = spawnSync('mount', args)
    assert.equal(status, 0, String(stderr))
  }
  mount('-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', path)
  return {
    path,
    grow: () => mount('-o', 'remount,size=8m', path),
    [Symbol.dispose]: () => {
      spawnSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}
