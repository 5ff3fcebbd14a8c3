/**
 * The system prompts' files, read when they are first asked for and again when they have changed.
 *
 * One that cannot be read at start is `responder_unusable`. One that goes missing later, as while an
 * editor saves it, leaves the text that was read last; that is said once until it is back.
 */
import { readFile, stat } from 'node:fs/promises'
import { messageOf, RapidFireError } from '../../errors.ts'

const MAX_BYTES = 1024 * 1024

interface Known {
  readonly text: string
  /** Changes when the file does, also when another one takes its place. */
  readonly version: string
  readonly missing: boolean
}

export class SystemPrompts {
  readonly #known = new Map<string, Known>()
  readonly #onMissing: (sentence: string) => void

  constructor(onMissing: (sentence: string) => void) {
    this.#onMissing = onMissing
  }

  async of(file: string): Promise<string> {
    const known = this.#known.get(file)
    try {
      const { mtimeMs, size, ino } = await stat(file)
      const version = `${mtimeMs}.${size}.${ino}`
      if (known?.version === version && !known.missing) return known.text
      if (size > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`)
      const text = await readFile(file, 'utf8')
      this.#known.set(file, { text, version, missing: false })
      return text
    } catch (error) {
      const sentence = `the system prompt ${file} cannot be read: ${messageOf(error)}`
      if (!known) {
        throw new RapidFireError(
          'responder_unusable',
          `${sentence}; create it, or set AI_SYSTEM_PROMPT_FILE to another`,
          { cause: error },
        )
      }
      if (!known.missing) this.#onMissing(`${sentence}; the text that was read last stands`)
      this.#known.set(file, { ...known, missing: true })
      return known.text
    }
  }
}
