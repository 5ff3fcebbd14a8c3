/** What a client starts. */
import { join } from 'node:path'
import { root } from './source-tree.ts'

export const BIN = join(root, 'bin/rapid-fire.js')
