/**
 * Makes countries.json and elements.json from the npm packages named in SOURCES.md, with the project's own choices:
 * which states, in what order of popularity, which aliases, and what is disputed. Run: `node src/worlds/data/make-tables.mjs`;
 * with `--check` it writes nothing and fails where the files differ from what it would write.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { elements as chemicalElements } from 'chemical-elements'
import { getCountryData } from 'countries-list'
import { currencies as currencyTable } from 'countries-list/currencies'
import periodicTable from 'periodic-table'

const require = createRequire(import.meta.url)
const isoNames = require('country-list')
const here = (name) => new URL(name, import.meta.url)

/** 193 members and 2 observer states of the United Nations, most written about first (population, output and fame, judged by hand). */
const countryOrder = `
US CN IN JP DE GB FR IT CA BR RU ES MX AU KR EG TR SA GR NL CH PL SE AR ZA NG PT NO IE AT BE DK TH FI IL ID IR PK VN CU KE UA NZ PE
CL CO PH SG
HU CZ RO MY BD MA VE AE IQ AF ET KP SY JM GH IS HR RS BG SK EC QA DZ TN LY LB JO KW LK NP MM KH LA MN KZ UZ TZ UG SD SN CM CI AO
ZW ZM MZ MG BO PY UY CR PA GT HN SV NI DO HT SI LT LV EE BY GE AM AZ AL BA MK CY LU MT SO CD RW
YE OM BH PS TM KG TJ BT MV BN TL ML NE TD BF BJ TG GN GW SL LR GM MR CF CG GA GQ BI ER DJ SS KM SC MU CV ST MW BW NA LS SZ
BZ GY SR TT BB BS AG DM GD KN LC VC PG FJ SB VU WS TO TV KI NR MH FM PW MD ME AD LI MC SM VA`
  .trim()
  .split(/\s+/)
const countryHead = 48
const countryTorso = 118

