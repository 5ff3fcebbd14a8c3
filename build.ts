/**
 * `npm run build`: the source as JavaScript in `dist`, with its types and Lua files, as the npm
 * package carries it. Nothing in a clone needs it: Node does not strip types below `node_modules`.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = import.meta.dirname
rmSync(join(root, 'dist'), { recursive: true, force: true })
const compiler = join(root, 'node_modules/typescript/bin/tsc')
const compiled = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
})
if (compiled.status !== 0) process.exit(compiled.status ?? 1)
for (const file of globSync('src/**/*.lua', { cwd: root })) {
  cpSync(join(root, file), join(root, file.replace('src', 'dist')))
}
