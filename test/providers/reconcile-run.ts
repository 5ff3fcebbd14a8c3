/**
 * `npm run test:reconcile -- --kills 20`: kill -9 with a part on the wire, with the far end of every
 * provider that can tell whether it has it. Exit 0: no part came twice, and none was missing.
 */
import { parseArgs } from 'node:util'
import { Progress } from '../support/progress.ts'
import { helpIf } from '../support/script-start.ts'
import { STUBS } from './all-stubs.ts'
import { killOnTheWire } from './kills.ts'
import { PROOFS } from './proofs.ts'

const HELP = `npm run test:reconcile -- [options]
  --kills N      of each provider (default 4); by turns it has the part and has not
  --only P       one provider alone
`
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '4' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const played = STUBS.filter(
  ({ id }) =>
    Object.keys(PROOFS[id] ?? {}).length > 0 && (values.only === undefined || id === values.only),
)
if (played.length === 0) {
  console.error(`no provider of this name that can tell: ${values.only}`)
  process.exit(2)
}
const kills = Number(values.kills)
const progress = new Progress('kills', kills * played.length)
const lines: string[] = []
let isClean = true
for (const [i, stub] of played.entries()) {
  const { taken, lost, texts, wanted } = await killOnTheWire(stub, kills)
  const isSame = texts.length === wanted.length && texts.every((text, n) => text === wanted[n])
  isClean &&= isSame
  const extra = Math.max(0, texts.length - wanted.length)
  lines.push(
    `  ${stub.id.padEnd(10)} ${taken} kills with the part taken, ${lost} without: ` +
      `${texts.length} of ${wanted.length} parts, ${extra} twice${isSame ? '' : ', NOT AS WANTED'}`,
  )
  progress.at((i + 1) * kills)
}
progress.end()
for (const line of lines) console.log(line)
console.log(isClean ? 'every part came once' : 'SOME PART CAME TWICE OR NOT AT ALL')
process.exitCode = isClean ? 0 : 1
