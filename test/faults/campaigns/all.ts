/** The rows of the table, in their order. */
import type { Campaign } from '../campaign.ts'
import { cuts } from './cuts.ts'
import { flight } from './flight.ts'
import { freezes } from './freezes.ts'
import { kills } from './kills.ts'
import { power } from './power.ts'
import { refusals } from './refusals.ts'
import { repeats } from './repeats.ts'
import { restarts } from './restarts.ts'
import { rush } from './rush.ts'
import { spoolPower } from './spool-power.ts'

export const CAMPAIGNS: readonly Campaign[] = [
  ...[kills, freezes, restarts, cuts, refusals, rush, repeats, power, spoolPower, flight],
]
