/**
 * What has to be in the store, by the ledger alone, and the verdict on what is found there.
 *
 * A thing has to be as it was last acknowledged, or as a later call that nobody answered asked for.
 * One that is found as it was earlier has lost the operations since: each is counted.
 */
import { entriesIn } from './ledger.ts'

/** Things by name, in their state; whatever is not in it is `gone`. */
export type Found = ReadonlyMap<string, string>

export interface Audit {
  /** Operations acknowledged since the books were last carried over. */
  readonly acknowledged: number
  readonly lost: number
  /** What is neither kept nor lost, and the first of those lost, for people. */
  readonly remarks: readonly string[]
}

interface Account {
  /** As acknowledged, oldest first. */
  states: string[]
  /** As the call that has no answer yet would have it. */
  asked: string | null
  /** Found after an earlier cut: acknowledged then. */
  isCarried: boolean
}

const NOTHING = 'gone'
const LOST_NAMED_MAX = 5

export class Books {
  readonly #accounts = new Map<string, Account>()

  read(ledger: string): void {
    for (const { thing, state, isAcknowledged } of entriesIn(ledger)) {
      const account = this.#account(thing)
      if (isAcknowledged) {
        account.states.push(state)
        account.asked = null
      } else account.asked = state
    }
  }

  /** The names of all things of a kind: `m`, `b` or `h`. */
  names(kind: string): string[] {
    const prefix = `${kind}:`
    return [...this.#accounts.keys()]
      .filter((thing) => thing.startsWith(prefix))
      .map((thing) => thing.slice(prefix.length))
  }

  /** Messages that were asked to be taken and have no answer. */
  unanswered(): string[] {
    return this.names('m').filter((id) => {
      const account = this.#accounts.get(`m:${id}`)
      return account?.states.length === 0 && account.asked === 'kept'
    })
  }

  /** How often each state was acknowledged, by kind: `m kept`, `b sealed`. */
  kinds(): Map<string, number> {
    const kinds = new Map<string, number>()
    for (const [thing, { states, isCarried }] of this.#accounts) {
      if (isCarried) continue
      for (const state of states) {
        const kind = `${thing.slice(0, 1)} ${state}`
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      }
    }
    return kinds
  }

  audit(found: Found): Audit {
    let acknowledged = 0
    let lost = 0
    const losses: string[] = []
    const remarks: string[] = []
    for (const [thing, { states, asked, isCarried }] of this.#accounts) {
      acknowledged += isCarried ? states.length - 1 : states.length
      const is = found.get(thing) ?? NOTHING
      const wanted = states.at(-1) ?? NOTHING
      if (is === wanted || is === asked) continue
      const at = states.lastIndexOf(is)
      if (at === -1 && is !== NOTHING) remarks.push(`${thing} is ${is}, not ${wanted}`)
      else {
        lost += states.length - 1 - at
        losses.push(`${thing} is ${is}, was acknowledged as ${wanted}`)
      }
    }
    for (const thing of found.keys()) {
      if (!this.#accounts.has(thing)) remarks.push(`${thing} was never asked for`)
    }
    return { acknowledged, lost, remarks: [...losses.slice(0, LOST_NAMED_MAX), ...remarks] }
  }

  /** What was found has to be there from now on. */
  carry(found: Found): void {
    this.#accounts.clear()
    for (const [thing, state] of found) {
      this.#accounts.set(thing, { states: [state], asked: null, isCarried: true })
    }
  }

  #account(thing: string): Account {
    const known = this.#accounts.get(thing)
    if (known) return known
    const account: Account = { states: [], asked: null, isCarried: false }
    this.#accounts.set(thing, account)
    return account
  }
}
