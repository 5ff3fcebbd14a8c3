/** A way to a server on loopback that can be led elsewhere, and whose connections can go deaf. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #port: number

  private constructor(port: number) {
    this.#port = port
    this.#server = createServer((near) => this.#join(near))
  }

  static async to(port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #join(near: Socket): void {
    const far = connect(this.#port, '127.0.0.1')
    const pair = [near, far] as const
    this.#pairs.add(pair)
    near.pipe(far).pipe(near)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#pairs.delete(pair)
        near.destroy()
        far.destroy()
      })
    }
  }

  /** New connections lead there; those that are open stay where they are. */
  lead(port: number): void {
    this.#port = port
  }

  /** Nothing passes any more on what is open, and nobody is told. */
  deafen(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far).resume()
      far.unpipe(near).resume()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [near] of this.#pairs) near.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
