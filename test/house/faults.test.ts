/** Every fault of the menu has a test that names it, or says why it has none. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MENU } from '../faults/menu/menu.ts'
import { faultsPage } from '../faults/menu/page.ts'
import { namedRows, rowsIn, titleOf } from '../faults/menu/titles.ts'
import { documentText } from '../support/documents.ts'

const faults = MENU.flatMap((group) => group.faults)

describe('the menu of faults', () => {
  it('has the rows 1 to 80, each once', () => {
    const numbers = faults.map(({ number }) => number)
    assert.deepEqual(
      numbers,
      Array.from({ length: 80 }, (_, index) => index + 1),
    )
  })

  it('is covered: each row is named by a test, or struck with a reason', () => {
    const named = namedRows()
    const open = faults.filter(({ number, struck }) => !named.has(number) && struck === undefined)
    assert.deepEqual(
      open.map(({ number, fault }) => `${number} ${fault}`),
      [],
    )
  })

  it('knows every row that a test names, and strikes none of them', () => {
    const known = new Map(faults.map((fault) => [fault.number, fault]))
    assert.deepEqual(
      [...namedRows()].filter(([number]) => known.get(number)?.struck ?? !known.has(number)),
      [],
    )
  })

  it('is what docs/faults.md says: node_modules/.bin/node test/faults/menu/page.ts > docs/faults.md', () => {
    assert.equal(documentText('docs/faults.md'), faultsPage())
  })

  it('reads rows and titles from any title', () => {
    assert.deepEqual(rowsIn('faults 26, 27 and 29: Redis is full'), [26, 27, 29])
    assert.deepEqual(rowsIn('a default 26, and one fault 3 (fault 4)'), [3, 4])
    assert.equal(titleOf(`faults 1, 2: a \${thing} | goes`), 'a … \\| goes')
    assert.equal(titleOf('case 38: SIGTERM (fault 13)'), 'case 38: SIGTERM')
    assert.equal(titleOf('fault 75, meta: is final'), 'meta: is final')
    assert.equal(titleOf(`fault 10 (\${engine}): all`), 'all')
    assert.equal(titleOf(`faults 26, 33: \${name} \${what}`), '')
  })
})
