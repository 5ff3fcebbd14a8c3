/** What both runs of failovers take, for `parseArgs` and for their help. */
export const OPTIONS = {
  people: { type: 'string', default: '24' },
  rounds: { type: 'string', default: '3' },
  calm: { type: 'string', default: '3' },
  durability: { type: 'string', default: 'replica' },
  seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
  help: { type: 'boolean', default: false },
} as const

export const OPTIONS_HELP = `  --people N        who write at the same time (default 24)
  --rounds N        so many times everything happens (default 3)
  --calm S          seconds of undisturbed writing between two happenings (default 3)
  --durability D    replica (default): what is acknowledged is with a replica; primary: as Redis does it
  --seed N          of bursts and pauses
`
