/** Every provider that there is: its name is the end of its webhook's address. */
import { dialog360 } from './360dialog/index.ts'
import type { Provider } from './channel.ts'
import { meta } from './meta/index.ts'

export const PROVIDERS: readonly Provider[] = [meta, dialog360]
