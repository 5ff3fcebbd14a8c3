/**
 * A disk whose power can be cut: ext4 in a file, mounted through a loop device.
 *
 *   make → mounted → cut → (the processes are dead) → back → mounted …  → remove
 *
 * The cut is ext4's own shutdown without a flush of its journal: from that instant nothing that the
 * kernel still holds reaches the file. What the file has already counts as kept, so a disk that
 * forgets what is in its own cache is not played here.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Node has no ioctl. FS_IOC_SHUTDOWN, 2 = without a log flush.
 *
 * Those who write are frozen first: a sync that is under way at the shutdown may answer that it is
 * done when it is not (8 of 985 plain `write` and `fdatasync`, 0 of 961 frozen; kernel 6.18). With
 * the power the machine would be gone, and nobody would hear that answer.
 */
const CUT = `
import fcntl, os, struct, sys, time
disk, pids = os.open(sys.argv[1], os.O_RDONLY), sys.argv[2:]

def send(signal):
    for pid in pids:
        try: os.kill(int(pid), signal)
        except ProcessLookupError: pass

def frozen(pid):
    # T is stopped; D waits for the disk and stops before it comes back; Z and X are dead.
    try: tasks = os.listdir(f'/proc/{pid}/task')
    except FileNotFoundError: return True
    try: stats = [open(f'/proc/{pid}/task/{task}/stat').read() for task in tasks]
    except (FileNotFoundError, ProcessLookupError): return False
    return all(stat[stat.rindex(')') + 2] in 'TtDZX' for stat in stats)

send(19)
end = time.monotonic() + 5
while not all(frozen(pid) for pid in pids):
    if time.monotonic() > end: sys.exit('they do not freeze')
fcntl.ioctl(disk, 0x8004587d, struct.pack('I', 2))
send(9)
`

/** Some shells of root do not search where file systems are made. */
const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' }
/** e2fsck: 0 = clean, 1 = made clean, as after every power cut. */
const CHECKED: readonly (number | null)[] = [0, 1]
/** A process that was killed may hold its files for a moment longer. */
const UMOUNT_TRIES = 100
const UMOUNT_PAUSE_MS = 20

export class PowerDisk {
  /** Where it is mounted. */
  readonly dir: string
  /** A folder that no cut concerns; it goes when the disk goes. */
  readonly beside: string
  readonly #image: string
  readonly #onExit = (): void => this.remove()

  private constructor(home: string) {
    this.beside = home
    this.#image = join(home, 'disk.img')
    this.dir = join(home, 'mnt')
  }

  /** The file is sparse: it takes only what is written. */
  static make(megabytes: number): PowerDisk {
    const disk = new PowerDisk(mkdtempSync(join(tmpdir(), 'rapid-fire-power-')))
    // Not even a test that throws, or is interrupted, leaves a loop device behind.
    process.once('exit', disk.#onExit)
    try {
      mkdirSync(disk.dir)
      writeFileSync(disk.#image, '')
      truncateSync(disk.#image, megabytes * 1024 * 1024)
      run('mkfs.ext4', ['-qF', disk.#image])
      run('mount', ['-o', 'loop', disk.#image, disk.dir])
      return disk
    } catch (error) {
      disk.remove()
      throw error
    }
  }

  /** Cuts the power of the disk and of the processes that use it. */
  cut(pids: readonly number[]): void {
    run('python3', ['-c', CUT, this.dir, ...pids.map(String)])
  }

  /** The machine starts again: the file system is checked as at a boot, and mounted. */
  back(): void {
    if (!this.#unmount()) throw new Error(`${this.dir} cannot be unmounted`)
    run('e2fsck', ['-fp', this.#image], CHECKED)
    run('mount', ['-o', 'loop', this.#image, this.dir])
  }

  /** Leaves nothing: no mount, no loop device, no file. May be called at any time, and again. */
  remove(): void {
    process.off('exit', this.#onExit)
    // A lazy one ends by itself when the last process that holds a file is dead.
    if (!this.#unmount()) command('umount', ['-l', this.dir])
    const { stdout } = command('losetup', ['-nO', 'NAME', '-j', this.#image])
    for (const device of (stdout ?? '').split('\n').filter(Boolean)) {
      command('losetup', ['-d', device.trim()])
    }
    rmSync(this.beside, { recursive: true, force: true })
  }

  #unmount(): boolean {
    for (let tries = 0; tries < UMOUNT_TRIES; tries += 1) {
      const { status, stderr } = command('umount', [this.dir])
      if (status === 0 || /not mounted|no mount point/.test(stderr ?? '')) return true
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UMOUNT_PAUSE_MS)
    }
    return false
  }
}

function command(name: string, args: readonly string[]) {
  return spawnSync(name, args, { env: ENV, encoding: 'utf8' })
}

function run(name: string, args: readonly string[], good: readonly (number | null)[] = [0]): void {
  const { status, error, stdout, stderr } = command(name, args)
  if (error) throw new Error(`${name}: ${error.message}`)
  if (!good.includes(status)) {
    const said = `${stderr}${stdout}`.trim().replaceAll(/\s*\n\s*/g, ' ')
    throw new Error(said.startsWith(`${name}:`) ? said : `${name}: ${said}`)
  }
}

/** Whether a program is there to be run. */
export function isInstalled(name: string): boolean {
  return command(name, ['-V']).error === undefined
}
