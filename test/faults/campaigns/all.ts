/** The rows of the table, in their order. */
import type { Campaign } from '../campaign.ts'
import { cuts } from './cuts.ts'
import { freezes } from './freezes.ts'
import { kills } from './kills.ts'
import { restarts } from './restarts.ts'

export const CAMPAIGNS: readonly Campaign[] = [kills, freezes, restarts, cuts]
