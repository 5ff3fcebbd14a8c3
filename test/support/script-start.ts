/** What every long command of ours does first. */
import { findRedis } from './find-redis.ts'

/** Ends with the help when it was asked for. */
export function helpIf(asked: boolean, help: string): void {
  if (!asked) return
  process.stdout.write(help)
  process.exit(0)
}

/** Ends with one line that says how, when there is no `redis-server` and none can be installed. */
export function needRedis(): void {
  const found = findRedis()
  if (found.ok) return
  console.error(found.sentence)
  process.exit(1)
}
