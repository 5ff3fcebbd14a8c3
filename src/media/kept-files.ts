/**
 * Files that came with a call, as bridges send them: kept in a folder, named by what is in them, so
 * that the store holds a name alone and a repeated call writes nothing new.
 *
 * A file is on the disk before its name is given. Old ones are removed from time to time; the folder
 * must be one that API and workers share.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { messageOf, RapidFireError } from '../errors.ts'

const NAME = /^[A-Za-z0-9_-]{43}\.[a-z0-9]{1,8}$/
const SWEEP_MS = 6 * 3_600_000
const KINDS: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['audio/ogg', 'ogg'],
  ['audio/mpeg', 'mp3'],
  ['audio/mp4', 'm4a'],
  ['video/mp4', 'mp4'],
  ['application/pdf', 'pdf'],
  ['application/json', 'json'],
])

export interface KeptFilesOptions {
  readonly folder: string
  readonly keepMs: number
  readonly clock: Clock
}

export class KeptFiles {
  readonly #options: KeptFilesOptions
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(options: KeptFilesOptions) {
    this.#options = options
  }

  /** The name under which the bytes are kept. Throws `store_full` when they cannot be written. */
  async keep(bytes: Uint8Array, mimeType = ''): Promise<string> {
    const { folder, clock } = this.#options
    const kind = KINDS.get(mimeType.split(';')[0]?.trim().toLowerCase() ?? '') ?? 'bin'
    const name = `${createHash('sha256').update(bytes).digest('base64url')}.${kind}`
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await this.#write(join(folder, name), bytes)
      await this.#sweep(clock())
    } catch (error) {
      throw new RapidFireError('store_full', `a file could not be kept: ${messageOf(error)}`, {
        cause: error,
      })
    }
    return name
  }

  /** Rejects with `media_failed` when it is not there. */
  async read(name: string): Promise<Uint8Array> {
    if (!NAME.test(name)) throw new RapidFireError('media_failed', 'this is no name of a kept file')
    try {
      return await readFile(join(this.#options.folder, name))
    } catch (error) {
      throw new RapidFireError(
        'media_failed',
        'the file that came with the message is not there: API and worker must share DATA_DIR, and it may be older than MEDIA_DAYS',
        { cause: error },
      )
    }
  }

  /** Under another name first, so that what is there under its own is whole. */
  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const now = this.#options.clock() / 1000
    try {
      await stat(path)
      await utimes(path, now, now)
      return
    } catch {
      // Not there yet.
    }
    const part = `${path}.${randomUUID()}.part`
    const handle = await open(part, 'wx', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, path)
    await utimes(path, now, now)
  }

  async #sweep(now: number): Promise<void> {
    if (now - this.#sweptAt < SWEEP_MS) return
    this.#sweptAt = now
    const { folder, keepMs } = this.#options
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      const { mtimeMs } = await stat(path)
      if (now - mtimeMs > keepMs) await rm(path, { force: true })
    }
  }
}
