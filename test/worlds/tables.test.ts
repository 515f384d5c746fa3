import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { countries, countryInText, elements } from '../../src/worlds/tables.ts'
import { STRATA } from '../../src/worlds/version.ts'

const country = (key: string) => {
  const found = countries.find((one) => one.key === key)
  if (found === undefined) throw new Error(`no ${key}`)
  return found
}
const element = (symbol: string) => {
  const found = elements.find((one) => one.symbol === symbol)
  if (found === undefined) throw new Error(`no ${symbol}`)
  return found
}

describe('countries', () => {
  it('are the 195 members and observers of the United Nations, each once', () => {
    expect(countries).toHaveLength(195)
    for (const field of ['key', 'name', 'isoAlpha2', 'isoAlpha3', 'rank'] as const) {
      expect(new Set(countries.map((one) => one[field])).size).toBe(195)
    }
  })

  it('are well formed', () => {
    for (const one of countries) {
      expect(one.isoAlpha2).toMatch(/^[A-Z]{2}$/)
      expect(one.isoAlpha3).toMatch(/^[A-Z]{3}$/)
      expect(one.continents.length).toBeGreaterThan(0)
      expect(one.currencies.length).toBeGreaterThan(0)
      for (const { code, names } of one.currencies) expect(names).toContain(code)
      for (const code of one.callingCodes) expect(code).toMatch(/^\d{1,4}$/)
      for (const list of [one.aliases, one.capitals, one.callingCodes]) expect(new Set(list).size).toBe(list.length)
    }
  })

  it('fill every stratum in rank order', () => {
    expect(STRATA.map((stratum) => countries.filter((one) => one.stratum === stratum).length)).toEqual([48, 70, 77])
    expect(countries.map((one) => one.rank)).toEqual(countries.map((_, place) => place + 1))
    const order = countries.map((one) => STRATA.indexOf(one.stratum))
    expect(order).toEqual([...order].sort())
  })

  it.each([
    ['FR', 'Paris', 'Europe', 'FRA', 'EUR', '33'],
    ['US', 'Washington, D.C.', 'North America', 'USA', 'USD', '1'],
    ['JP', 'Tokyo', 'Asia', 'JPN', 'JPY', '81'],
    ['AU', 'Canberra', 'Oceania', 'AUS', 'AUD', '61'],
    ['BR', 'Brasília', 'South America', 'BRA', 'BRL', '55'],
    ['HR', 'Zagreb', 'Europe', 'HRV', 'EUR', '385'],
    ['BG', 'Sofia', 'Europe', 'BGR', 'EUR', '359'],
    ['BI', 'Gitega', 'Africa', 'BDI', 'BIF', '257'],
    ['KZ', 'Astana', 'Asia', 'KAZ', 'KZT', '7'],
    ['SZ', 'Mbabane', 'Africa', 'SWZ', 'SZL', '268'],
    ['LK', 'Sri Jayawardenepura Kotte', 'Asia', 'LKA', 'LKR', '94'],
    ['NR', undefined, 'Oceania', 'NRU', 'AUD', '674'],
  ])('%s is right', (key, capital, continent, alpha3, currency, calling) => {
    const one = country(key)
    expect(one.capitals[0]).toBe(capital)
    expect(one.continents[0]).toBe(continent)
    expect(one.isoAlpha3).toBe(alpha3)
    expect(one.currencies[0]?.code).toBe(currency)
    expect(one.callingCodes[0]).toBe(calling)
  })

  it('accept other spellings, but none that is an everyday word', () => {
    expect(country('US').capitals).toContain('Washington')
    expect(country('US').aliases).toContain('USA')
    expect(country('US').aliases).not.toContain('US')
    expect(country('TR').aliases).toContain('Türkiye')
    expect(country('BR').capitals).toContain('Brasilia')
    expect(countryInText(country('NL'))).toBe('the Netherlands')
  })
})

describe('elements', () => {
  it('are 118, each number, symbol and name once', () => {
    expect(elements).toHaveLength(118)
    for (const field of ['number', 'symbol', 'name', 'rank'] as const) {
      expect(new Set(elements.map((one) => one[field])).size).toBe(118)
    }
    expect(elements.map((one) => one.number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 118 }, (_, place) => place + 1),
    )
  })

  it('agree with the periodic table drawn row by row', () => {
    // The table as it hangs on the wall: one string a period, '.' for an empty place, '*' for the f-block.
    const rows = [
      'H . . . . . . . . . . . . . . . . He',
      'Li Be . . . . . . . . . . B C N O F Ne',
      'Na Mg . . . . . . . . . . Al Si P S Cl Ar',
      'K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr',
      'Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe',
      'Cs Ba * Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn',
      'Fr Ra * Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og',
    ]
    const placed = new Map<string, { period: number; group: number }>()
    for (const [row, text] of rows.entries())
      for (const [column, symbol] of text.split(' ').entries())
        if (symbol !== '.' && symbol !== '*') placed.set(symbol, { period: row + 1, group: column + 1 })
    expect(placed.size).toBe(88)
    for (const [symbol, { period, group }] of placed) expect(element(symbol)).toMatchObject({ period, group })
    for (const one of elements.filter((other) => !placed.has(other.symbol))) {
      expect(one.group).toBeNull()
      expect(one.period).toBe(one.number < 80 ? 6 : 7)
    }
  })

  it('have their anchors', () => {
    expect(element('Fe')).toMatchObject({ number: 26, name: 'iron', stratum: 'head' })
    expect(element('Og')).toMatchObject({ number: 118, name: 'oganesson', stratum: 'tail' })
    expect(element('Al').aliases).toContain('aluminum')
    expect(STRATA.map((stratum) => elements.filter((one) => one.stratum === stratum).length)).toEqual([35, 40, 43])
  })
})

it('the files are what make-tables.mjs makes of the packages', () => {
  const said = execFileSync(process.execPath, ['src/worlds/data/make-tables.mjs', '--check'], { encoding: 'utf8' })
  expect(said).toContain('195 countries, 118 elements')
}, 30_000)
