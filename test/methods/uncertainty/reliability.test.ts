import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import {
  dropoutPosition,
  dropoutUncertainty,
  dropoutVariance,
  entropyShift,
  groupSpread,
  pairwiseIdentityError,
} from '../../../src/methods/uncertainty/dropout.ts'
import {
  chanceCorrected,
  corruptionErrors,
  falsePositiveRateAtRecall,
  outOfDistributionDetection,
} from '../../../src/methods/uncertainty/joint-reliability.ts'
import {
  accuracyAt,
  balancedThreshold,
  heaviestSpelling,
  minMaxScaled,
  orderEffect,
  riskScore,
  riskScoreMetrics,
  riskScoresByGroup,
} from '../../../src/methods/uncertainty/risk-scores.ts'
import { evaluationScore, hybridScore, selection } from '../../../src/methods/uncertainty/self-evaluation.ts'
import {
  accuracyLine,
  diversityImprovement,
  effectiveRobustness,
  ensembleDiversity,
  ensembleGain,
  geometricMeanDistribution,
  jensenGaps,
  meanDistribution,
  pluralityVote,
} from '../../../src/methods/uncertainty/target-ensemble.ts'

const distribution = (size: number) =>
  fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: size, maxLength: size })
    .map((weights) => weights.map((w) => w / weights.reduce((a, b) => a + b, 0)))

