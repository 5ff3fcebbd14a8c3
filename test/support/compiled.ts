/** Hundreds of processes of one run need not read the same source each. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const COMPILED = join(tmpdir(), `rapid-fire-compiled-${process.getuid?.() ?? 0}`)
