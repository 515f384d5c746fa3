import { bleuTokens, sentenceBleu } from '../text/bleu.ts'
import { type RougeKind, rouge, rougeTokens } from '../text/rouge.ts'
import { defineEstimator } from './estimator.ts'

export type LexicalMetric = RougeKind | 'BLEU'

/**
 * −mean similarity over all pairs of samples, in [−1, 0]; null of fewer than two samples. For BLEU the earlier sample is
 * the reference.
 */
export function lexicalSimilarity(samples: readonly string[], metric: LexicalMetric): number | null {
  if (samples.length < 2) return null
  const tokens = samples.map(metric === 'BLEU' ? bleuTokens : rougeTokens)
  let [sum, pairs] = [0, 0]
  tokens.forEach((first, i) => {
    for (const second of tokens.slice(i + 1)) {
      sum += metric === 'BLEU' ? sentenceBleu(first, second) : rouge(first, second, metric)
      pairs++
    }
  })
  return 0 - sum / pairs
}

export const lexicalSimilarityEstimator = (metric: LexicalMetric) =>
  defineEstimator({
    name: `LexicalSimilarity:${metric}`,
    title: `Lexical similarity, ${metric === 'BLEU' ? metric : metric.toUpperCase()}`,
    formula: `−mean_(i<j) ${metric}(s_i, s_j)`,
    needs: ['samples'],
    source: 'M. Fomicheva et al., Unsupervised quality estimation for neural machine translation, TACL 2020',
    compute: ({ samples }) => lexicalSimilarity(samples, metric) ?? 'too_few',
  })
