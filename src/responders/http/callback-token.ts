/**
 * The address at which a backend answers later: it names the batch, and a token that only this
 * service can make proves that the backend was asked. Pure.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto'

/** So that a key which also signs other things never makes a token by accident. */
const DOMAIN = 'rapid-fire:callback:v1:'

/** 43 characters that need no escaping in a URL. */
export function callbackToken(key: string, batchId: string): string {
  return createHmac('sha256', key).update(DOMAIN).update(batchId).digest('base64url')
}

/** Takes the same time whatever is given: digests are compared, so not even the length shows. */
export function isCallbackToken(key: string, batchId: string, given: string): boolean {
  const right = hash('sha256', callbackToken(key, batchId), 'buffer')
  return timingSafeEqual(hash('sha256', given, 'buffer'), right)
}

export function callbackUrl(publicUrl: string, batchId: string, token: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/callback/${batchId}/${token}`
}
