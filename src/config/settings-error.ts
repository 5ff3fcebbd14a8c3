/** All mistakes of the settings at once: each line names one, the value given, and what is right. */
import { RapidFireError } from '../errors.ts'
import type { SettingSpec } from './spec.ts'

export class SettingsError extends RapidFireError {
  readonly lines: readonly string[]

  constructor(lines: readonly string[], options?: { cause?: unknown }) {
    super('settings_invalid', lines.join('\n'), options)
    this.name = 'SettingsError'
    this.lines = lines
  }
}

/** One line of the report; a secret's value is never in it. */
export function notAllowed(
  name: string,
  given: unknown,
  where: string,
  spec: Pick<SettingSpec<unknown>, 'allowed' | 'secret'>,
): string {
  return `${name}${spec.secret ? '' : ` ${shownValue(given)}`}${where}: ${spec.allowed}`
}

function shownValue(given: unknown): string {
  if (typeof given === 'string') return `"${shown(given)}"`
  if (typeof given === 'object' && given !== null) return Array.isArray(given) ? '[…]' : '{…}'
  return String(given)
}

const SHOWN_MAX = 60
/** A wrong value or name may be anything, also a terminal's control codes. */
export const shown = (text: string): string => {
  const plain = text.replace(/[^\P{C}]/gu, '?')
  return plain.length > SHOWN_MAX ? `${plain.slice(0, SHOWN_MAX)}…` : plain
}
