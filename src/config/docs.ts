/**
 * Writes the reference of the settings from their table:
 * `node src/config/docs.ts > docs/settings.md`. A test holds the file equal to it.
 */
import { markdownTable } from '../markdown-table.ts'
import { SPECS } from './settings.ts'

const HEAD = `# Settings

Each setting is read from the environment, else from \`.env\`, else from \`rapid-fire.config.ts\`
(under the name in the second column), else it has its default. An empty variable counts as not
set, but for our own secrets, where it is a mistake. \`npx rapid-fire config\` prints what is in force and where it came from.
`

const TITLES = ['variable', 'in the config file', 'default', 'allowed', 'meaning']

const TAIL = `
## The config file

\`rapid-fire.config.ts\` in the folder of the start exports an object, or a function that answers
one. It may also describe tenants; what a tenant leaves out is as for everyone:

\`\`\`ts
export default {
  idleMs: 8000,
  tenants: {
    '962302': { idleMs: 5000, idleMsByType: { voice: 20_000 }, maxSize: 20, ageS: 120 },
    salon7: { secretKey: process.env.SALON7_SECRET },
  },
}
\`\`\`

The secret of the default tenant is \`VENOM_SECRET_KEY\`.

## What is refused

Values that are not allowed, names near one of ours, unknown keys in the config file, and an idle
wait longer than the age limit that goes with it: all of them are reported together, and nothing is
started.
`

function shownDefault(value: unknown): string {
  if (value === null) return '–'
  return `\`${typeof value === 'string' && !/^\S+$/.test(value) ? JSON.stringify(value) : value}\``
}

/** The whole page, ending in a line break. */
export function settingsPage(): string {
  const rows = SPECS.map(([property, spec]) => [
    `\`${spec.env}\``,
    `\`${property}\``,
    shownDefault(spec.default),
    `${spec.allowed}${spec.secret ? ' (secret)' : ''}`,
    spec.meaning,
  ])
  return `${HEAD}\n${markdownTable(TITLES, rows)}${TAIL}`
}

/** What `config --help` lists: every name with its default and meaning. */
export function settingsSummary(): string {
  const width = Math.max(...SPECS.map(([, spec]) => spec.env.length))
  return SPECS.map(([, spec]) => {
    const standard = spec.default === null ? '' : ` Default: ${JSON.stringify(spec.default)}.`
    return `  ${spec.env.padEnd(width)}  ${spec.meaning}${standard}`
  }).join('\n')
}

if (import.meta.main) process.stdout.write(settingsPage())
