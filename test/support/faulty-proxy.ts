/**
 * A way to a server on loopback that does what networks do: it is cut at a chosen byte, goes deaf,
 * is slow, trickles, is refused, closes one half, or leads elsewhere. A reset, a cut and a refusal
 * are told to both ends, deafness to nobody. It never changes a byte, and it starts no fault by
 * itself: with nothing asked for it is a plain way.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** `request` goes to the server, `reply` comes from it. */
export type Side = 'request' | 'reply'

export interface Shape {
  /** Each chunk comes so much later, ms; `random` spreads it by up to `jitterMs` either way. */
  readonly delayMs?: number
  readonly jitterMs?: number
  readonly random?: () => number
  /** Comes in pieces of so many bytes, each in a packet of its own, `pieceMs` apart. */
  readonly pieceBytes?: number
  readonly pieceMs?: number
  /** Nothing comes until the shape is another; then all of it comes, as TCP sends again. */
  readonly isHeld?: boolean
}

export interface Cut {
  readonly side: Side
  /** So many bytes of that side pass; when the next one is there, both ends are reset. */
  readonly afterBytes: number
  /** Counted from the chunk of a request that has this text; without it, from the next byte. */
  readonly from?: string
}

interface Pair {
  /** 1 for the first that was opened. */
  readonly number: number
  /** Instead of those of all. */
  readonly shapes: Map<Side, Shape>
  readonly near: Socket
  readonly far: Socket
  /** Sides whose bytes are thrown away. */
  readonly deaf: Set<Side>
}

interface Planned extends Cut {
  readonly done: () => void
  /** The connection that it counts on, once it counts. */
  pair: Pair | null
  left: number
}

