/** The version of this package, as `package.json` has it. */
import pkg from '../../package.json' with { type: 'json' }

export const VERSION: string = pkg.version
