/** Every provider that there is: its name is the end of its webhook's address. */
import { dialog360 } from './360dialog/index.ts'
import { baileys } from './baileys/index.ts'
import type { Provider } from './channel.ts'
import { evolution } from './evolution/index.ts'
import { generic } from './generic/index.ts'
import { greenapi } from './greenapi/index.ts'
import { meta } from './meta/index.ts'
import { telegram } from './telegram/index.ts'
import { twilio } from './twilio/index.ts'
import { venom } from './venom/index.ts'
import { waha } from './waha/index.ts'
import { wwebjs } from './wwebjs/index.ts'
import { zapi } from './zapi/index.ts'

export const PROVIDERS: readonly Provider[] = [
  meta,
  dialog360,
  baileys,
  evolution,
  telegram,
  twilio,
  venom,
  waha,
  wwebjs,
  zapi,
  generic,
  greenapi,
]
