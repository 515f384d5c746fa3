/** Agreement of several answers to one question, from the number of answers in each class. */
export interface Consensus {
  answers: number
  classes: number
  /** Share of the largest class, in (0, 1]. */
  majority: number
  /** 1 − H(f)/ln n over the class shares f, in [0, 1]: 1 when all agree, 0 when all differ. */
  normalizedConsensus: number
  /** Chance that two draws differ, 1 − Σ f², in [0, 1). */
  giniSimpson: number
}

/** Null without answers; empty classes are left out. */
export function consensus(classCounts: readonly number[]): Consensus | null {
  const counts = classCounts.filter((count) => count > 0)
  const answers = counts.reduce((sum, count) => sum + count, 0)
  if (answers === 0) return null
  let [entropy, squares] = [0, 0]
  for (const count of counts) {
    const share = count / answers
    entropy -= share * Math.log(share)
    squares += share * share
  }
  return {
    answers,
    classes: counts.length,
    majority: Math.max(...counts) / answers,
    normalizedConsensus: counts.length === 1 ? 1 : Math.max(0, 1 - entropy / Math.log(answers)),
    giniSimpson: 1 - squares,
  }
}
