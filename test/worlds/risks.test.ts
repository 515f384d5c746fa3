import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../src/methods/random.ts'
import { riskCases } from '../../src/worlds/risks.ts'

const cases = riskCases(randomFrom('risks'), { size: 8000 })
const of = (task: string) => cases.filter((one) => one.task === task)
const share = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length

describe('riskCases', () => {
  it('draws outcomes from the stated probabilities', () => {
    for (const [low, high] of [
      [0, 0.2],
      [0.2, 0.4],
      [0.4, 0.6],
      [0.6, 0.8],
      [0.8, 1],
    ] as const) {
      const some = cases.filter(({ pstar }) => pstar >= low && pstar < high)
      expect(some.length).toBeGreaterThan(200)
      expect(Math.abs(share(some.map(({ label }) => label)) - share(some.map(({ pstar }) => pstar)))).toBeLessThan(0.04)
    }
  })

  it('states rates that are those of the population', () => {
    for (const task of ['cold', 'claim', 'society', 'seed']) {
      const some = of(task)
      const header = some[0]?.header ?? ''
      expect(some.every((one) => one.header === header)).toBe(true)
      const base = Number(/^Of 100 [^,]+, (\d+) /.exec(header)?.[1])
      expect(Math.abs(100 * share(some.map(({ pstar }) => pstar)) - base)).toBeLessThan(2.5)
      for (const { key, value } of some[0]?.description ?? []) {
        const stated = Number(new RegExp(`${key} \\([^)]*?${value}: (\\d+)`).exec(header)?.[1])
        const among = some.filter((one) => one.description.some((line) => line.key === key && line.value === value))
        expect(Math.abs(100 * share(among.map(({ pstar }) => pstar)) - stated), `${key} ${value}`).toBeLessThan(4)
      }
    }
  })

  it('lets everyday factors point the way that people expect', () => {
    const cold = of('cold')
    const rate = (value: string) =>
      share(cold.filter((one) => one.description[3]?.value === value).map(({ pstar }) => pstar))
    expect(rate('daily')).toBeGreaterThan(rate('now and then'))
    expect(rate('now and then')).toBeGreaterThan(rate('never'))
  })
})
