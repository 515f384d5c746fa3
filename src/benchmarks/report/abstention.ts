/** What became of an item when the model was free to abstain, beside what it answers when it must. */
export interface Abstention {
  abstained: boolean
  /** Whether the answer counts as right (where it abstained: whatever it would have said). */
  correct: boolean
  /** Whether the forced answer is right. */
  baselineCorrect: boolean
}

/** Counts and rates of abstention; a rate without its denominator is null. */
export interface AbstentionSummary {
  answered: number
  correct: number
  wrong: number
  abstained: number
  precision: number | null
  recall: number | null
  f1: number | null
  idkPrecision: number | null
  idkRecall: number | null
  idkError: number | null
  knowledgeLoss: number | null
}

export type AbstentionRate = 'precision' | 'recall' | 'idkPrecision' | 'idkRecall' | 'idkError' | 'knowledgeLoss'

/** What each rate is a share of, and what counts in it. */
export const ABSTENTION_RATES: Record<
  AbstentionRate,
  { among: (one: Abstention) => boolean; hit: (one: Abstention) => boolean }
> = {
  precision: { among: (one) => !one.abstained, hit: (one) => one.correct },
  recall: { among: () => true, hit: (one) => !one.abstained && one.correct },
  idkPrecision: { among: (one) => one.abstained, hit: (one) => !one.baselineCorrect },
  idkRecall: { among: (one) => !one.baselineCorrect, hit: (one) => one.abstained },
  idkError: { among: (one) => one.baselineCorrect, hit: (one) => one.abstained },
  knowledgeLoss: { among: (one) => one.baselineCorrect, hit: (one) => one.abstained || !one.correct },
}

function rateOf(items: readonly Abstention[], rate: AbstentionRate): number | null {
  const { among, hit } = ABSTENTION_RATES[rate]
  const some = items.filter(among)
  return some.length === 0 ? null : some.filter(hit).length / some.length
}

/**
 * Precision = right answers among answered, recall = right answers among all, F1 their harmonic mean (0 where both are 0);
 * IDK-precision = abstentions that would have been wrong, IDK-recall = would-be wrong items abstained on, IDK-error =
 * would-be right items abstained on, knowledge loss = would-be right items not answered right any more.
 * After Cohen et al., I Don't Know: Explicit Modeling of Uncertainty with an [IDK] Token (2024).
 */
export function summarizeAbstention(items: readonly Abstention[]): AbstentionSummary {
  const answered = items.filter((item) => !item.abstained)
  const correct = answered.filter((item) => item.correct).length
  const [precision, recall] = [rateOf(items, 'precision'), rateOf(items, 'recall')]
  const f1 =
    recall === null
      ? null
      : precision === null || precision + recall === 0
        ? 0
        : (2 * precision * recall) / (precision + recall)
  return {
    answered: answered.length,
    correct,
    wrong: answered.length - correct,
    abstained: items.length - answered.length,
    precision,
    recall,
    f1,
    idkPrecision: rateOf(items, 'idkPrecision'),
    idkRecall: rateOf(items, 'idkRecall'),
    idkError: rateOf(items, 'idkError'),
    knowledgeLoss: rateOf(items, 'knowledgeLoss'),
  }
}

/**
 * The lowest threshold whose IDK-error (share of would-be right items with `score ≥ threshold`, or abstained on anyway)
 * stays at or below `most`: the one with the highest IDK-recall. Infinity where no score may abstain; null where the
 * abstentions that happen anyway already exceed `most`.
 */
export function thresholdAtError(
  items: readonly { score: number; anyway: boolean; baselineCorrect: boolean }[],
  most: number,
): number | null {
  const right = items.filter((item) => item.baselineCorrect)
  const errorAt = (threshold: number) =>
    right.length === 0 ? 0 : right.filter((item) => item.anyway || item.score >= threshold).length / right.length
  if (errorAt(Number.POSITIVE_INFINITY) > most) return null
  let best = Number.POSITIVE_INFINITY
  for (const threshold of [...new Set(items.map((item) => item.score))].sort((first, second) => second - first)) {
    if (errorAt(threshold) > most) break
    best = threshold
  }
  return best
}
