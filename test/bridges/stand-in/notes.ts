/** What a stand-in did, in a file that survives the process, as WhatsApp would. */
import { appendFileSync } from 'node:fs'

export function note(line: string): void {
  const file = process.env.STAND_IN_NOTES
  if (file !== undefined) appendFileSync(file, `${line}\n`)
}
