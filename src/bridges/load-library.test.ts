import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { tempFolder } from '../../test/support/temp-folder.ts'
import { loadLibrary } from './load-library.ts'

describe('a library', () => {
  it('that is not there says how to install it', async () => {
    await assert.rejects(loadLibrary('a-package-that-is-not-there'), {
      code: 'library_missing',
      message: /not installed: npm install --save-prod a-package-that-is-not-there$/,
    })
  })

  it('that cannot be loaded says why', async () => {
    using folder = tempFolder('library')
    const file = join(folder.path, 'broken.mjs')
    writeFileSync(file, "import 'another-package-that-is-not-there'")
    await assert.rejects(loadLibrary(pathToFileURL(file).href), {
      code: 'library_failed',
      message: /another-package-that-is-not-there/,
    })
  })

  it('shows all its exports, also those of CommonJS that stand below `default`', async () => {
    using folder = tempFolder('library')
    const file = join(folder.path, 'library.cjs')
    writeFileSync(file, 'const hidden = { create: 1 }; module.exports = { ...hidden, other: 2 }')
    const { create, other } = await loadLibrary(pathToFileURL(file).href)
    assert.deepEqual([create, other], [1, 2])
  })
})
