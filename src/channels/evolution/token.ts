/**
 * The token that Evolution shows where the webhook has a `jwt_key`: HS256, valid for ten minutes.
 * It says who calls and nothing of what the call says.
 */
import { createHmac } from 'node:crypto'

const LIFE_S = 600
const CLAIMS = { app: 'evolution', action: 'webhook' } as const

export async function isBearer(token: string, key: string, nowMs: number): Promise<boolean> {
  // Loaded where somebody uses it.
  const { jwtVerify } = await import('jose/jwt/verify')
  try {
    const { payload } = await jwtVerify(token, Buffer.from(key), {
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
      currentDate: new Date(nowMs),
    })
    return payload.app === CLAIMS.app && payload.action === CLAIMS.action
  } catch {
    // Whatever is wrong with a stranger's token, it is not right.
    return false
  }
}

export function bearerFor(key: string, nowMs: number): string {
  const iat = Math.floor(nowMs / 1000)
  const signed = [
    { alg: 'HS256', typ: 'JWT' },
    { iat, exp: iat + LIFE_S, ...CLAIMS },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}
