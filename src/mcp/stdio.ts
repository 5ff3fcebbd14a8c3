/**
 * Serves one client over a pair of streams until it goes: its end of the input is closed, it hangs up,
 * or the process is asked to stop. Calls under way get a moment; then they are taken back.
 */
import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { messageOf } from '../errors.ts'
import { Deadline } from '../service.ts'
import type { McpPorts } from './ports.ts'
import { createMcpServer } from './server.ts'

export interface Streams {
  readonly input: Readable
  /** Nothing but messages of the protocol goes there. */
  readonly output: Writable
  /** What cannot be read, in one line each. */
  readonly complain: (line: string) => void
  /** Resolves when the process is asked to stop. */
  readonly stopped: Promise<void>
}

/** For the last calls of a client that closes its end at once, as a shell's pipe does. */
const LAST_CALLS_MS = 3000

export async function serveStdio(
  ports: McpPorts,
  { input, output, complain, stopped }: Streams,
): Promise<void> {
  const underWay = new Set<Promise<unknown>>()
  const server = createMcpServer(ports, (work) => {
    underWay.add(work)
    return work.finally(() => underWay.delete(work))
  })
  const gone = new Promise<void>((resolve) => {
    server.onclose = resolve
    input.once('end', resolve).once('close', resolve)
    output.once('error', resolve).once('close', resolve)
  })
  server.onerror = (error) => complain(`a line of the client cannot be read: ${messageOf(error)}`)
  await server.connect(new StdioServerTransport(input, output))
  await Promise.race([gone, stopped])
  // What was read with the end of the input is begun after this, and what ended is written.
  await nextRound()
  await new Deadline(LAST_CALLS_MS).race(Promise.race([stopped, Promise.allSettled([...underWay])]))
  await nextRound()
  await server.close()
}

const nextRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
