import peopleRows from './data/people.json' with { type: 'json' }
import { countries, countryInText, type Element, elements } from './tables.ts'
import { capitalised } from './wording.ts'

/** A short article: what it is about, and sentences with its facts. */
export interface Article {
  id: string
  title: string
  text: string
}

const people = peopleRows as [name: string, born: number, died: number][]

const elementAt = (number: number): Element | undefined => elements.find((element) => element.number === number)
const inColumn = (element: Element, step: 1 | -1): Element | undefined =>
  element.group === null
    ? undefined
    : elements.find((other) => other.group === element.group && other.period === element.period + step)

function elementText(element: Element): string {
  const [before, after] = [elementAt(element.number - 1), elementAt(element.number + 1)]
  const [above, below] = [inColumn(element, -1), inColumn(element, 1)]
  const name = capitalised(element.name)
  const sentences = [
    `${name}, written ${element.symbol}, has ${element.number} protons in its nucleus, which makes it number ${element.number} of the elements.`,
  ]
  if (before && after) sentences.push(`Counting upwards, ${name} comes after ${before.name} and before ${after.name}.`)
  if (above) sentences.push(`In its column of the table, ${above.name} is found one place higher.`)
  if (below) sentences.push(`In its column of the table, ${below.name} is found one place lower.`)
  return sentences.join(' ')
}

/**
 * An article about every country, chemical element and person of the tables, in words that the continuations made from
 * the same tables do not use: what a retriever finds for them. The same articles at every call.
 */
export function encyclopedia(): Article[] {
  const states = countries.flatMap((country) => {
    const [capital] = country.capitals
    if (capital === undefined) return []
    const name = capitalised(countryInText(country))
    const state = country.continents.length === 1 ? `${name} is a state of ${country.continents[0]}.` : ''
    const seat = country.severalSeats
      ? `${country.capitals.join(' and ')} share the part of its capital.`
      : `Parliament and ministries of ${countryInText(country)} sit in ${capital}, the capital city.`
    const text = [state, seat].filter(Boolean).join(' ')
    return [{ id: `country/${country.key}`, title: name, text }]
  })
  const substances = elements.map((element) => ({
    id: `element/${element.key}`,
    title: capitalised(element.name),
    text: elementText(element),
  }))
  const lives = people.map(([name, born, died]) => ({
    id: `person/${name}`,
    title: name,
    text: `${name} (${born} to ${died}) lived for about ${died - born} years.`,
  }))
  return [...states, ...substances, ...lives]
}
