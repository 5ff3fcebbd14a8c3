/**
 * Arms that take turns, A B C, B C A …, so that what else the machine does meets all of them alike,
 * and none of them always comes after the same one. The
 * ratio of two arms is taken in each round and only then the middle of it: absolute numbers of
 * different minutes are never divided.
 */
import { Progress } from '../../test/support/progress.ts'
import { type Spread, spreadOf } from './statistics.ts'

export type Figures = Readonly<Record<string, number>>
export type Arms<Name extends string> = Readonly<Record<Name, () => Promise<Figures>>>

export class Rounds<Name extends string> {
  readonly #figures: Readonly<Record<Name, Figures[]>>

  constructor(figures: Readonly<Record<Name, Figures[]>>) {
    this.#figures = figures
  }

  values(arm: Name, figure: string): number[] {
    return this.#figures[arm].map((figures) => figures[figure] ?? Number.NaN)
  }

  spread(arm: Name, figure: string): Spread {
    return spreadOf(this.values(arm, figure))
  }

  /** `arm` divided by `base`, round by round. */
  ratio(arm: Name, base: Name, figure: string): Spread {
    const of = this.values(base, figure)
    return spreadOf(this.values(arm, figure).map((value, round) => value / (of[round] ?? 0)))
  }

  /** All of it, for the file. */
  all(): Record<string, Record<string, number[]>> {
    const names = Object.keys(this.#figures) as Name[]
    return Object.fromEntries(
      names.map((name) => {
        const figures = Object.keys(this.#figures[name][0] ?? {})
        return [name, Object.fromEntries(figures.map((of) => [of, this.values(name, of)]))]
      }),
    )
  }
}

/** `warmUp`: rounds before the first, which are not counted; true is one. */
export async function rounds<Name extends string>(
  what: string,
  count: number,
  arms: Arms<Name>,
  { warmUp }: { readonly warmUp: boolean | number },
): Promise<Rounds<Name>> {
  const names = Object.keys(arms) as Name[]
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Figures[]
  >
  const warmUps = Number(warmUp)
  const progress = new Progress(`turns of ${what}`, (count + warmUps) * names.length)
  let turns = 0
  for (let round = -warmUps; round < count; round += 1) {
    for (let place = 0; place < names.length; place += 1) {
      const name = names[(place + round + warmUps) % names.length] as Name
      const measured = await arms[name]()
      if (round >= 0) figures[name].push(measured)
      turns += 1
      progress.at(turns, name)
    }
  }
  progress.end()
  return new Rounds(figures)
}
