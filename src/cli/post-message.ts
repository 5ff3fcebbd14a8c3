/** Posts messages as a bridge does: signed, or with the static key, or bare on the same machine. */
import { createHmac } from 'node:crypto'
import type { Settings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import { accepted, callService } from './http-operator.ts'

const PATH = '/webhook/whatsapp/batched'

export type BridgeSecrets = Pick<Settings, 'secretKey' | 'webhookApiKey'>

export interface BridgeMessage {
  readonly from: string
  readonly message: string
  readonly messageId: string
  readonly companyId?: string
}

/**
 * The batches that the message is in now. Rejects with `refused` and the service's own sentence, or
 * with `service_unreachable`.
 */
export async function postMessage(
  url: string,
  message: BridgeMessage,
  secrets: BridgeSecrets,
  nowMs: number,
): Promise<BatchId[]> {
  const body = JSON.stringify(message)
  const reply = await callService(`${url}${PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authHeaders(body, secrets, nowMs) },
    body,
  })
  const answer = accepted(reply)
  const ids = (reply.headers.get('x-batch-id') ?? '').split(',').filter((id) => id !== '')
  if (Number(answer.spooled) > 0) {
    throw new RapidFireError(
      'refused',
      'the store of the service is away: the message is kept on its disk and answered when the store ' +
        'is back, so do not send it again; `rapid-fire stats` says how it goes on',
    )
  }
  if (ids.length === 0 || answer.addedCount === 0) {
    throw new RapidFireError('refused', 'the service took the message into no batch')
  }
  return ids as BatchId[]
}

/** `x-signature` is the hex HMAC-SHA256 of `METHOD:path:timestamp:body`, the timestamp in ms. */
function authHeaders(
  body: string,
  { secretKey, webhookApiKey }: BridgeSecrets,
  nowMs: number,
): Record<string, string> {
  if (secretKey !== null) {
    const signature = createHmac('sha256', secretKey)
      .update(`POST:${PATH}:${nowMs}:${body}`)
      .digest('hex')
    return { 'x-timestamp': String(nowMs), 'x-signature': signature }
  }
  return webhookApiKey === null ? {} : { 'x-api-key': webhookApiKey }
}
