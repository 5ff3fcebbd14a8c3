/**
 * Writes the list of faults from the menu and the titles of the tests:
 * `node_modules/.bin/node test/faults/menu/page.ts > docs/faults.md`. A test holds the file equal to it.
 */
import { type Fault, MENU } from './menu.ts'
import { type NamedBy, namedRows } from './titles.ts'

const HEAD = `# Faults

What can go wrong, what is expected then, and the tests that cause it. Of every row it is expected
besides that nothing accepted is lost, that nothing is answered twice but the one part that was in
the air, and that nobody has to lend a hand. \`npm test\` and \`npm run test:long\` run all tests
that are named here; those in a folder named campaigns are rows of a long command, which has a help of its own.

A test names its rows in its title (\`fault 26\`), and a test of the repository holds that each row is
named or says why not.
`

/** The whole page, ending in a line break. */
export function faultsPage(): string {
  const named = namedRows()
  const groups = MENU.map(({ name, faults }) => {
    const rows = faults.map((fault) => rowOf(fault, named.get(fault.number) ?? []))
    return `\n## ${name}\n\n| # | fault | expected | held by |\n| --- | --- | --- | --- |\n${rows.join('')}`
  })
  return HEAD + groups.join('')
}

function rowOf({ number, fault, expected, struck }: Fault, named: readonly NamedBy[]): string {
  const by = struck && named.length === 0 ? `– ${struck}` : held(named)
  return `| ${number} | ${fault} | ${expected} | ${by} |\n`
}

/** One line a file, its titles behind it. */
function held(named: readonly NamedBy[]): string {
  const files = Map.groupBy(named, ({ file }) => file)
  return [...files]
    .map(([file, tests]) => {
      const titles = tests.map(({ title }) => title).filter((title) => title !== '')
      return titles.length === 0 ? `\`${file}\`` : `\`${file}\`: ${titles.join('; ')}`
    })
    .join('<br>')
}

if (import.meta.main) process.stdout.write(faultsPage())
