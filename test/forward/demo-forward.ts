/**
 * `npm run demo:forward`: bots that were written for a provider's own format, each with its own check
 * of who calls, answer a burst of five; first alone, then with the product between them and their
 * provider. Nothing is changed but the address that the provider calls. Exit 0: each answered the
 * burst once behind it, and was told everything else as it came.
 */
import { parseArgs } from 'node:util'
import { helpIf } from '../support/script-start.ts'
import { Comparison } from './comparison.ts'
import { evolutionFormats } from './formats/evolution.ts'
import type { Format } from './formats/format.ts'
import { metaFormat } from './formats/meta.ts'
import { wahaFormat } from './formats/waha.ts'

const FORMATS: readonly Format[] = [metaFormat, ...evolutionFormats, wahaFormat]
const IDS = [...new Set(FORMATS.map(({ id }) => id))]
const HELP = `npm run demo:forward -- [options]
  --provider P   ${IDS.join(', ')} (default: all)
`
const { values } = parseArgs({
  options: { provider: { type: 'string' }, help: { type: 'boolean', default: false } },
})
helpIf(values.help, HELP)
const formats = FORMATS.filter(({ id }) => values.provider === undefined || values.provider === id)
if (formats.length === 0) {
  console.error(`--provider ${values.provider}: ${IDS.join(', ')}`)
  process.exit(1)
}
console.log('a burst of five, a status and a message of its own, a bot that is away for a while')
// All at a time, since each of them waits for its bot to come back.
const compared = await Promise.all(formats.map(compare))
for (const { lines } of compared) console.log(`\n${lines.join('\n')}`)
const wrong = compared.flatMap((one) => one.wrong)
for (const line of wrong) console.error(`✗ ${line}`)
console.log(
  wrong.length === 0 ? '\neach called once, as its provider calls' : `\n${wrong.length} wrong`,
)
process.exitCode = wrong.length === 0 ? 0 : 1

async function compare(format: Format): Promise<Pick<Comparison, 'lines' | 'wrong'>> {
  await using comparison = await Comparison.start(format)
  await comparison.burst()
  if (comparison.wrong.length === 0) await comparison.others()
  if (comparison.wrong.length === 0) await comparison.away()
  return comparison
}