const names = { TR: 'Turkey', CD: 'Democratic Republic of the Congo' }
const withArticle = new Set('US GB AE NL PH DO CF CD CG BS GM KM MV MH SB SC'.split(' '))
/** Dropped: after folding of case and punctuation they match a pronoun ("us") or part of a continent ("America"). */
const droppedAliases = new Set(['US', 'America', 'Emirates'])
const moreAliases = {
  TR: ['Türkiye'],
  US: ['United States of America'],
  TL: ['Timor-Leste'],
  CI: ["Côte d'Ivoire"],
  VA: ['Vatican City State'],
  ST: ['São Tomé and Príncipe'],
  MM: ['Burma'],
  NL: ['The Netherlands'],
  CN: ["People's Republic of China"],
  GM: ['The Gambia'],
  BS: ['The Bahamas'],
  FM: ['Federated States of Micronesia'],
  PS: ['State of Palestine'],
}
/** First the name that a sentence uses, then what is accepted beside it. Unaccented spellings are added by rule. */
const capitals = {
  US: ['Washington, D.C.', 'Washington', 'Washington DC'],
  UA: ['Kyiv', 'Kiev'],
  CN: ['Beijing', 'Peking'],
  IN: ['New Delhi', 'Delhi'],
  CH: ['Bern', 'Berne'],
  KZ: ['Astana', 'Nur-Sultan'],
  MN: ['Ulaanbaatar', 'Ulan Bator'],
  MM: ['Naypyidaw', 'Nay Pyi Taw'],
  MD: ['Chișinău', 'Kishinev'],
  TD: ["N'Djamena", 'Ndjamena'],
  YE: ["Sana'a", 'Sanaa'],
  TO: ["Nuku'alofa", 'Nukualofa'],
  AG: ["Saint John's", "St. John's", 'St Johns'],
  GD: ["St. George's", "Saint George's"],
  PW: ['Ngerulmud', 'Melekeok'],
  TM: ['Ashgabat', 'Ashkhabad'],
  ZA: ['Pretoria', 'Cape Town', 'Bloemfontein'],
  BO: ['Sucre', 'La Paz'],
  SZ: ['Mbabane', 'Lobamba'],
  LK: ['Sri Jayawardenepura Kotte', 'Colombo', 'Kotte'],
  MY: ['Kuala Lumpur', 'Putrajaya'],

  KI: ['South Tarawa', 'Tarawa'],
  GQ: ['Malabo', 'Ciudad de la Paz'],
  MX: ['Mexico City', 'Ciudad de México'],
  CL: ['Santiago', 'Santiago de Chile'],

  SM: ['San Marino', 'City of San Marino'],
  GE: ['Tbilisi', 'Tiflis'],
  AE: ['Abu Dhabi', 'Abu Zaby'],
}
/** No question asks for these capitals: which city it is, or whether there is one, is in dispute. */
const disputedCapital = new Set(['IL', 'PS', 'NR'])
/** Where the accepted capitals are several cities: several by law, or one that has just moved. */
const severalSeats = new Set('ZA BO SZ LK MY GQ'.split(' '))
/** On two continents by one convention or another; the first is the commoner. No single-answer question asks for these. */
const twoContinents = {
  RU: ['EU', 'AS'],
  TR: ['AS', 'EU'],
  KZ: ['AS', 'EU'],
  AZ: ['AS', 'EU'],
  GE: ['AS', 'EU'],
  AM: ['AS', 'EU'],
  CY: ['EU', 'AS'],
  EG: ['AF', 'AS'],
  TL: ['AS', 'OC'],
  ID: ['AS', 'OC'],
  PG: ['OC', 'AS'],
}
const continentNames = {
  AF: 'Africa',
  AS: 'Asia',
  EU: 'Europe',
  NA: 'North America',
  OC: 'Oceania',
  SA: 'South America',
}
/** Money in daily use, most used first, where the package lists units of account or leaves one out. */
const currencyCodes = {
  BO: ['BOB'],
  CL: ['CLP'],
  CH: ['CHF'],
  US: ['USD'],
  UY: ['UYU'],
  SV: ['USD'],
  ZW: ['ZWG', 'USD'],
  TL: ['USD'],
  MX: ['MXN'],
  CO: ['COP'],
}
const currencyNames = {
  EUR: ['euro'],
  USD: ['US dollar', 'United States dollar', 'American dollar', 'dollar'],
  GBP: ['pound sterling', 'British pound', 'pound', 'sterling'],
  JPY: ['Japanese yen', 'yen'],
  CNY: ['renminbi', 'Chinese yuan', 'yuan'],
  CHF: ['Swiss franc', 'franc'],
  ILS: ['Israeli new shekel', 'shekel', 'new shekel'],
  RUB: ['Russian ruble', 'ruble', 'rouble', 'Russian rouble'],
  BYN: ['Belarusian ruble', 'ruble', 'rouble', 'Belarusian rouble'],
  PLN: ['Polish złoty', 'złoty'],
  KRW: ['South Korean won', 'won'],
  SAR: ['Saudi riyal', 'riyal'],
  QAR: ['Qatari riyal', 'riyal'],
  XOF: ['West African CFA franc', 'CFA franc', 'franc'],
  XAF: ['Central African CFA franc', 'CFA franc', 'franc'],
  XCD: ['East Caribbean dollar', 'Eastern Caribbean dollar', 'dollar'],
  AED: ['UAE dirham', 'United Arab Emirates dirham', 'dirham', 'Emirati dirham'],
  BAM: ['Bosnia and Herzegovina convertible mark', 'convertible mark', 'mark'],
  TTD: ['Trinidad and Tobago dollar', 'dollar'],
  STN: ['São Tomé and Príncipe dobra', 'dobra'],
  ZWG: ['Zimbabwe Gold', 'ZiG', 'Zimbabwean gold'],
  PGK: ['Papua New Guinean kina', 'kina'],
  TOP: ['Tongan paʻanga', "pa'anga", 'paanga'],
  CDF: ['Congolese franc', 'franc'],
  NZD: ['New Zealand dollar', 'dollar'],
  SBD: ['Solomon Islands dollar', 'dollar'],
  KPW: ['North Korean won', 'won'],
  CRC: ['Costa Rican colón', 'colón'],
  ZAR: ['South African rand', 'rand'],
  LKR: ['Sri Lankan rupee', 'rupee'],
  SLE: ['Sierra Leonean leone', 'leone'],
  CVE: ['Cape Verdean escudo', 'escudo'],
  DOP: ['Dominican peso', 'peso'],
  SSP: ['South Sudanese pound', 'pound'],
  SZL: ['Swazi lilangeni', 'lilangeni', 'emalangeni'],
  LSL: ['Lesotho loti', 'loti', 'maloti'],
}
const callingCodes = { DO: ['1809', '1829', '1849'], VA: ['379', '39'], KZ: ['7', '77'] }

const unique = (list) => [...new Set(list)]
const unaccented = (text) =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replace(/ł/g, 'l').replace(/Ł/g, 'L').replace(/[ʻ’]/g, "'")
const spellings = (list) => unique([...list, ...list.map(unaccented)])
const strata = (rank, head, torso) => (rank < head ? 'head' : rank < torso ? 'torso' : 'tail')

