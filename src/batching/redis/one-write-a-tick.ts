/**
 * What is asked of Redis in one turn of the event loop leaves in one write. A write that wakes another
 * process costs more than all else that an append does, and calls that arrive together are read in
 * the same turn. Nothing waits longer than for what this turn has left to do: the order of commands,
 * their replies and their deadlines stay as they are.
 */
import type { Redis } from 'ioredis'
import { isCluster, type RedisClient } from '../../redis-client.ts'

/** From now on, on each stream that the client will have, or each node of its Cluster. */
export function oneWriteATick(client: RedisClient): void {
  if (isCluster(client)) client.on('+node', gather)
  else gather(client)
}

function gather(redis: Redis): void {
  const send = redis.sendCommand
  let corked: Redis['stream'] | null = null
  redis.sendCommand = (...args): unknown => {
    const { stream } = redis
    // A client that was never connected has none.
    if (stream && stream !== corked) {
      corked = stream
      stream.cork()
      // Promises and `nextTick` are over before the next socket is read: they would gather one call.
      setImmediate(() => {
        if (corked === stream) corked = null
        stream.uncork()
      })
    }
    return send.apply(redis, args)
  }
}
