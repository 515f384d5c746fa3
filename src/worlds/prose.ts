import type { Random } from '../methods/random.ts'
import proseRows from './data/prose.json' with { type: 'json' }
import { WORLD_VERSION } from './version.ts'

export type ProseDomain =
  | 'news'
  | 'encyclopaedic'
  | 'dialogue'
  | 'legal'
  | 'table'
  | 'code'
  | 'fiction'
  | 'instructions'

export const PROSE_DOMAINS: readonly ProseDomain[] = [
  'news',
  'encyclopaedic',
  'dialogue',
  'legal',
  'table',
  'code',
  'fiction',
  'instructions',
]

/** A text that the project may redistribute. */
export interface ProseDocument {
  id: string
  domain: ProseDomain
  /** ISO 639-1. */
  language: string
  title: string
  /** Written for the project, or the opening of a work whose copyright has ended (which models may have read). */
  origin: 'project' | 'publicDomain'
  licence: string
  author: string | null
  year: number | null
  text: string
}

/** The prose bank: 80 to 220 words a document, eight domains, four languages and more. */
export const proseBank = proseRows as readonly ProseDocument[]

export interface ProseOptions {
  size: number
  domains?: readonly ProseDomain[]
  languages?: readonly string[]
  /** Leave out works that models may have read. Default false. */
  onlyOwn?: boolean
}

/**
 * Documents of the bank in random order, domains by turns, none twice; a longer list starts with the shorter one.
 * Fewer than `size` where the bank has no more that fit.
 */
export function proseDocuments(random: Random, options: ProseOptions): ProseDocument[] {
  const { size, domains = PROSE_DOMAINS, languages, onlyOwn = false } = options
  const source = random.fork(`prose/${WORLD_VERSION}`)
  const stacks = domains.map((domain) => {
    const fitting = proseBank.filter(
      (one) =>
        one.domain === domain && (languages?.includes(one.language) ?? true) && (!onlyOwn || one.origin === 'project'),
    )
    return source.fork(domain).shuffle(fitting)
  })
  const deepest = Math.max(0, ...stacks.map((stack) => stack.length))
  const dealt = Array.from({ length: deepest }, (_, place) => stacks.flatMap((stack) => stack.slice(place, place + 1)))
  return dealt.flat().slice(0, size)
}
