/**
 * Plays one campaign, argv[2] says which, and tells its parent how far it is and how it ended. When
 * its parent is gone, or wants it to stop, it clears up and ends.
 */
import { messageOf } from '../../src/errors.ts'
import { diceOf } from '../outside/dice.ts'
import { CAMPAIGNS } from './campaigns/all.ts'
import type { PlayJob, PlayReport } from './player.ts'

const CLEAR_MS = 5000

const { name, count, seed } = JSON.parse(process.argv[2] ?? '') as PlayJob
const campaign = CAMPAIGNS.find((one) => one.name === name)
if (!campaign) throw new Error(`there is no campaign ${name}`)
const stop = new AbortController()
const report = (message: PlayReport): void => {
  if (process.connected) process.send?.(message)
}
process.once('disconnect', () => {
  stop.abort()
  // What it started ends with it, whatever it still waits for.
  setTimeout(() => process.exit(), CLEAR_MS).unref()
})
// ^C is for the parent, which says so by leaving.
process.on('SIGINT', () => {})
try {
  const missing = (await campaign.missing?.()) ?? null
  if (missing !== null) report({ kind: 'missing', what: missing })
  else {
    const outcome = await campaign.run({
      ...{ count, seed, random: diceOf(seed, name), signal: stop.signal },
      onProgress: (done, note = '') => report({ kind: 'progress', done, note }),
    })
    report({ kind: 'outcome', outcome: { ...outcome, points: [...outcome.points] } })
  }
} catch (error) {
  report({ kind: 'failed', error: messageOf(error) })
  if (!stop.signal.aborted) console.error(error)
}
// Handles of what it played may still be open.
if (process.connected) process.disconnect?.()
process.exit()
