/**
 * `npm run demo:doctor`: breaks set-ups on purpose, one after the other, and prints what the doctor
 * says of each, as a person would read it. Exit 0: each cause and its way out were named.
 */
import { parseArgs } from 'node:util'
import { helpIf } from '../support/script-start.ts'
import { SET_UPS, type SetUp } from './set-ups.ts'
import { Ward } from './ward.ts'

const HELP = `npm run demo:doctor -- [options]
  --only WORD   set-ups with this word in their name (default: all)
`
const { values } = parseArgs({
  options: { only: { type: 'string' }, help: { type: 'boolean', default: false } },
})
helpIf(values.help, HELP)
const played = SET_UPS.filter(({ name }) => name.includes(values.only ?? ''))
if (played.length === 0) {
  console.error(`--only ${values.only}: no set-up has this in its name`)
  process.exit(1)
}
let unnamed = 0
for (const [i, setUp] of played.entries()) {
  const { code, out, isNamed } = await play(setUp)
  console.log(`\n${i + 1} of ${played.length} · ${setUp.name}\n$ npx rapid-fire doctor`)
  console.log(out.trimEnd().replaceAll(/^/gm, '  '))
  console.log(`  exit code ${code}`)
  if (isNamed) continue
  unnamed += 1
  console.error(`✗ ${setUp.name}: the cause or the way out was not named`)
}
console.log(
  unnamed === 0
    ? `\n${played.length} causes named, each with its way out`
    : `\n${unnamed} not named`,
)
process.exitCode = unnamed === 0 ? 0 : 1

async function play({
  cause,
  wayOut,
  ...setUp
}: SetUp): Promise<{ code: number; out: string; isNamed: boolean }> {
  await using ward = new Ward()
  const { code, out } = await ward.doctor(await setUp.break(ward))
  return { code, out, isNamed: code === 1 && cause.test(out) && wayOut.test(out) }
}
