/** A case of the acceptance list: its number stands in the title, and it runs on the engines it speaks of. */
import { after, describe, it } from 'node:test'
import { ENGINES, type Engine, House, type HouseOptions, stopSharedRedis } from './house.ts'

export type CaseOptions = Omit<HouseOptions, 'engine'> & { readonly engines?: readonly Engine[] }

/** Processor at work, nobody takes the jobs: they stay to be looked at. */
export const NO_WORKER = { engines: ['redis'], roles: ['api', 'processor'] } as const

export function acceptanceCase(
  number: number,
  title: string,
  options: CaseOptions,
  test: (house: House) => Promise<void>,
): void {
  const { engines = ENGINES, ...house } = options
  for (const engine of engines) {
    it(`case ${number} (${engine}): ${title}`, async () => {
      await using started = await House.start({ engine, ...house })
      await test(started)
    })
  }
}

export function acceptance(name: string, cases: () => void): void {
  describe(`acceptance: ${name}`, () => {
    after(stopSharedRedis)
    cases()
  })
}
