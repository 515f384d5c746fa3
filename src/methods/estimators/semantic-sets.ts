import { defineEstimator, type Evidence, type EvidenceName } from './estimator.ts'
import { CLASSES, type ClassProvider, classSizes, exactClasses } from './meaning-classes.ts'

/**
 * Number of meanings: connected components of the pairs that entail each other more than they contradict; ≥ 1. Null of
 * fewer than two samples.
 */
export function numSemSets({ entail, contradict }: Evidence['nli']): number | null {
  const count = entail.length
  if (count < 2) return null
  const above = (i: number, j: number) => (entail[i]?.[j] as number) > (contradict[i]?.[j] as number)
  const seen = new Uint8Array(count)
  let components = 0
  for (let start = 0; start < count; start++) {
    if (seen[start]) continue
    components++
    const stack = [start]
    seen[start] = 1
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      for (let j = 0; j < count; j++) {
        if (seen[j] || !above(i, j) || !above(j, i)) continue
        seen[j] = 1
        stack.push(j)
      }
    }
  }
  return components
}

const SOURCE = 'Z. Lin, S. Trivedi and J. Sun, Generating with confidence, TMLR 2024'

export const numSemSetsNli = defineEstimator({
  name: 'NumSemSets:nli',
  title: 'Number of meanings',
  formula: 'connected components of mutual entailment',
  needs: ['nli'],
  source: SOURCE,
  compute: ({ nli }) => numSemSets(nli) ?? 'too_few',
})

export const numSemSetsExact = defineEstimator({
  name: 'NumSemSets:exact',
  title: 'Number of distinct answers',
  formula: 'distinct normalised answers',
  needs: ['samples'],
  source: SOURCE,
  compute: ({ samples }) => (samples.length < 2 ? 'too_few' : classSizes(exactClasses(samples)).length),
})

/** 1 − share of the largest class, in [0, 1); null without samples. */
export const labelProb = (classOf: readonly number[]): number | null =>
  classOf.length === 0 ? null : 1 - Math.max(...classSizes(classOf)) / classOf.length

export const labelProbEstimator = (provider: ClassProvider) => {
  const { needs, classOf } = CLASSES[provider]
  return defineEstimator<EvidenceName>({
    name: `LabelProb:${provider}`,
    title: `Share outside the largest class (${provider})`,
    formula: '1 − (largest class size)/n',
    needs,
    source: 'X. Wang et al., Self-consistency improves chain of thought reasoning, ICLR 2023',
    compute: (evidence) => labelProb(classOf(evidence as Evidence)) ?? 'no_items',
  })
}
