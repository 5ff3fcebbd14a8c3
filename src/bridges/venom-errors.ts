/**
 * What venom-bot says when it does not send, as what becomes of the message. Pure.
 *
 * It rejects with objects, `{erro: true, text, status}`, and where its page breaks with errors of
 * the browser. `status` is 404 for nearly everything, so the text decides.
 */
import { messageOf } from '../errors.ts'
import { SendError } from './library.ts'

const NO_SUCH_NUMBER = /does not exist/i
const NO_ADDRESS =
  /must contain the parameters|incorrect parameters|necessary to (?:pass )?(?:a )?number/i
const NO_TEXT = /necessary to write a text|invalid parameter/i
const NOT_ALLOWED = /have been removed/i
const NOT_CONNECTED = /no connection with whatsapp/i

export function venomError(error: unknown): SendError {
  if (error instanceof SendError) return error
  const said = textOf(error)
  const sentence = `venom-bot did not send it (${said})`
  if (NOT_CONNECTED.test(said)) return SendError.away(sentence, error)
  if (NO_SUCH_NUMBER.test(said)) return SendError.refused(404, sentence, error)
  if (NO_ADDRESS.test(said) || NO_TEXT.test(said)) return SendError.refused(400, sentence, error)
  if (NOT_ALLOWED.test(said)) return SendError.refused(403, sentence, error)
  // "The message was not sent", a page that went away: nobody knows, so it is tried again.
  return SendError.failed(sentence, error)
}

function textOf(error: unknown): string {
  if (typeof error === 'string') return error.slice(0, 200)
  if (error instanceof Error) return messageOf(error).split('\n', 1)[0]?.slice(0, 200) ?? ''
  if (typeof error !== 'object' || error === null) return String(error)
  const { text, status } = error as { text?: unknown; status?: unknown }
  const said = [text, status].find((one) => typeof one === 'string' && one !== '')
  return typeof said === 'string' ? said.slice(0, 200) : 'no reason given'
}

/** The id of a message in venom's answer: `to` is the message's key, in whole or in parts. */
export function venomMessageId(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null || !('to' in answer)) return ''
  const { to } = answer
  if (typeof to === 'string') return to.includes('_') ? to : ''
  if (typeof to !== 'object' || to === null || !('_serialized' in to)) return ''
  return typeof to._serialized === 'string' && to._serialized.includes('_') ? to._serialized : ''
}
