/**
 * One way of making turns out of bursts, with all that it needs in one process: it takes messages,
 * waits for the end of a burst, and begins a turn that nobody has to answer.
 */
export interface Arm extends AsyncDisposable {
  take(message: ArmMessage): Promise<unknown>
}

export interface ArmMessage {
  readonly person: number
  /** Which one of all. */
  readonly n: number
  readonly text: string
}

export interface ArmOptions {
  readonly url: string
  /** The silence after which a burst has ended. */
  readonly windowMs: number
  /** The texts of a turn, when its worker begins it. */
  readonly onTurn: (texts: readonly string[]) => void
}

/** Of every arm's worker, where it has one. */
export const CONCURRENCY = 50
/** What every arm answers. */
export const ANSWER = 'Да'