function currencyOf(code) {
  const own = currencyNames[code]
  if (own) return { code, names: spellings([...own, code]) }
  const [first, ...rest] = currencyTable[code].name.split(' ')
  const unit = rest.at(-1).toLowerCase()
  return { code, names: spellings([[first, ...rest.slice(0, -1), unit].join(' '), unit, code]) }
}

const countries = countryOrder.map((code, rank) => {
  const data = getCountryData(code)
  if (isoNames.getName(code) === undefined) throw new Error(`${code} is unknown to country-list`)
  const name = names[code] ?? data.name
  const alias = (data.alias ?? []).filter((one) => !droppedAliases.has(one))
  return {
    key: code,
    name,
    article: withArticle.has(code),
    aliases: spellings([name, ...alias, ...(moreAliases[code] ?? [])]).slice(1),
    capitals: disputedCapital.has(code) ? [] : spellings(capitals[code] ?? [data.capital]),
    severalSeats: severalSeats.has(code),
    continents: (twoContinents[code] ?? [data.continent]).map((one) => continentNames[one]),
    isoAlpha2: code,
    isoAlpha3: data.iso3,
    currencies: (currencyCodes[code] ?? data.currency).map(currencyOf),
    callingCodes: callingCodes[code] ?? data.phone.map(String),
    rank: rank + 1,
    stratum: strata(rank, countryHead, countryTorso),
  }
})

/** The elements that people meet first: in air, water, body, kitchen, coins and news. The rest follow by atomic number. */
const elementOrder = `
H O C N Fe Au Ag He Cu Na Cl Ca Al K Pb Zn Ne S P Mg Hg Sn Ni U Si I Li F B Ar Ti Pt Co Cr Br
Mn W As Pu Ra Xe Kr Cd Ba Be Mo V Pd Bi Sb Zr Se Rn Th Sr Ga Ge Ir Os Rh Cs Nb Ta In Te Po Rb Y La Ce Nd Sc Am`
  .trim()
  .split(/\s+/)
const elementAliases = { Al: ['aluminium', 'aluminum'], Cs: ['caesium', 'cesium'], S: ['sulfur', 'sulphur'] }

/** Electron shells close at the noble gases: the period is the number of closed shells below, plus one. */
const nobleGases = [0, 2, 10, 18, 36, 54, 86, 118]
const periodOf = (number) => nobleGases.findIndex((last) => number <= last)
/** IUPAC group 1–18; null in the f-block (57–71, 89–103), whose place in group 3 is in dispute. */
function groupOf(number) {
  if (number === 1) return 1
  if (number === 2) return 18
  if ((number >= 57 && number <= 71) || (number >= 89 && number <= 103)) return null
  const period = periodOf(number)
  const place = number - nobleGases[period - 1]
  const length = nobleGases[period] - nobleGases[period - 1]
  return place <= 2 ? place : 18 - (length - place)
}

const periodicRows = periodicTable.all()
if (periodicRows.length !== 118) throw new Error(`periodic-table has ${periodicRows.length} elements, not 118`)
const named = periodicRows.map((row) => {
  const twin = chemicalElements.find((element) => element.number === row.atomicNumber)
  if (twin?.symbol !== row.symbol) throw new Error(`the packages disagree on element ${row.atomicNumber}`)
  return { key: row.symbol, number: row.atomicNumber, name: row.name.toLowerCase() }
})
const rankOf = new Map(
  unique([...elementOrder, ...named.map((element) => element.key)]).map((symbol, index) => [symbol, index]),
)
const elements = named
  .map(({ key, number, name }) => {
    const [first, ...aliases] = elementAliases[key] ?? [name]
    const rank = rankOf.get(key)
    return {
      key,
      name: first,
      aliases,
      symbol: key,
      number,
      period: periodOf(number),
      group: groupOf(number),
      rank: rank + 1,
      stratum: strata(rank, 35, 75),
    }
  })
  .sort((a, b) => a.rank - b.rank)

const lines = (rows) => `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`
const check = process.argv.includes('--check')
for (const [name, rows] of Object.entries({ 'countries.json': countries, 'elements.json': elements })) {
  if (!check) writeFileSync(here(name), lines(rows))
  else if (readFileSync(here(name), 'utf8') !== lines(rows)) {
    console.error(
      `${name} is not what the packages and make-tables.mjs give; run: node src/worlds/data/make-tables.mjs`,
    )
    process.exitCode = 1
  }
}
console.log(`${countries.length} countries, ${elements.length} elements`)
