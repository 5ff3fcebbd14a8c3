/** Imports a library that the owner installs beside us, only when its bridge is started. */
import { messageOf, RapidFireError } from '../errors.ts'

const NOT_FOUND = 'ERR_MODULE_NOT_FOUND'

/** Rejects with `library_missing` or `library_failed`. */
export async function loadLibrary(name: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return exportsOf(await import(name))
  } catch (error) {
    const sentence = messageOf(error).split('\n', 1)[0] ?? ''
    const missing = error instanceof Error && 'code' in error && error.code === NOT_FOUND
    if (missing && sentence.includes(`'${name}'`)) {
      throw new RapidFireError(
        'library_missing',
        `this bridge needs ${name}, which is not installed: npm install --save-prod ${name}`,
        { cause: error },
      )
    }
    throw new RapidFireError(
      'library_failed',
      `${name} cannot be loaded (${sentence}): install it again, \`docs/bridges.md\` says which version`,
      { cause: error },
    )
  }
}

/** A CommonJS package shows some of its exports, or all of them, below `default` only. */
function exportsOf(loaded: Record<string, unknown>): Record<string, unknown> {
  const inner = loaded.default
  const isModule = typeof inner === 'object' && inner !== null
  return isModule ? { ...inner, ...loaded } : { ...loaded }
}
