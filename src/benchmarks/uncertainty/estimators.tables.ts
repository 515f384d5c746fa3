import type { Table } from '../../../schema/report.ts'
import { reversedPairs } from '../../methods/selective/reversed-pairs.ts'
import { kendallTauB, spearman } from '../../methods/statistics/correlation.ts'
import { foldsOf } from '../report/folds.ts'
import { groupBy } from '../report/rows.ts'
import { calibrationLine } from './estimators.calibration.ts'
import { PARTS, type Part } from './estimators.evidence.ts'
import { costOf, type EstimatorRow, groupsOf, qualityOn, type Ranked } from './estimators.ranking.ts'

/** Fewer items of a stratum than this say nothing of an order. */
const LEAST = 10
const SHOWN = 15

/** Names of the kinds of evidence, as a reader of the table sees them. */
const EVIDENCE: Record<string, string> = {
  greedy: 'greedy answer',
  samples: 'samples',
  entailment: 'entailment',
  alternatives: 'entailment of alternatives',
  similarity: 'embeddings',
  withoutQuestion: 'answer scored alone',
  truth: 'verdict',
  truthWithSamples: 'verdict with samples in view',
  verdicts: 'sampled verdicts',
  stated: 'stated probability',
  linguistic: 'stated in words',
  secondTurn: 'second turn',
  refusal: 'mass on refusals',
  shownAnswers: 'answers shown',
  ownAnswerShown: 'own answer shown',
  noneOfTheAbove: 'choice among own answers',
  dropout: 'dropout',
  hiddenStates: 'hidden states of the samples',
}

/** Every estimator by PRR: quality with intervals, how sure its place is, and its price. */
export function estimatorTable(all: readonly EstimatorRow[], ranked: readonly Ranked[], baseline: string): Table {
  return {
    id: 'estimators',
    title: `Estimators by PRR on ${all.length} items`,
    columns: [
      { title: 'Rank' },
      { title: 'Estimator' },
      { title: 'PRR' },
      { title: 'from' },
      { title: 'to' },
      { title: 'ROC AUC' },
      { title: 'from' },
      { title: 'to' },
      { title: 'Items', unit: 'count' },
      { title: 'Rank from' },
      { title: 'Rank to' },
      { title: 'Best in', unit: 'share' },
      { title: 'p (PRR = 0), adjusted' },
      { title: `Gain over ${baseline}, from` },
      { title: 'to' },
      { title: 'Evidence' },
      { title: 'Questions an item' },
      { title: 'Tokens written an item' },
    ],
    rows: ranked
      .filter((one) => one.scored.length > 0)
      .map((one) => {
        const { predictionRejectionRatio: prr, rocAuc } = one.intervals
        const cost = costOf(all, one.name)
        return [
          one.rank,
          one.name,
          one.quality.predictionRejectionRatio,
          prr?.low ?? null,
          prr?.high ?? null,
          one.quality.rocAuc,
          rocAuc?.low ?? null,
          rocAuc?.high ?? null,
          one.scored.length,
          one.rankEnds?.low ?? null,
          one.rankEnds?.high ?? null,
          one.best,
          one.adjustedP,
          one.gain?.low ?? null,
          one.gain?.high ?? null,
          groupsOf(one.name)
            .map((group) => EVIDENCE[group] ?? group)
            .join(', '),
          cost.questions,
          cost.tokens,
        ]
      }),
    note: 'Intervals, ranks and gains come from the same 1,000 resamples of the items. The order is that of these very items: the headline tells what the winner of one half is worth on the other. p-values are adjusted for the number of estimators (Benjamini–Hochberg).',
  }
}

