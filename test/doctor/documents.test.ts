/** The pages about the doctor and the codes that there are, held equal. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FINDINGS } from '../../src/operations/checks/finding-codes.ts'
import { codes, documentText, tableRows } from '../support/documents.ts'

describe('docs/operating/doctor.md', () => {
  it('explains each finding once, and none that is not there', () => {
    const explained = tableRows(documentText('docs/operating/doctor.md'))
      .flatMap(([finding = '']) => codes(finding))
      .filter((code) => /^[a-z]+(?:_[a-z]+)+$/.test(code))
    assert.deepEqual(explained.toSorted(), Object.keys(FINDINGS).toSorted())
  })
})