describe('risk scores', () => {
  it('weigh values by the mass on their keys', () => {
    expect(riskScore([0.2, 0.6], [1, 0])).toBeCloseTo(0.25, 12)
    expect(riskScore([0.1, 0.1, 0.2], [0, 0.5, 1])).toBeCloseTo(0.625, 12)
    expect(riskScore([0, 0], [1, 0])).toBeNull()
    expect(
      heaviestSpelling([
        [0.1, 0.1],
        [0.4, 0.3],
      ]),
    ).toEqual([0.4, 0.3])
    expect(heaviestSpelling([])).toBeNull()
  })

  it('always saying the base rate is calibrated, blind and without skill', () => {
    const labels = [1, 0, 1, 0]
    const metrics = riskScoreMetrics([0.5, 0.5, 0.5, 0.5], labels)
    expect(metrics).toMatchObject({
      rocAuc: 0.5,
      expectedCalibrationError: 0,
      brierSkill: 0,
      scaledCalibrationError: null,
      accuracy: null,
    })
    expect(metrics.polarization).toBe(0)
  })

  it('sure and half wrong: over-confident and polarised', () => {
    const metrics = riskScoreMetrics([1, 1, 0, 0], [1, 0, 1, 0], {
      threshold: 0.5,
      trueProbabilities: [0.5, 0.5, 0.5, 0.5],
    })
    expect(metrics).toMatchObject({
      overConfidence: 0.5,
      polarization: 1,
      excessPolarization: 1,
      accuracy: 0.5,
      brierSkill: -1,
    })
    expect(metrics.logLoss).toBeCloseTo(-Math.log(1e-6) / 2, 4)
  })

  it('has values or nulls of nothing and of one class', () => {
    expect(Object.values(riskScoreMetrics([], [])).filter((value) => value !== null)).toEqual([0])
    expect(riskScoreMetrics([0.2, 0.9], [1, 1])).toMatchObject({ rocAuc: null, brierSkill: null, baseRate: 1 })
  })

  it('fits its threshold where FPR + FNR is least', () => {
    const threshold = balancedThreshold([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) as number
    expect(accuracyAt([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], threshold)).toBe(0.75)
    expect(balancedThreshold([0.1, 0.4], [1, 1])).toBeNull()
    expect(accuracyAt([], [], 0.5)).toBeNull()
  })

  it('compares groups and orders', () => {
    const { groups, gaps } = riskScoresByGroup([0.9, 0.1, 0.5, 0.5], [1, 0, 1, 0], ['a', 'a', 'b', 'b'])
    expect([groups.get('a')?.rocAuc, groups.get('b')?.rocAuc]).toEqual([1, 0.5])
    expect(gaps.rocAuc).toBe(0.5)
    expect(gaps.accuracy).toBeNull()
    expect(orderEffect([0.2, 0.4], [0.4, 0.4])).toBeCloseTo(0.1, 12)
    expect(minMaxScaled([3, 5, 4])).toEqual(Float64Array.of(0, 1, 0.5))
    expect(minMaxScaled([2, 2])).toBeNull()
  })
})

describe('self-evaluation', () => {
  it('selects among letters, with and without "None of the above"', () => {
    expect(selection([0.1, 0.3])).toMatchObject({ best: 1, noneOfTheAbove: null })
    const chosen = selection([0.1, 0.3], 0.4)
    expect(chosen?.shares[1]).toBeCloseTo(0.375, 12)
    expect(chosen?.noneOfTheAbove).toBeCloseTo(0.5, 12)
    expect([selection([]), selection([0, 0])]).toEqual([null, null])
    expect([evaluationScore(0.75, 0.25), evaluationScore(0, 0)]).toEqual([0.75, null])
    expect(hybridScore(0.2, 0.9)).toBeCloseTo(-0.7, 12)
  })
})

describe('corruption and foreign inputs', () => {
  it('divides by the baseline and leaves out kinds without a denominator', () => {
    const target = { typo: [0.2, 0.4], case: [0.1, 0.1], odd: [0.3] }
    const baseline = { typo: [0.4, 0.8], case: [0, 0] }
    expect(corruptionErrors(target, baseline)).toEqual({
      errors: { typo: expect.closeTo(0.5, 12), case: null, odd: null },
      meanError: expect.closeTo(0.5, 12),
      excluded: ['case', 'odd'],
    })
    expect(corruptionErrors(target, baseline, { target: 0.1, baseline: 0.2 }).errors.typo).toBeCloseTo(0.5, 12)
    expect(corruptionErrors({}, {}).meanError).toBeNull()
    expect(corruptionErrors(target, target).meanError).toBeCloseTo(1, 12)
    expect(() => corruptionErrors({ typo: [1] }, { typo: [1, 2] })).toThrow(RangeError)
  })

  it('detects what is foreign', () => {
    const found = outOfDistributionDetection([0.9, 0.8, 0.7, 0.2, 0.1], [1, 1, 1, 0, 0])
    expect(found).toEqual({ rocAuc: 1, falsePositiveRateAt95: 0, detectionError: 0 })
    expect(outOfDistributionDetection([0.5, 0.5], [1, 0])).toEqual({
      rocAuc: 0.5,
      falsePositiveRateAt95: 1,
      detectionError: 0.5,
    })
    expect(outOfDistributionDetection([0.5], [1]).rocAuc).toBeNull()
    expect(falsePositiveRateAtRecall([4, 3, 2, 1], [1, 0, 1, 0], 1)).toBe(0.5)
  })

  it('corrects for chance', () => {
    expect([chanceCorrected(0.25, 4), chanceCorrected(1, 4)]).toEqual([0, 1])
    expect(() => chanceCorrected(0.5, 1)).toThrow(RangeError)
  })
})

describe('ensembles of targets', () => {
  it('gain what Jensen says: the Brier gap is the variance of the members', () => {
    fc.assert(
      fc.property(
        fc.array(distribution(4), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 3 }),
        (members, gold) => {
          const [gaps, diversity] = [jensenGaps(members, gold), ensembleDiversity(members)]
          expect(gaps?.nll).toBeGreaterThanOrEqual(0)
          expect(gaps?.brier).toBeCloseTo(diversity?.variance ?? -1, 10)
          expect(diversity?.mutualInformation).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })

  it('renormalise members, and differ from the geometric mean', () => {
    expect(
      meanDistribution([
        [1, 1],
        [3, 1],
      ]),
    ).toEqual(Float64Array.of(0.625, 0.375))
    expect(
      geometricMeanDistribution([
        [0.9, 0.1],
        [0.1, 0.9],
      ])?.[0],
    ).toBeCloseTo(0.5, 12)
    expect([
      meanDistribution([]),
      meanDistribution([[0, 0]]),
      geometricMeanDistribution([
        [1, 0],
        [0, 1],
      ]),
    ]).toEqual([null, null, null])
    expect(
      ensembleDiversity([
        [1, 0],
        [0, 1],
      ]),
    ).toMatchObject({ disagreement: 1, variance: 0.5, mutualInformation: Math.LN2 })
    expect(ensembleDiversity([[1, 0]])?.disagreement).toBeNull()
    expect([ensembleGain([0.4, 0.6], 0.3), ensembleGain([0.4, null], 0.3)]).toEqual([expect.closeTo(0.2, 12), null])
  })

  it('vote by plurality, ties and empty votes told', () => {
    expect(pluralityVote([1, 2, 1, null])).toEqual({ winners: [1], confidence: 0.5 })
    expect(pluralityVote([1, 2]).winners).toEqual([1, 2])
    expect(pluralityVote([null])).toEqual({ winners: [], confidence: null })
  })

  it('correlate the two gains over bins of diversity', () => {
    const random = randomFrom('diversity')
    const diversity = Array.from({ length: 200 }, () => random.next())
    const gain = diversity.map((d) => d + 0.01 * random.normal())
    const found = diversityImprovement(
      diversity,
      gain,
      gain.map((g) => 2 * g),
    )
    expect(found.correlation).toBeCloseTo(1, 9)
    expect(found.bins.map(({ count }) => count)).toEqual(new Array(10).fill(20))
    expect(diversityImprovement([1, 2], [1, 2], [1, 2]).correlation).toBeNull()
  })

  it('measure robustness against the line of single targets', () => {
    const logit = (p: number) => Math.log(p / (1 - p))
    const singles = [0.5, 0.6, 0.7, 0.8].map((known) => ({
      known,
      shifted: 1 / (1 + Math.exp(-(0.5 * logit(known) - 0.3))),
    }))
    const line = accuracyLine(singles)
    expect(line).toEqual({ slope: expect.closeTo(0.5, 9), intercept: expect.closeTo(-0.3, 9) })
    expect(effectiveRobustness(singles[1] as { known: number; shifted: number }, line as never)).toBeCloseTo(0, 9)
    expect(accuracyLine(singles.slice(1))).toBeNull()
    expect(accuracyLine(singles.map(() => ({ known: 0.5, shifted: 0.4 })))).toBeNull()
  })
})

describe('dropout', () => {
  it('pairwise divergence is both informations together, in every position', () => {
    fc.assert(
      fc.property(fc.array(distribution(5), { minLength: 2, maxLength: 8 }), (passes) => {
        const position = dropoutPosition(passes, 0)
        if (!position) throw new Error('no position')
        expect(pairwiseIdentityError(position, passes.length)).toBeCloseTo(0, 9)
        expect(position.epistemicEntropy).toBeGreaterThanOrEqual(0)
        expect(position.predictiveEntropy).toBeCloseTo(position.aleatoricEntropy + position.epistemicEntropy, 9)
      }),
    )
    expect(dropoutPosition([], 0)).toBeNull()
  })

  it('answers by mean and maximum over positions, rounding below 0 cleared', () => {
    const at = (epistemicEntropy: number) =>
      ({ ...(dropoutPosition([[0.5, 0.5]], 0) as object), epistemicEntropy }) as never
    expect(dropoutUncertainty([at(0.2), at(-1e-17), at(0.4)], 'epistemicEntropy')).toEqual({
      mean: expect.closeTo(0.2, 12),
      max: 0.4,
    })
    expect(dropoutUncertainty([], 'epistemicEntropy')).toBeNull()
    expect(dropoutUncertainty([at(1)], 'expectedPairwiseKl')).toBeNull()
  })

  it('groups that agree have no spread', () => {
    expect(
      groupSpread([
        [1, 1, 1],
        [2, 2, 2],
      ]),
    ).toBe(0)
    expect(groupSpread([[1, 3]])).toBeCloseTo(Math.SQRT2, 12)
    expect([groupSpread([]), groupSpread([[1]])]).toEqual([null, null])
    expect([entropyShift([1], [3]), entropyShift([], [3])]).toEqual([2, null])
  })

  it('variance of a layer under dropout matches its Monte-Carlo estimate within 2 %', () => {
    const [random, rate] = [randomFrom('dropout'), 0.1]
    const [weights, inputs] = [
      [0.5, -1.2, 2, 0.3],
      [1, 0.5, -1.1, 2],
    ]
    let [sum, squares] = [0, 0]
    const draws = 200_000
    for (let d = 0; d < draws; d++) {
      let y = 0
      for (let i = 0; i < 4; i++)
        if (random.next() >= rate) y += ((weights[i] as number) * (inputs[i] as number)) / (1 - rate)
      sum += y
      squares += y * y
    }
    const sampled = squares / draws - (sum / draws) ** 2
    expect(Math.abs(sampled / dropoutVariance(weights, inputs, rate) - 1)).toBeLessThan(0.02)
    expect(() => dropoutVariance([1], [1], 1)).toThrow(RangeError)
  })
})
