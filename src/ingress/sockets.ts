/**
 * What is under way on the sockets: answers that are still owed, and bytes of bodies that are being
 * received. It decides what a socket on which no request can be read any more gets, and how much of
 * what strangers send may be in memory at a time.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../errors.ts'
import { rawAnswer } from './answers.ts'

export class Sockets {
  readonly #owed = new WeakMap<Socket, Map<ServerResponse, IncomingMessage>>()
  readonly #maxBodyBytes: number
  #bodyBytes = 0

  constructor(maxBodyBytes: number) {
    this.#maxBodyBytes = maxBodyBytes
  }

  /** Notes a request until it is answered or gone; false when its body finds no room. */
  take(request: IncomingMessage, response: ServerResponse, mostBytes: number): boolean {
    const { socket } = request
    let owed = this.#owed.get(socket)
    if (!owed) {
      owed = new Map()
      this.#owed.set(socket, owed)
    }
    const answers = owed.set(response, request)
    const bytes = bytesOf(request, mostBytes)
    this.#bodyBytes += bytes
    response.once('close', () => {
      answers.delete(response)
      this.#bodyBytes -= bytes
    })
    return bytes === 0 || this.#bodyBytes <= this.#maxBodyBytes
  }

  /** The last answer on a socket: after those that are owed for requests that came whole. */
  refuse(code: string, socket: Socket): void {
    // Reset by the caller, or already answered: nobody is there to read.
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const owed = this.#owed.get(socket) ?? new Map<ServerResponse, IncomingMessage>()
    const whole = [...owed].filter(([, { complete }]) => complete).map(([response]) => response)
    let left = whole.length
    const end = (): void => {
      if (left === 0 && socket.writable) socket.end(brokenRequestAnswer(code))
    }
    for (const response of whole) {
      response.once('close', () => {
        left -= 1
        end()
      })
    }
    end()
  }
}

/** What a body may come to: as long as it says, or as long as it may be. */
function bytesOf({ headers }: IncomingMessage, mostBytes: number): number {
  if (headers['transfer-encoding'] !== undefined) return mostBytes
  return Math.min(Number(headers['content-length'] ?? 0), mostBytes)
}

const BROKEN: ReadonlyMap<string, readonly [ErrorCode, string]> = new Map([
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    ['request_timeout', 'The request was not complete in time'] as const,
  ],
  [
    'HPE_HEADER_OVERFLOW',
    ['headers_too_large', 'The headers are too many or too large: 16384 bytes at most'] as const,
  ],
])

function brokenRequestAnswer(code: string): string {
  const [ours, sentence] = BROKEN.get(code) ?? ['invalid_format', 'This is no valid HTTP request']
  return rawAnswer(ours, sentence)
}
