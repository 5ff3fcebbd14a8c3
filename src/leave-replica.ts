/**
 * When a connection to Redis is given up for a new one although it works: the server behind it became
 * a replica, and after a failover behind one address a new connection leads to the primary. Where it
 * does not, as while the only server takes no writes, the connection still reads; so it is given up
 * once a second at most, not for each of the calls that are refused at the same moment.
 */
const AGAIN_MS = 1000

/** For one connection. */
export function leaveReplica(
  now: () => number = () => performance.now(),
): (error: Error) => boolean {
  let leftAtMs = Number.NEGATIVE_INFINITY
  return ({ message }) => {
    if (!message.startsWith('READONLY') || now() - leftAtMs < AGAIN_MS) return false
    leftAtMs = now()
    return true
  }
}
