/** What a machine has to have before its power can be cut; a container seldom has all of it. */
import { messageOf } from '../../src/errors.ts'
import { isInstalled, PowerDisk } from './disk.ts'

const PROGRAMS = ['mkfs.ext4', 'e2fsck', 'mount', 'umount', 'losetup', 'python3']
const TRIAL_MB = 8

/** Null when nothing is missing: then a small disk was made, cut off and brought back. */
export function whatIsMissing(): string | null {
  const isRoot = process.getuid?.() === 0
  const missing = [
    ...(isRoot ? [] : ['root']),
    ...PROGRAMS.filter((program) => !isInstalled(program)),
  ]
  return missing.length > 0 ? missing.join(', ') : trial()
}

function trial(): string | null {
  let disk: PowerDisk | null = null
  try {
    disk = PowerDisk.make(TRIAL_MB)
    disk.cut([])
    disk.back()
    return null
  } catch (error) {
    const what = messageOf(error)
    return what.startsWith('mount:') ? `loop devices (${what})` : what
  } finally {
    disk?.remove()
  }
}
