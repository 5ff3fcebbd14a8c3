/**
 * What is asked of Redis in one turn of the event loop leaves in one write. A write that wakes another
 * process costs more than all else that an append does, and calls that arrive together are read in
 * the same turn. Nothing waits longer than for what this turn has left to do, nor for many others: the
 * order of commands, their replies and their deadlines stay as they are.
 */
import type { Redis } from 'ioredis'
import { isCluster, type RedisClient } from '../../redis-client.ts'

/** A turn that asks for more has the first of it run meanwhile. */
const MOST_COMMANDS = 64
/** Characters; what a socket does not take for long is gathered behind it without a limit. */
const MOST_JOINED = 4_194_304

/** From now on, on each stream that the client will have, or each node of its Cluster. */
export function oneWriteATick(client: RedisClient): void {
  if (isCluster(client)) client.on('+node', gather)
  else gather(client)
}

function gather(redis: Redis): void {
  const send = redis.sendCommand
  let corked: Redis['stream'] | null = null
  let joined: Redis['stream'] | null = null
  let commands = 0
  redis.sendCommand = (...args): unknown => {
    const { stream } = redis
    // A client that was never connected has none.
    if (stream && stream !== corked) {
      if (stream !== joined) inOnePiece(stream)
      joined = stream
      corked = stream
      commands = 0
      stream.cork()
      // Promises and `nextTick` are over before the next socket is read: they would gather one call.
      setImmediate(() => {
        if (corked === stream) corked = null
        stream.uncork()
      })
    } else if (stream && commands === MOST_COMMANDS) {
      commands = 0
      stream.uncork()
      stream.cork()
    }
    commands += 1
    return send.apply(redis, args)
  }
}

/** Texts that are gathered leave as one: a vector of them costs the socket a fifth more. */
function inOnePiece(stream: Redis['stream']): void {
  const { _write: write, _writev: writev } = stream
  if (!writev) return
  stream._writev = (pieces, done) => {
    let text = ''
    for (const { chunk } of pieces) {
      // Bytes cannot be joined to it, and what is long is not worth a copy.
      if (typeof chunk !== 'string' || text.length > MOST_JOINED) {
        return writev.call(stream, pieces, done)
      }
      text += chunk
    }
    write.call(stream, text, 'utf8', done)
  }
}