export class FaultyProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  readonly #cuts = new Set<Planned>()
  readonly #shapes: Record<Side, Shape> = { request: {}, reply: {} }
  #reshaped = Promise.withResolvers<void>()
  readonly #passed: Record<Side, number> = { request: 0, reply: 0 }
  #opened = 0
  /** Where it listens. */
  #at = 0
  /** Where it leads. */
  #port: number

  private constructor(port: number) {
    this.#port = port
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#join(near))
  }

  static async to(port: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(port)
    await proxy.#listen(0)
    return proxy
  }

  get port(): number {
    return this.#at
  }

  /** As Redis is named. */
  get url(): string {
    return `redis://127.0.0.1:${this.#at}`
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size
  }

  /** Connections that there ever were. */
  get opened(): number {
    return this.#opened
  }

  /** Bytes that reached the other end, over all connections. */
  passed(side: Side): number {
    return this.#passed[side]
  }

  /** New connections lead there; those that are open stay where they are. */
  lead(port: number): void {
    this.#port = port
  }

  /** Nothing passes any more on what is open, and nobody is told; new connections are whole. */
  deafen(...sides: readonly Side[]): void {
    for (const { deaf } of this.#pairs) {
      for (const side of sides.length > 0 ? sides : (['request', 'reply'] as const)) deaf.add(side)
    }
  }

  /** From now on, for what is open and what will be; `{}` is a plain way again. */
  shape(side: Side, shape: Shape): void {
    this.#shapes[side] = shape
    this.#reshaped.resolve()
    this.#reshaped = Promise.withResolvers()
  }

  /** As `shape`, for the connection that was opened as the n-th alone. */
  shapeOne(number: number, side: Side, shape: Shape): void {
    for (const pair of this.#pairs) if (pair.number === number) pair.shapes.set(side, shape)
  }

  /** Cuts one connection once. Resolves when it is cut. */
  cutOnce(cut: Cut): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#cuts.add({ ...cut, done: resolve, pair: null, left: cut.afterBytes })
    return promise
  }

  /** Takes back all cuts that have not happened. */
  keepWhole(): void {
    this.#cuts.clear()
  }

  /** Resets everything that is open. */
  reset(): void {
    for (const pair of this.#pairs) resetBoth(pair)
  }

  /** The reader of this side is told that no more comes; the other side stays open. */
  halfClose(side: Side): void {
    for (const { near, far } of this.#pairs) (side === 'reply' ? near : far).end()
  }

  /** Connections are reset and new ones refused, until `up`. */
  async down(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.reset()
    await closed
  }

  /** On the same port. */
  async up(): Promise<void> {
    await this.#listen(this.#at)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy()
      far.destroy()
    }
    this.shape('request', {})
    this.shape('reply', {})
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#at = (this.#server.address() as AddressInfo).port
  }

  #join(near: Socket): void {
    const far = connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.#opened += 1
    const pair: Pair = { number: this.#opened, shapes: new Map(), near, far, deaf: new Set() }
    this.#pairs.add(pair)
    this.#pump(pair, 'request', near, far)
    this.#pump(pair, 'reply', far, near)
    for (const socket of [near, far]) {
      socket.on('close', () => {
        if (near.destroyed && far.destroyed) this.#pairs.delete(pair)
      })
    }
  }

  /** One chunk after the other; the end comes behind what was held. */
  #pump(pair: Pair, side: Side, from: Socket, to: Socket): void {
    let line = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      from.pause()
      line = line.then(() => this.#carry(pair, side, chunk, to)).finally(() => from.resume())
    })
    from.on('end', () => {
      line = line.then(() => void to.end())
    })
    from.on('error', () => {})
    from.on('close', () => {
      line = line.then(() => void to.destroySoon())
    })
  }

  async #carry(pair: Pair, side: Side, chunk: Buffer, to: Socket): Promise<void> {
    this.#aim(pair, side, chunk)
    const shape = pair.shapes.get(side) ?? this.#shapes[side]
    const { delayMs = 0, jitterMs = 0, random = Math.random, pieceMs = 0 } = shape
    const lateMs = Math.max(0, delayMs + (random() * 2 - 1) * jitterMs)
    if (lateMs > 0) await wait(lateMs)
    while (this.#shapes[side].isHeld) await this.#reshaped.promise
    const pieceBytes = shape.pieceBytes ?? chunk.length
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      if (at > 0 && shape.pieceBytes !== undefined) await wait(pieceMs)
      if (!this.#pass(pair, side, chunk.subarray(at, at + pieceBytes), to)) return
    }
  }

  /** False when nothing passes any more. */
  #pass(pair: Pair, side: Side, piece: Buffer, to: Socket): boolean {
    if (pair.deaf.has(side) || to.destroyed || !to.writable) return false
    const cut = this.#cutOf(pair, side)
    if (cut && cut.left < piece.length) {
      const rest = piece.subarray(0, cut.left)
      this.#cuts.delete(cut)
      const end = (): void => {
        resetBoth(pair)
        cut.done()
      }
      if (rest.length === 0) end()
      // A reset overtakes what is still on its way, so the end waits until that was handed over.
      else to.write(rest, () => setImmediate(end))
      this.#passed[side] += rest.length
      return false
    }
    if (cut) cut.left -= piece.length
    to.write(piece)
    this.#passed[side] += piece.length
    return true
  }

  /** A cut that waits for a request begins to count on the connection that brings it. */
  #aim(pair: Pair, side: Side, chunk: Buffer): void {
    for (const cut of this.#cuts) {
      if (cut.pair !== null) continue
      const isSeen = cut.from === undefined ? side === cut.side : side === 'request'
      if (isSeen && (cut.from === undefined || chunk.includes(cut.from))) cut.pair = pair
    }
  }

  #cutOf(pair: Pair, side: Side): Planned | undefined {
    return [...this.#cuts].find((cut) => cut.pair === pair && cut.side === side)
  }
}

function resetBoth({ near, far }: Pair): void {
  near.resetAndDestroy()
  far.resetAndDestroy()
}
