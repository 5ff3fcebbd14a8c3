/** The rows of the table, in their order. */
import type { Campaign } from '../campaign.ts'
import { kills } from './kills.ts'

export const CAMPAIGNS: readonly Campaign[] = [kills]
