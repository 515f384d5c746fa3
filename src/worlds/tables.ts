import countryRows from './data/countries.json' with { type: 'json' }
import elementRows from './data/elements.json' with { type: 'json' }
import type { Stratum } from './version.ts'

/** A state. Lists hold the usual value first, then what is accepted beside it. */
export interface Country {
  key: string
  name: string
  /** Named with "the" inside a sentence. */
  article: boolean
  aliases: string[]
  /** Empty where the capital is disputed. */
  capitals: string[]
  /** Whether `capitals` names several cities rather than one in several spellings. */
  severalSeats: boolean
  /** Two where conventions differ. */
  continents: string[]
  isoAlpha2: string
  isoAlpha3: string
  /** `names` ends with or contains the ISO 4217 code. */
  currencies: { code: string; names: string[] }[]
  /** Digits only. */
  callingCodes: string[]
  rank: number
  stratum: Stratum
}

export interface Element {
  key: string
  name: string
  aliases: string[]
  symbol: string
  number: number
  period: number
  /** 1–18; null in the f-block, whose place is disputed. */
  group: number | null
  rank: number
  stratum: Stratum
}

/** 195 states, most written about first. */
export const countries = countryRows as readonly Country[]

/** 118 elements, most met first. */
export const elements = elementRows as readonly Element[]

/** The country as a sentence names it: "the Netherlands", "Japan". */
export const countryInText = (country: Country): string => (country.article ? `the ${country.name}` : country.name)
