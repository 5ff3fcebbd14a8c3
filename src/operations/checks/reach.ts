/**
 * Whether the other side can be reached, by a harmless question with a deadline: nothing is sent to
 * people, and nothing that costs. It answers what was seen and never rejects.
 */
import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Question } from '../../channels/channel.ts'
import { messageOf } from '../../errors.ts'
import { httpAddress } from '../../http-address.ts'

export type Reached =
  /** Only a connection was made. */
  | { readonly kind: 'open' }
  /** `aheadMs`: how far its clock is before ours, where it says; null else. */
  | { readonly kind: 'answered'; readonly status: number; readonly aheadMs: number | null }
  | { readonly kind: 'unreachable'; readonly why: string }

const REACH_MS = 5000

export function reach(question: Question, withinMs = REACH_MS): Promise<Reached> {
  return question.connectOnly ? reachByConnecting(question.url, withinMs) : ask(question, withinMs)
}

async function ask({ url: given, headers, json }: Question, withinMs: number): Promise<Reached> {
  const { url, authorization } = httpAddress(given)
  try {
    const response = await fetch(url, {
      method: json === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(withinMs),
      headers: {
        ...(authorization && { authorization }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
    await response.body?.cancel()
    const date = Date.parse(response.headers.get('date') ?? '')
    const aheadMs = Number.isNaN(date) ? null : date - Date.now()
    return { kind: 'answered', status: response.status, aheadMs }
  } catch (error) {
    return { kind: 'unreachable', why: whyOf(error, withinMs) }
  }
}

function reachByConnecting(given: string, withinMs: number): Promise<Reached> {
  const { protocol, hostname, port } = new URL(given)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isTls = protocol === 'https:'
  const target = { host, port: Number(port || (isTls ? 443 : 80)) }
  return new Promise((resolve) => {
    const socket = isTls
      ? connectTls({ ...target, ...(/[a-z]/i.test(host) && { servername: host }) })
      : connectPlain(target)
    const end = (reached: Reached): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(reached)
    }
    const timer = setTimeout(() => end({ kind: 'unreachable', why: noAnswer(withinMs) }), withinMs)
    socket.once(isTls ? 'secureConnect' : 'connect', () => end({ kind: 'open' }))
    socket.on('error', (error) => end({ kind: 'unreachable', why: whyOf(error, withinMs) }))
  })
}

const noAnswer = (withinMs: number): string => `no answer within ${withinMs / 1000} s`

/** `fetch` says why in the cause, and of several addresses in a list. */
function whyOf(error: unknown, withinMs: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return noAnswer(withinMs)
  const cause = error instanceof Error && error.cause ? error.cause : error
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  return messageOf(first) || 'no connection'
}
