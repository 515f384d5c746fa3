import { describe, expect, it } from 'vitest'
import { membershipQuestions, memberships } from '../../src/worlds/memberships.ts'
import { countries } from '../../src/worlds/tables.ts'
import { seeded } from './draws.ts'

const members = (key: string) => memberships.find((set) => set.key === key)?.members.map((names) => names[0])

describe('memberships', () => {
  it('each have at least four members, all different, and a key of their own', () => {
    expect(new Set(memberships.map((set) => set.key)).size).toBe(memberships.length)
    for (const set of memberships) {
      expect(set.members.length).toBeGreaterThanOrEqual(4)
      expect(new Set(set.members.map((names) => names[0])).size).toBe(set.members.length)
    }
  })

  it('hold the whole of known sets', () => {
    expect(members('element-family/noble-gas')?.sort()).toEqual([
      'argon',
      'helium',
      'krypton',
      'neon',
      'oganesson',
      'radon',
      'xenon',
    ])
    expect(members('element-family/halogen')).toHaveLength(6)
    expect(members('element-family/alkali-metal')).not.toContain('hydrogen')
    expect(members('country-in/South America')).toHaveLength(12)
    expect(members('country-in/Africa')).toHaveLength(54)
    expect(members('number/two-digit-prime')).toHaveLength(21)
    expect(members('number/square')).toEqual(['16', '25', '36', '49', '64', '81', '100', '121', '144', '169', '196'])
    expect(members('element-period/4')).toHaveLength(18)
  })

  it('count a country on two continents in both', () => {
    expect(members('country-in/Asia')).toContain('Turkey')
    expect(members('country-in/Europe')).toContain('Turkey')
    const counted = ['Africa', 'Asia', 'Europe', 'North America', 'South America', 'Oceania'].flatMap((one) =>
      members(`country-in/${one}`),
    )
    expect(new Set(counted).size).toBe(countries.length)
  })
})

it('membershipQuestions ask every set before any twice, up to eight wordings', () => {
  const drawn = membershipQuestions(seeded(1), { size: memberships.length * 8 })
  expect(new Set(drawn.slice(0, memberships.length).map((item) => item.cluster)).size).toBe(memberships.length)
  expect(new Set(drawn.map((item) => item.question)).size).toBe(drawn.length)
  expect(drawn.length).toBeGreaterThanOrEqual(200)
  expect(() => membershipQuestions(seeded(1), { size: memberships.length * 8 + 1 })).toThrow(RangeError)
})
