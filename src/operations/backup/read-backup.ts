/**
 * A backup that is to be restored: read through once before anything is written, so that a file that
 * was cut or is none is refused whole, then piece by piece. It is never all of it in memory.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { messageOf } from '../../errors.ts'
import { FORMAT_VERSION, type Head, type Line, type Piece, parseLine, unusable } from './format.ts'

export interface Checked {
  readonly file: string
  readonly head: Head
  /** Pieces that count. */
  readonly pieces: number
  /** Conversations that were read again: their line that stands for all earlier ones. */
  readonly last: ReadonlyMap<string, number>
}

/** Throws `backup_unusable` unless the whole file is a backup with its end. */
export async function checkBackup(file: string, onLine: (n: number) => void): Promise<Checked> {
  let head: Head | null = null
  let end: Extract<Line, { kind: 'end' }> | null = null
  let pieces = 0
  const last = new Map<string, number>()
  for await (const { line, n } of linesOf(file)) {
    onLine(n)
    if (end) throw unusable('something stands after its end')
    if (n === 1) head = headOf(line)
    else if (line.kind === 'head') throw unusable('a second head stands in it')
    else if (line.kind === 'error') throw unusable(`it ended early (${line.code}: ${line.error})`)
    else if (line.kind === 'end') end = line
    else {
      pieces += 1
      if (line.kind === 'conversation' && line.again) last.set(line.conversation.conversation, n)
    }
  }
  if (!head) throw unusable('it is empty')
  if (!end) throw unusable('its end is missing, so it was cut')
  if (end.pieces !== pieces) {
    throw unusable(`${end.pieces} pieces were written to it, and ${pieces} are there`)
  }
  return { file, head, pieces, last }
}

/**
 * The pieces that count: settled batches first, so that their messages are not taken for repeated
 * ones by what their conversation remembers.
 */
export async function* piecesOf({ file, last }: Checked): AsyncGenerator<Piece> {
  for (const kind of ['batch', 'conversation'] as const) {
    for await (const { line, n } of linesOf(file)) {
      if (line.kind === 'batch' && kind === 'batch') yield line
      if (line.kind !== 'conversation' || kind !== 'conversation') continue
      const standing = last.get(line.conversation.conversation)
      if (standing === undefined || standing === n) yield line
    }
  }
}

async function* linesOf(file: string): AsyncGenerator<{ line: Line; n: number }> {
  const stream = createReadStream(file, { encoding: 'utf8' })
  let n = 0
  try {
    for await (const text of createInterface({
      input: stream,
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      n += 1
      yield { line: parseLine(text, n), n }
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('E')) {
      throw unusable(`${file} cannot be read (${messageOf(error)})`, error)
    }
    throw error
  } finally {
    stream.destroy()
  }
}

function headOf(line: Line): Head {
  if (line.kind !== 'head') throw unusable('its first line is no head')
  if (line.version > FORMAT_VERSION) {
    throw unusable(
      `it is of version ${line.version}, written by rapid-fire ${line.by}, and this one knows up to ${FORMAT_VERSION}: update rapid-fire`,
    )
  }
  return line
}