/** The other measures of an order, and calibration on the report fold. */
export function qualityTable(ranked: readonly Ranked[], all: EstimatorRow[], seed: number): Table {
  const folds = foldsOf(all, seed, (row) => row.detail.correct)
  return {
    id: 'quality',
    title: 'Other measures of the same estimators',
    columns: [
      { title: 'Estimator' },
      { title: 'PRR to half' },
      { title: 'from' },
      { title: 'to' },
      { title: 'Average precision' },
      { title: 'from' },
      { title: 'to' },
      { title: 'Risk–coverage AUC' },
      { title: 'from' },
      { title: 'to' },
      { title: 'Reversed pairs' },
      { title: 'Spearman' },
      { title: 'Kendall' },
      { title: 'ECE, isotonic' },
      { title: 'Brier, isotonic' },
      { title: 'Log loss, isotonic' },
      { title: 'ECE, Platt' },
      { title: 'Brier, Platt' },
      { title: 'Log loss, Platt' },
    ],
    rows: ranked
      .filter((one) => one.scored.length > 0)
      .map(({ name, scored, quality, intervals }) => {
        const u = scored.map((one) => one.uncertainty)
        const q = scored.map((one) => one.quality)
        const certainty = u.map((value) => -value)
        const ends = (metric: keyof typeof intervals) => [
          intervals[metric]?.low ?? null,
          intervals[metric]?.high ?? null,
        ]
        return [
          name,
          quality.predictionRejectionRatioHalf,
          ...ends('predictionRejectionRatioHalf'),
          quality.averagePrecision,
          ...ends('averagePrecision'),
          quality.riskCoverageAuc,
          ...ends('riskCoverageAuc'),
          reversedPairs(u, q),
          spearman(certainty, q),
          kendallTauB(certainty, q),
          ...(folds
            ? [...calibrationLine(folds, name, 'isotonic'), ...calibrationLine(folds, name, 'platt')]
            : nulls(6)),
        ]
      }),
    note: folds
      ? 'Calibration maps are fitted on the calibration fold; their errors are those of the other fold.'
      : 'Too few right or wrong answers in one of the folds to fit a calibration map.',
  }
}

const nulls = (count: number): null[] => new Array<null>(count).fill(null)

/** PRR within each kind of item, for the best estimators: a rank over all may rest on telling kinds apart. */
export function strataTable(all: readonly EstimatorRow[], shown: readonly Ranked[]): Table[] {
  const strata = [...groupBy(all, (row) => row.detail.stratum ?? 'all')].filter(([, rows]) => rows.length >= LEAST)
  if (strata.length < 2 || shown.length === 0) return []
  const right = (rows: readonly EstimatorRow[]) => rows.filter((row) => row.detail.correct).length / rows.length
  return [
    {
      id: 'strata',
      title: 'PRR and ROC AUC within each kind of item',
      columns: [
        { title: 'Estimator' },
        ...strata.flatMap(([name, rows]) => [
          { title: `PRR, ${name} (${rows.length} items, ${(100 * right(rows)).toFixed(0)} % right)` },
          { title: `ROC AUC, ${name}` },
        ]),
      ],
      rows: shown.slice(0, SHOWN).map(({ name, scored }) => [
        name,
        ...strata.flatMap(([stratum]) => {
          const some = scored.filter((one) => (one.row.detail.stratum ?? 'all') === stratum)
          const { predictionRejectionRatio, rocAuc } = qualityOn(some)
          return some.length < LEAST ? [null, null] : [predictionRejectionRatio, rocAuc]
        }),
      ]),
      note: 'A high PRR over all items that falls within each kind tells easy kinds from hard ones, not right answers from wrong ones.',
    },
  ]
}

/** Estimators without a value, and why. */
export function missingTable(all: readonly EstimatorRow[], ranked: readonly Ranked[], parts: readonly Part[]): Table {
  // What was left out of the run says nothing of the target.
  const leftOut = (name: string): boolean =>
    groupsOf(name).some((group) => PARTS.includes(group as Part) && !parts.includes(group as Part))
  return {
    id: 'missing',
    title: 'Items without a value',
    columns: [{ title: 'Estimator' }, { title: 'Items', unit: 'count' }, { title: 'Reason' }],
    rows: ranked.flatMap(({ name }) => {
      const reasons = new Map<string, number>()
      for (const { detail } of all) {
        if ((detail.values[name] ?? null) !== null) continue
        const known = detail.reasons[name] ?? 'not_asked'
        const reason = known === 'capability_missing' && leftOut(name) ? 'not_asked' : known
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      }
      return [...reasons]
        .sort(([first], [second]) => (first < second ? -1 : 1))
        .map(([reason, count]) => [name, count, reason.replaceAll('_', ' ')])
    }),
  }
}
