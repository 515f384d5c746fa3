import { studentTTwoSided } from './distributions/student-t.ts'
import { mean, sameLength, variance } from './summary.ts'

/**
 * Student's paired t test of x − y, two-sided, for unclustered items. Null with fewer than two pairs or when all
 * differences are equal. Raises when the lists differ in length.
 */
export function pairedTTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): { statistic: number; pValue: number; degreesOfFreedom: number; meanDifference: number } | null {
  sameLength('pairedTTest', x, y)
  const differences = Float64Array.from(x, (value, i) => value - (y[i] as number))
  const meanDifference = mean(differences)
  const spread = variance(differences)
  if (meanDifference === null || !spread) return null
  const degreesOfFreedom = x.length - 1
  const statistic = meanDifference / Math.sqrt(spread / x.length)
  return { statistic, pValue: studentTTwoSided(statistic, degreesOfFreedom), degreesOfFreedom, meanDifference }
}
