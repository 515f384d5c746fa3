/** The n cyclic rotations of n options, identity first: `rotations(n)[r][i]` is the content shown at position i. */
export const rotations = (count: number): number[][] =>
  Array.from({ length: count }, (_, r) => Array.from({ length: count }, (_, i) => (i + r) % count))

/** Whether the same content is chosen throughout; a choice of none is never consistent. Empty: false. */
export const isConsistent = (chosenContents: readonly (number | null)[]): boolean =>
  chosenContents.length > 0 && chosenContents[0] !== null && chosenContents.every((c) => c === chosenContents[0])

/**
 * Standard deviation of recall over the gold positions, in points (0–50): how much the position of the right answer
 * matters. Positions that are never gold are left out; null with fewer than two. Population standard deviation, as in
 * the reference code.
 * C. Zheng et al., Large language models are not robust multiple choice selectors, ICLR 2024.
 */
export function recallStandardDeviation(
  goldPositions: readonly number[],
  chosenPositions: readonly (number | null)[],
): number | null {
  const right = new Map<number, [right: number, all: number]>()
  goldPositions.forEach((gold, i) => {
    const counts = right.get(gold) ?? [0, 0]
    right.set(gold, counts)
    counts[1]++
    if (chosenPositions[i] === gold) counts[0]++
  })
  if (right.size < 2) return null
  const recalls = [...right.values()].map(([hits, all]) => (100 * hits) / all)
  const mean = recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length
  return Math.sqrt(recalls.reduce((sum, recall) => sum + (recall - mean) ** 2, 0) / recalls.length)
}
