import { sameLength } from './summary.ts'

/**
 * Cohen's κ of two raters over the same items, in [−1, 1]. Null of an empty list or when both use one and the same
 * category throughout (chance agreement is 1).
 * J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960).
 */
export function cohenKappa<T>(first: readonly T[], second: readonly T[]): number | null {
  sameLength('cohenKappa', first, second)
  const count = first.length
  if (count === 0) return null
  const sums = new Map<T, [number, number]>()
  const of = (category: T) => {
    const pair = sums.get(category) ?? [0, 0]
    sums.set(category, pair)
    return pair
  }
  let agreed = 0
  first.forEach((category, i) => {
    const other = second[i] as T
    if (category === other) agreed++
    of(category)[0]++
    of(other)[1]++
  })
  let chance = 0
  for (const [a, b] of sums.values()) chance += (a / count) * (b / count)
  return chance === 1 ? null : (agreed / count - chance) / (1 - chance)
}

/**
 * Fleiss' κ, in [−1, 1]: `table[i][c]` is how many raters put item i into category c, the same number of raters (at
 * least two) for each item. Null when there is no item, fewer than two raters, or one category only.
 * Raises when items differ in their number of raters.
 * J. L. Fleiss, Measuring nominal scale agreement among many raters, Psychological Bulletin 76 (1971).
 */
export function fleissKappa(table: readonly (readonly number[])[]): number | null {
  const first = table[0]
  if (!first) return null
  const raters = first.reduce((sum, count) => sum + count, 0)
  if (raters < 2) return null
  const shares = new Float64Array(first.length)
  let observed = 0
  for (const row of table) {
    if (row.reduce((sum, count) => sum + count, 0) !== raters)
      throw new RangeError('fleissKappa: every item needs the same number of raters')
    let pairs = 0
    row.forEach((count, c) => {
      shares[c] = (shares[c] as number) + count / (table.length * raters)
      pairs += count * (count - 1)
    })
    observed += pairs / (raters * (raters - 1)) / table.length
  }
  const chance = shares.reduce((sum, share) => sum + share * share, 0)
  return chance > 1 - 1e-12 ? null : (observed - chance) / (1 - chance)
}
