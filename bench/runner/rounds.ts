/**
 * Arms that take turns, each round in an order of its own, so that what else the machine does meets
 * all of them alike, and none of them always has the end of the same one beside it. The ratio of two
 * arms is taken in each round and only then the middle of it: absolute numbers of different minutes
 * are never divided.
 */
import { Progress } from '../../test/support/progress.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { geometricMean, type Spread, spreadOf } from './statistics.ts'

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
    return spreadOf(this.#ratios(arm, [base], figure))
  }

  /**
   * The same with the geometric mean in the middle, of several bases as well: of many short rounds it
   * says more than the median. The least and the greatest are those of one round.
   */
  meanRatio(arm: Name, bases: readonly Name[], figure: string): Spread {
    const ratios = this.#ratios(arm, bases, figure)
    return { ...spreadOf(ratios), median: geometricMean(ratios) }
  }

  #ratios(arm: Name, bases: readonly Name[], figure: string): number[] {
    const of = bases.map((base) => this.values(base, figure))
    return this.values(arm, figure).map(
      (value, round) => value / geometricMean(of.map((values) => values[round] ?? 0)),
    )
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
  const random = seededRandom(1)
  let turns = 0
  for (let round = -warmUps; round < count; round += 1) {
    for (const name of shuffled(names, random)) {
      const measured = await arms[name]()
      if (round >= 0) figures[name].push(measured)
      turns += 1
      progress.at(turns, name)
    }
  }
  progress.end()
  return new Rounds(figures)
}

function shuffled<Name>(names: readonly Name[], random: () => number): Name[] {
  return names
    .map((name) => ({ name, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name)
}
