/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError } from 'commander'
import { type Loaded, loadSettings } from '../config/load.ts'
import type { Who } from '../operations/operator.ts'
import type { Shell } from './shell.ts'

export interface JsonOption {
  json?: true
}

export const JSON_OPTION = ['--json', 'print one JSON object'] as const

export interface CompanyOption {
  company?: string
}

export const COMPANY_OPTION = ['--company <id>', 'tenant, when it is not the default one'] as const

export interface ChannelOption {
  channel?: string
}

export const CHANNEL_OPTION = [
  '--channel <id>',
  'how the person writes, when it is not by our own format: meta, telegram, …',
] as const

export const whoOf = (phone: string, { company, channel }: CompanyOption & ChannelOption): Who => ({
  phone,
  ...(company !== undefined && { companyId: company }),
  ...(channel !== undefined && { channel }),
})

export const settingsOf = (shell: Shell): Promise<Loaded> =>
  loadSettings({ cwd: shell.cwd, env: shell.env })

/** Reads a whole number from `min` to `max`. */
export function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Allowed is a whole number from ${min} to ${max}.`)
  }
}
