/** What Baileys' errors mean: for a connection that ended, and for a message that was not sent. Pure. */
import { messageOf, RapidFireError } from '../errors.ts'
import { SendError } from './library.ts'

/** Of Boom, the kind of error that it throws; null for any other. */
export function statusOf(error: unknown): number | null {
  if (typeof error !== 'object' || error === null) return null
  const { output } = error as { output?: { statusCode?: unknown } }
  return typeof output?.statusCode === 'number' ? output.statusCode : null
}

export const sentenceOf = (error: unknown): string =>
  messageOf(error).split('\n', 1)[0]?.slice(0, 200) ?? ''

/** Asked for by WhatsApp right after a login: no fault, so nobody waits. */
export const RESTART = 515

/** The end of the session, or null when it is worth connecting again. */
export function endOfSession(error: unknown, folder: string): RapidFireError | null {
  switch (statusOf(error)) {
    case 401:
      return ended(
        `WhatsApp has logged this device out: move ${folder} away and start again to scan a new code`,
      )
    case 403:
      return ended('WhatsApp forbids this account to connect (403): look at the phone')
    case 411:
      return ended('this account does not allow linked devices (411): update WhatsApp on the phone')
    case 440:
      return ended(
        'another program has taken over this session (440): stop it, or log in under another BRIDGE_SESSION',
      )
    default:
      return null
  }
}

const ended = (sentence: string): RapidFireError => new RapidFireError('session_ended', sentence)

export function baileysSendError(error: unknown): SendError {
  if (error instanceof SendError) return error
  const sentence = `Baileys did not send it (${sentenceOf(error)})`
  switch (statusOf(error)) {
    case 400:
      return SendError.refused(400, sentence, error)
    case 404:
      return SendError.refused(404, sentence, error)
    case 401:
    case 403:
    case 440:
    case 463:
      return SendError.refused(403, sentence, error)
    default:
      return SendError.failed(sentence, error)
  }
}
