import { debiasedChoice, idPrior, meanPrior, rotationAveragedChoice } from '../../methods/choice/pride.ts'
import { isConsistent, recallStandardDeviation, rotations } from '../../methods/choice/rotations.ts'
import { randomFrom } from '../../methods/random.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { Variant } from './first-token-vs-text.ts'

/** What debiasing needs of an item: its first-token masses under all rotations and variants. */
export interface DebiasedItem {
  answerIndex: number
  rotations: readonly Variant[]
  typo: Variant
  wordSwap: Variant
  otherIds: Variant
}

/** Means over draws of the items that the prior is estimated on; null where no item is left to count. */
export interface DebiasedSummary {
  accuracy: number | null
  recallDeviation: number | null
  /** Outside the estimation items only: inside, averaging over rotations makes it perfect by construction. */
  consistency: number | null
  flips: { typo: number | null; wordSwap: number | null; otherIds: number | null }
}

const unbiased = (count: number): number[] => new Array<number>(count).fill(1 / count)

/** Content that a variant's masses choose once the prior is divided out; `order` tells the content at each position. */
const contentOf = (variant: Variant, prior: readonly number[], order: readonly number[]): number | null => {
  const position = debiasedChoice(variant.masses, prior)
  return position === null ? null : (order[position] as number)
}

/**
 * Debiasing by the prior of the letters: on a random share of items the prior is estimated from all rotations; elsewhere
 * it is divided out of the identity order. Repeated over `draws` and averaged.
 * C. Zheng et al., Large language models are not robust multiple choice selectors, ICLR 2024 (PriDe), as its code does.
 */
export function debias(items: readonly DebiasedItem[], share: number, draws: number, seed: number): DebiasedSummary {
  const found = Array.from({ length: draws }, (_, draw) => debiasOnce(items, share, seed, draw))
  const over = (value: (one: DebiasedSummary) => number | null) => mean(found.flatMap((one) => value(one) ?? []))
  return {
    accuracy: over((one) => one.accuracy),
    recallDeviation: over((one) => one.recallDeviation),
    consistency: over((one) => one.consistency),
    flips: {
      typo: over((one) => one.flips.typo),
      wordSwap: over((one) => one.flips.wordSwap),
      otherIds: over((one) => one.flips.otherIds),
    },
  }
}

function debiasOnce(items: readonly DebiasedItem[], share: number, seed: number, draw: number): DebiasedSummary {
  const chosen = new Set(
    randomFrom(seed, 'pride', draw).sample([...items.keys()], Math.max(1, Math.round(share * items.length))),
  )
  const masses = (item: DebiasedItem) => item.rotations.map((one) => one.masses)
  const priors = new Map<number, number[]>()
  const priorOf = (count: number): number[] => {
    const known = priors.get(count)
    if (known) return known
    const estimated = [...chosen]
      .map((place) => items[place] as DebiasedItem)
      .filter((item) => item.rotations.length === count)
      .map((item) => idPrior(masses(item)))
    const prior = meanPrior(estimated) ?? unbiased(count)
    priors.set(count, prior)
    return prior
  }
  const picks = items.map((item, place) => {
    const count = item.rotations.length
    const orders = rotations(count)
    const own = chosen.has(place)
      ? rotationAveragedChoice(masses(item))
      : contentOf(item.rotations[0] as Variant, priorOf(count), orders[0] as number[])
    return { item, own, estimated: chosen.has(place) }
  })
  const outside = picks.filter((pick) => !pick.estimated)
  const flips = (name: 'typo' | 'wordSwap' | 'otherIds') =>
    mean(
      outside.map(({ item, own }) =>
        Number(
          contentOf(item[name], priorOf(item.rotations.length), rotations(item.rotations.length)[0] as number[]) !==
            own,
        ),
      ),
    )
  return {
    accuracy: mean(picks.map(({ item, own }) => Number(own === item.answerIndex))),
    recallDeviation: recallStandardDeviation(
      picks.map(({ item }) => item.answerIndex),
      picks.map(({ own }) => own),
    ),
    consistency: mean(
      outside.map(({ item }) => {
        const count = item.rotations.length
        return Number(
          isConsistent(
            rotations(count).map((order, turn) => contentOf(item.rotations[turn] as Variant, priorOf(count), order)),
          ),
        )
      }),
    ),
    flips: { typo: flips('typo'), wordSwap: flips('wordSwap'), otherIds: flips('otherIds') },
  }
}
