import { normalizeAnswer } from '../text/normalize.ts'
import type { Evidence } from './estimator.ts'

/** Class of each sample by equality of the normalised texts; classes are numbered by first appearance. */
export function exactClasses(samples: readonly string[]): number[] {
  const classes = new Map<string, number>()
  return samples.map((sample) => {
    const key = normalizeAnswer(sample)
    const found = classes.get(key) ?? classes.size
    classes.set(key, found)
    return found
  })
}

/**
 * Class of each sample by entailment: in order, a sample joins the first class whose first member entails it and is
 * entailed by it, else it opens a class. A pair entails when entailment is its most probable relation.
 */
export function entailmentClasses({ entail, contradict }: Evidence['nli']): number[] {
  const entails = (i: number, j: number): boolean => {
    const e = (entail[i] as number[])[j] as number
    const c = (contradict[i] as number[])[j] as number
    return e > c && e > 1 - e - c
  }
  const first: number[] = []
  const classOf: number[] = []
  for (let i = 0; i < entail.length; i++) {
    let found = 0
    while (found < first.length && !(entails(first[found] as number, i) && entails(i, first[found] as number))) found++
    if (found === first.length) first.push(i)
    classOf.push(found)
  }
  return classOf
}

/** Number of members of each class 0..m−1. */
export function classSizes(classOf: readonly number[]): number[] {
  const sizes: number[] = []
  for (const c of classOf) {
    while (sizes.length <= c) sizes.push(0)
    sizes[c] = (sizes[c] as number) + 1
  }
  return sizes
}

/** Where classes come from; the provider's name becomes part of the estimator's name. */
export const CLASSES = {
  exact: { needs: ['samples'], classOf: ({ samples }: Pick<Evidence, 'samples'>) => exactClasses(samples) },
  nli: { needs: ['nli'], classOf: ({ nli }: Pick<Evidence, 'nli'>) => entailmentClasses(nli) },
} as const

export type ClassProvider = keyof typeof CLASSES
