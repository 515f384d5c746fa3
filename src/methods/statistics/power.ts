import { normalCdf, normalQuantile } from './distributions/normal.ts'

/**
 * Items that a paired comparison of success rates needs to show a difference `effect` (two-sided) when the share
 * `discordance` of items differs between the targets; not rounded up. Null when the effect is 0 or cannot occur at that
 * discordance.
 * R. J. Connor, Sample size for testing differences in proportions for the paired-sample design, Biometrics 43 (1987).
 */
export function pairedSampleSize(discordance: number, effect: number, alpha = 0.05, power = 0.8): number | null {
  const size = Math.abs(effect)
  if (size === 0 || size > discordance) return null
  const root =
    normalQuantile(1 - alpha / 2) * Math.sqrt(discordance) +
    normalQuantile(power) * Math.sqrt(discordance - size * size)
  return (root / size) ** 2
}

/**
 * The smallest difference that `items` can show with the wanted power (see `pairedSampleSize`), in (0, discordance];
 * null when even the largest possible one needs more items.
 */
export function minimalDetectableEffect(discordance: number, items: number, alpha = 0.05, power = 0.8): number | null {
  const needed = (effect: number) => pairedSampleSize(discordance, effect, alpha, power) ?? Infinity
  if (!(discordance > 0) || needed(discordance) > items) return null
  let [low, high] = [0, discordance]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (needed(middle) > items) low = middle
    else high = middle
  }
  return high
}

/** Items that a paired non-inferiority test (one-sided α) of two equal targets needs; not rounded up. Raises at margin ≤ 0. */
export function nonInferioritySampleSize(discordance: number, margin: number, alpha = 0.05, power = 0.8): number {
  if (!(margin > 0)) throw new RangeError(`nonInferioritySampleSize: the margin must be above 0, got ${margin}`)
  return ((normalQuantile(1 - alpha) + normalQuantile(power)) ** 2 * discordance) / margin ** 2
}

/** Chance that a paired non-inferiority test of two equal targets passes, in [0, 1]. */
export function nonInferiorityPower(discordance: number, margin: number, items: number, alpha = 0.05): number {
  if (discordance === 0) return items > 0 ? 1 : 0
  return normalCdf(margin * Math.sqrt(items / discordance) - normalQuantile(1 - alpha))
}

/** Items that a paired comparison of real scores needs, from the variance of the differences; null when the effect is 0. */
export function pairedMeanSampleSize(variance: number, effect: number, alpha = 0.05, power = 0.8): number | null {
  if (effect === 0) return null
  return ((normalQuantile(1 - alpha / 2) + normalQuantile(power)) ** 2 * variance) / effect ** 2
}
