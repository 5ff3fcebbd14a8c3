/**
 * The id of a message at WhatsApp, made of the part's own: the same part always gets the same id, so
 * one that is sent twice is one message to the phone that receives it. Pure.
 */
import { createHash } from 'node:crypto'

/** As WhatsApp Web writes its own. */
const PREFIX = '3EB0'
const HEX_CHARS = 18

/** Tells what two bridges of one gateway send apart by the session. */
export function messageIdOf(session: string, partId: string): string {
  const digest = createHash('sha256').update(`${session}\0${partId}`).digest('hex')
  return PREFIX + digest.slice(0, HEX_CHARS).toUpperCase()
}
