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

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/**
 * Precision = right answers among answered, recall = right answers among all, F1 their harmonic mean (0 where both are 0);
 * IDK-precision = abstentions that would have been wrong, IDK-recall = would-be wrong items abstained on, IDK-error =
 * would-be right items abstained on, knowledge loss = would-be right items not answered right any more.
 * After Cohen et al., I Don't Know: Explicit Modeling of Uncertainty with an [IDK] Token (2024).
 */
export function summarizeAbstention(items: readonly Abstention[]): AbstentionSummary {
  const answered = items.filter((item) => !item.abstained)
  const abstained = items.filter((item) => item.abstained)
  const right = items.filter((item) => item.baselineCorrect)
  const wrong = items.filter((item) => !item.baselineCorrect)
  const correct = answered.filter((item) => item.correct).length
  const precision = ratio(correct, answered.length)
  const recall = ratio(correct, items.length)
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
    abstained: abstained.length,
    precision,
    recall,
    f1,
    idkPrecision: ratio(abstained.filter((item) => !item.baselineCorrect).length, abstained.length),
    idkRecall: ratio(wrong.filter((item) => item.abstained).length, wrong.length),
    idkError: ratio(right.filter((item) => item.abstained).length, right.length),
    knowledgeLoss: ratio(right.filter((item) => item.abstained || !item.correct).length, right.length),
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
