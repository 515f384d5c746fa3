import { logSumExp } from '../statistics/summary.ts'
import { defineEstimator, type Evidence, type EvidenceName } from './estimator.ts'
import { CLASSES, type ClassProvider, classSizes } from './meaning-classes.ts'
import { sequenceLogprobs } from './sequence-entropy.ts'

/** Mass of a meaning: the sum of its samples' probabilities, or its share of the samples. */
export type ClassProbability = 'sum' | 'frequency'

/** Monte-Carlo mean over samples, or the sum of −p log p over samples (masses are not normalised). */
export type EntropyForm = 'mean' | 'direct'

/**
 * Entropy over meanings from the class of each sample and, for `sum`, the samples' sequence log-probabilities, in nats.
 * Null without samples.
 * L. Kuhn, Y. Gal and S. Farquhar, Semantic uncertainty, ICLR 2023; S. Farquhar et al., Nature 630 (2024).
 */
export function semanticEntropy(
  classOf: readonly number[],
  logprobs: readonly number[] | null,
  { classProbability = 'sum', entropy = 'mean' }: { classProbability?: ClassProbability; entropy?: EntropyForm } = {},
): number | null {
  const count = classOf.length
  if (count === 0 || (classProbability === 'sum' && logprobs === null)) return null
  const masses = classSizes(classOf).map((size, c) =>
    classProbability === 'frequency'
      ? Math.log(size / count)
      : logSumExp((logprobs as readonly number[]).filter((_, i) => classOf[i] === c)),
  )
  let sum = 0
  for (const c of classOf) {
    const mass = masses[c] as number
    // exp(−∞)·−∞ is 0 in the limit: an impossible class adds nothing.
    sum += entropy === 'mean' ? mass : mass === -Infinity ? 0 : mass * Math.exp(mass)
  }
  return 0 - (entropy === 'mean' ? sum / count : sum)
}

const FORMS = { mean: '−mean_i a_c(i)', direct: '−Σ_i a_c(i) exp(a_c(i))' } as const
const MASSES = { sum: 'logsumexp of S_i in class c', frequency: 'log(size of c / n)' } as const

/** `SemanticEntropy:<provider>` is the common form (sum, mean); the others name their parts. */
export const semanticEntropyEstimator = (
  provider: ClassProvider,
  classProbability: ClassProbability = 'sum',
  entropy: EntropyForm = 'mean',
) => {
  const { needs, classOf } = CLASSES[provider]
  const form = classProbability === 'sum' && entropy === 'mean' ? '' : `:${classProbability}-${entropy}`
  return defineEstimator<EvidenceName>({
    name: `SemanticEntropy${form}:${provider}`,
    title: `Semantic entropy (${provider}, ${classProbability}, ${entropy})`,
    formula: `${FORMS[entropy]}, a_c = ${MASSES[classProbability]}`,
    needs: classProbability === 'sum' ? [...needs, 'sampleLogprobs'] : needs,
    source: 'L. Kuhn, Y. Gal and S. Farquhar, Semantic uncertainty, ICLR 2023',
    compute: (evidence) => {
      const logprobs = classProbability === 'sum' ? sequenceLogprobs(evidence.sampleLogprobs) : null
      return semanticEntropy(classOf(evidence as Evidence), logprobs, { classProbability, entropy }) ?? 'no_items'
    },
  })
}
