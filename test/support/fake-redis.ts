/**
 * A server that answers as a Redis of another version does, for as long as a client only greets it or
 * listens; and one that is deaf to some commands.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

export class FakeRedis implements AsyncDisposable {
  /** What clients sent, by name, in order. */
  readonly commands: string[] = []
  /** Names of commands that are never answered. */
  readonly deafTo = new Set<string>()
  readonly #version: string
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(version: string) {
    this.#version = version
    this.#server = createServer((socket) => this.#serve(socket))
  }

  static async start(version: string): Promise<FakeRedis> {
    const fake = new FakeRedis(version)
    fake.#server.listen(0, '127.0.0.1')
    await once(fake.#server, 'listening')
    return fake
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let unread = ''
    socket.on('error', () => this.#sockets.delete(socket))
    socket.setEncoding('utf8').on('data', (text: string) => {
      unread += text
      for (let command = firstCommand(unread); command; command = firstCommand(unread)) {
        unread = unread.slice(command.length)
        const answer = this.#answer(command.name)
        if (!this.deafTo.has(command.name)) socket.write(answer)
      }
    })
  }

  #answer(name: string): string {
    this.commands.push(name)
    const info = `# Server\r\nredis_version:${this.#version}\r\nredis_mode:standalone\r\nloading:0\r\n`
    switch (name) {
      case 'INFO':
        return `$${info.length}\r\n${info}\r\n`
      case 'SUBSCRIBE':
        return '*3\r\n$9\r\nsubscribe\r\n$4\r\nwake\r\n:1\r\n'
      case 'PING':
        return '+PONG\r\n'
      case 'CLIENT':
      case 'SELECT':
        return '+OK\r\n'
      default:
        return `-ERR unknown command '${name}'\r\n`
    }
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** The name of the first whole command `*n $l word …`, and its length; null while it is incomplete. */
function firstCommand(text: string): { name: string; length: number } | null {
  const count = /^\*(\d+)\r\n/.exec(text)
  if (!count) return null
  let at = count[0].length
  let name = ''
  for (let i = 0; i < Number(count[1]); i += 1) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at))
    if (!size) return null
    const begin = at + size[0].length
    at = begin + Number(size[1]) + 2
    if (text.length < at) return null
    if (i === 0) name = text.slice(begin, at - 2).toUpperCase()
  }
  return { name, length: at }
}
