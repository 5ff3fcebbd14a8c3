/** `node deploy/write.ts` writes the files that are made of code; a test holds them equal. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dashboard } from './grafana/dashboard.ts'
import { IN_PRODUCTION, rulesFile } from './prometheus/alerts.ts'

const HEAD = '# Made of alerts.ts: change that, then `node deploy/write.ts`.\n'

/** By path below this folder. */
export const generated = (): Readonly<Record<string, string>> => ({
  'grafana/dashboards/rapid-fire.json': `${JSON.stringify(dashboard(), null, 2)}\n`,
  'prometheus/alerts.yml': `${HEAD}${rulesFile(IN_PRODUCTION)}`,
})

if (import.meta.main) {
  for (const [path, text] of Object.entries(generated())) {
    const file = join(import.meta.dirname, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
