import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { chanceItems } from '../../src/benchmarks/uncertainty/pair-cheating.items.ts'
import {
  calibrationError,
  outcomesOf,
  type PairRow,
  referenceRows,
} from '../../src/benchmarks/uncertainty/pair-cheating.outcomes.ts'
import { type PairDetail, pairCheating } from '../../src/benchmarks/uncertainty/pair-cheating.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const items = chanceItems(randomFrom('chance'), 160)
const itemOf = (prompt: string) => items.find(({ x }) => prompt.startsWith(`${x}\n`))

/** An exact Bayesian; `copying` mixes in the outcome shown, `priming` the one shown of another setting. */
const bayesian =
  ({ copying = 0, priming = 0 } = {}) =>
  (prompt: string): [string, number][] => {
    const item = itemOf(prompt)
    if (!item?.reference) return []
    const { outcomes, reference } = item
    const shown = /setting and got (\w+)\./.exec(prompt)?.[1]
    const elsewhere = /unrelated setting an independent person drew and got (\w+)\./.exec(prompt)?.[1]
    const place = outcomes.indexOf(shown ?? '')
    const base = place === -1 ? reference.probabilities : (reference.conditional[place] as number[])
    const pulled = elsewhere ? outcomes.indexOf(elsewhere) : place
    const pull = elsewhere ? priming : place === -1 ? 0 : copying
    // Only half of all replies name an outcome: the rest is made to sum to 1.
    return outcomes.map((outcome, y) => [
      outcome,
      0.5 * ((1 - pull) * (base[y] as number) + pull * Number(y === pulled)),
    ])
  }

const run = async (script: (prompt: string) => [string, number][], given = {}, size = items.length) => {
  const target = scriptedModel(script, given)
  const rows = (await rowsOf(pairCheating, target, { items: items.slice(0, size) })) as Row<PairDetail>[]
  return { target, rows, report: reportOf(pairCheating, rows, { target }) }
}

describe('pair-cheating', () => {
  it('finds an exact Bayesian second-order calibrated, and its bounds true', async () => {
    const { report } = await run(bayesian())
    expect(report.headline.id).toBe('secondOrderCalibrationError')
    expect(report.headline.value).toBeCloseTo(metricOf(report, 'secondOrderCalibrationError.exact').value as number, 9)
    expect(report.headline.value).toBeLessThan(0.012)
    expect(report.headline.interval?.low).toBe(0)
    expect(metricOf(report, 'netCheat.known').value).toBeCloseTo(0, 9)
    expect(metricOf(report, 'netCheat.hidden').value).toBeGreaterThan(0.02)
    expect(metricOf(report, 'hiddenAuc.cheat').value).toBeGreaterThan(0.99)
    expect(metricOf(report, 'hiddenAuc.entropy').value).toBeLessThan(0.8)
    expect(metricOf(report, 'coverageRecalibrated').value).toBeGreaterThanOrEqual(0.9)
    expect(metricOf(report, 'coverage').value).toBeGreaterThanOrEqual(0.9)
    expect(metricOf(report, 'falseAcceptRate').value).toBeLessThanOrEqual(0.1)
    expect(metricOf(report, 'gamma').value).toBeGreaterThan(0.5)
    expect(metricOf(report, 'gamma').value).toBeLessThan(2)
  })

  it('catches a copier: net cheating on what is stated, wide bounds, an error far from 0', async () => {
    const { report } = await run(bayesian({ copying: 0.5 }))
    expect(metricOf(report, 'netCheat.known').interval?.low).toBeGreaterThan(0.1)
    expect(report.headline.interval?.low).toBeGreaterThan(0.03)
    expect(metricOf(report, 'width').value).toBeGreaterThan(0.5)
  })

  it('takes off what mere mention does', async () => {
    const { report } = await run(bayesian({ copying: 0.3, priming: 0.3 }))
    expect(metricOf(report, 'cheat.known').value).toBeGreaterThan(0.1)
    expect(metricOf(report, 'netCheat.known').value).toBeCloseTo(0, 9)
  })

  it('widens the bounds of a model that thinks itself surer than it is', async () => {
    // Moves only a fifth as far as it should after another's draw: V is five times too small.
    const stubborn = (prompt: string): [string, number][] => {
      const [moved, still] = [bayesian()(prompt), bayesian()(prompt.replace(/An independent person.*\n/, ''))]
      return moved.map(([outcome, p], y) => [outcome, 0.2 * p + 0.8 * (still[y]?.[1] as number)])
    }
    const { report } = await run(stubborn)
    expect(metricOf(report, 'coverage').value).toBeLessThan(0.95)
    expect(metricOf(report, 'gamma').value).toBeGreaterThan(3)
    expect(metricOf(report, 'coverageRecalibrated').value).toBeGreaterThanOrEqual(0.95)
    expect(report.headline.interval?.low).toBeGreaterThan(0)
  })

  it('has no bias from few samples where nothing can be scored', async () => {
    const { rows, target } = await run(bayesian(), { prompt_logprobs: false }, 40)
    const known = outcomesOf(rows.flatMap((row) => (row.detail?.known ? [row as unknown as PairRow] : [])))
    const mean = known.reduce((sum, { signedVariance }) => sum + signedVariance, 0) / known.length
    expect(Math.abs(mean)).toBeLessThan(0.01)
    const report = checkEdges(pairCheating, rows, { target })
    expect(report.headline.id).toBe('secondOrderCalibrationError:empirical')
    expect(report.caveats.map(({ code }) => code)).toContain('empirical_pairs')
  })

  it('works from labels alone where p* is unknown', async () => {
    const labelled = items.map(({ pstar: _, reference, ...item }) => ({ ...item, wording: 'opinion', reference }))
    const target = scriptedModel((prompt) => bayesian()(prompt.replace('answered', 'drew and got')))
    const rows = (await rowsOf(pairCheating, target, { items: labelled })) as Row<PairDetail>[]
    const report = reportOf(pairCheating, rows, { target })
    expect(report.headline.id).toBe('secondOrderCalibrationError:pairs')
    expect(report.headline.value).not.toBeNull()
    expect(metricOf(report, 'gamma').value).not.toBeNull()
    expect(metricOf(report, 'coverage')).toMatchObject({ value: null, reason: 'undefined' })
  })

  it('refuses items without truth or labels', () => {
    const item = { id: 'a', x: 'What?', outcomes: ['a', 'b'] }
    expect(pairCheating.item.safeParse(item).success).toBe(false)
    expect(pairCheating.item.safeParse({ ...item, counts: [1, 0] }).success).toBe(false)
    expect(pairCheating.item.safeParse({ ...item, counts: [1, 1] }).success).toBe(true)
    expect(pairCheating.item.safeParse({ ...item, pstar: [1] }).success).toBe(false)
  })

  it('knows the exact Bayesian of its own items: 0 but for noise', async () => {
    const { rows } = await run(bayesian({ copying: 0.5 }))
    const many = rows.map((row) => ({ ...row, cluster: row.itemId }) as unknown as PairRow)
    const exact = calibrationError('exact', referenceRows(many), 1)
    expect(exact?.value).toBeLessThan(0.012)
    expect(exact?.interval?.low).toBe(0)
  })
})
