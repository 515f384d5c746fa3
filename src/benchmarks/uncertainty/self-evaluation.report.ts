import type { BenchmarkReport, Curve, Metric, Table } from '../../../schema/report.ts'
import { qualitiesByCertainty } from '../../methods/selective/rejection.ts'
import { selectiveAuc } from '../../methods/selective/risk-coverage.ts'
import { rocAuc } from '../../methods/statistics/binary-classification.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import {
  countMetric,
  type MetricText,
  meanMetric,
  missingMetric,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import { positionMetric, positionTable } from './self-evaluation.positions.ts'
import type { SelfEvaluationDetail, SelfEvaluationParams } from './self-evaluation.ts'
import { type AnswerRow, best, type Choice, type Way, ways } from './self-evaluation.ways.ts'

/** Ways that grade by likelihood alone, and those whose figures stand among the metrics. */
const likelihoods = new Set(['maximumSequenceProbability', 'perplexity'])
const headlined = new Set(['hybridNota', 'hybrid', 'perplexity'])

type Picked = AnswerRow & { picks: Map<string, Choice> }

const pickOf = (row: Picked, id: string): Choice => row.picks.get(id) as Choice

const accuracy = (rows: readonly Picked[], id: string): number | null =>
  mean(rows.map((row) => pickOf(row, id).quality))
const calibrationAuc = (rows: readonly Picked[], id: string): number | null =>
  rocAuc(
    rows.map((row) => pickOf(row, id).score),
    rows.map((row) => pickOf(row, id).quality >= 0.5),
  )
const selective = (rows: readonly Picked[], id: string): number | null =>
  selectiveAuc(
    rows.map((row) => pickOf(row, id).score),
    rows.map((row) => pickOf(row, id).quality),
  )

/** The report: all ways of grading on the items where all are defined, so that only the grading differs. */
export function reportSelfEvaluation(
  rows: Row<SelfEvaluationDetail>[],
  { seed }: Pick<ReportContext<SelfEvaluationParams>, 'seed'>,
): BenchmarkReport {
  const all = reportedRows(rows)
  const choosing = all.filter((row) => row.detail.candidates.length > 1)
  const given = ways.filter((way) => choosing.some((row) => way.pick(row.detail) !== null))
  const compared = choosing.flatMap((row): Picked[] => {
    const picks = new Map(
      given.flatMap((way): [string, Choice][] => {
        const pick = way.pick(row.detail)
        return pick ? [[way.id, pick]] : []
      }),
    )
    return picks.size === given.length ? [{ ...row, picks }] : []
  })
  const empirical = all.some((row) => row.detail.empirical)
  const suffix = empirical ? ':empirical' : ''
  const has = (id: string) => given.some((way) => way.id === id)
  const headline = headlineOf(compared, has('hybridNota'), has('perplexity'), all.length, suffix, seed)
  const graded = given.map((way) => ({ way, metrics: wayMetrics(way, compared, suffix, seed) }))
  const single = all.length - choosing.length
  const level = mean(all.map((row) => mean(row.detail.candidates.map((one) => one.quality)) as number))
  return {
    headline: withReading(
      headline,
      has('perplexity')
        ? 'How much better the answers are that self-evaluation trusts most than those that sequence likelihood trusts most; 0 is no gain.'
        : 'Mean quality of the answers that self-evaluation trusts most, over all shares kept.',
    ),
    metrics: [
      ...graded.flatMap(({ way, metrics }) => (headlined.has(way.id) ? metrics : [])),
      statisticMetric(
        { id: 'candidateQuality', title: 'Mean quality of all candidates', direction: 'higher' },
        all,
        (some) => mean(some.map((row) => mean(row.detail.candidates.map((one) => one.quality)) as number)),
        seed,
      ),
      positionMetric(choosing),
      countMetric(
        { id: 'singleCandidate', title: 'Items with one distinct candidate (nothing to choose)', direction: 'neutral' },
        single,
      ),
      countMetric(
        {
          id: 'unseenOptions',
          title: 'Choices and verdicts without any option among the alternatives',
          direction: 'lower',
        },
        all.reduce((sum, row) => sum + row.detail.unseen, 0),
      ),
    ],
    curves: compared.length > 0 ? [sparsification(compared, given)] : [],
    tables: [wayTable(compared, graded), fallbackTable(all), positionTable(choosing)],
    caveats: [
      ...lostItems(rows, headline),
      ...degenerateLevel(level),
      ...fewClusters(all),
      ...(compared.length < all.length
        ? [
            {
              code: 'compared_items',
              message: `The ways are compared on ${compared.length} of ${all.length} items: on the others there was one candidate only, or a grade is missing.`,
            },
          ]
        : []),
      ...(all.some((row) => row.detail.qualityBy === 'judge')
        ? [
            {
              code: 'judged_quality',
              message: 'Another model judged how good some answers are: its errors are in every figure.',
            },
          ]
        : []),
      ...(empirical
        ? [
            {
              code: 'empirical_grades',
              message: 'The target gives no log-probabilities: grades are shares of five votes.',
            },
          ]
        : []),
    ],
    worst: worstItems(
      compared,
      (row) => {
        const { quality, score } = pickOf(row as Picked, has('hybridNota') ? 'hybridNota' : (given[0]?.id ?? ''))
        return quality >= 0.5 ? null : score
      },
      (row) =>
        `Trusted a wrong answer: “${best(row.detail.candidates, (one) => one.select ?? one.evalPlain)?.one.text ?? ''}”, right is “${row.detail.gold}”.`,
    ),
  }
}

function headlineOf(
  compared: Picked[],
  graded: boolean,
  likelihood: boolean,
  items: number,
  suffix: string,
  seed: number,
): Metric {
  const text =
    likelihood || !graded
      ? {
          id: 'selectiveGain',
          title: 'Selective AUC of Hybrid + NOTA minus that of Perplexity',
          direction: 'higher' as const,
          unit: 'none' as const,
        }
      : {
          id: `selectiveAuc.hybridNota${suffix}`,
          title: 'Selective AUC of Hybrid + NOTA',
          direction: 'higher' as const,
        }
  if (compared.length === 0 || !graded)
    return missingMetric(text, items === 0 ? 'no_items' : graded ? 'too_few' : 'no_answers')
  return statisticMetric(
    text,
    compared,
    (some) => {
      const own = selective(some, 'hybridNota')
      const other = likelihood ? selective(some, 'perplexity') : 0
      return own === null || other === null ? null : own - other
    },
    seed,
  )
}

/** Accuracy, calibration AUC and selective AUC of one way on the compared items. */
function wayMetrics({ id, title }: Way, compared: Picked[], suffix: string, seed: number): Metric[] {
  const own = likelihoods.has(id) ? '' : suffix
  const text = (name: string, shown: string): MetricText => ({
    id: `${name}.${id}${own}`,
    title: `${shown}, ${title}`,
    direction: 'higher',
  })
  return [
    meanMetric({ ...text('accuracy', 'Accuracy'), unit: 'share' }, compared, (row) => pickOf(row, id).quality, seed),
    statisticMetric(
      text('calibrationAuc', 'Calibration AUC'),
      compared,
      (some) => calibrationAuc(some, id),
      seed,
      'single_class',
    ),
    statisticMetric(text('selectiveAuc', 'Selective AUC'), compared, (some) => selective(some, id), seed),
  ]
}

function wayTable(compared: Picked[], graded: { way: Way; metrics: Metric[] }[]): Table {
  return {
    id: 'ways',
    title: `Ways of grading on the same ${compared.length} items`,
    columns: [
      { title: 'Way' },
      ...['Accuracy', 'Calibration AUC', 'Selective AUC'].flatMap((title) => [
        { title, unit: 'share' as const },
        { title: 'from', unit: 'share' as const },
        { title: 'to', unit: 'share' as const },
      ]),
    ],
    rows: graded.map(({ way, metrics }) => [
      way.title,
      ...metrics.flatMap(({ value, interval }) => [value, interval?.low ?? null, interval?.high ?? null]),
    ]),
  }
}

/** Every item counts here: where there was one candidate only, its verdict stands in for the choice. */
function fallbackTable(all: AnswerRow[]): Table {
  const evalPick = (ways.find((way) => way.id === 'eval') as Way).pick
  const line = ({ id, title, pick }: Way) => {
    const picked = all.flatMap((row): Picked[] => {
      const found = row.detail.candidates.length > 1 ? pick(row.detail) : (evalPick(row.detail) ?? pick(row.detail))
      return found ? [{ ...row, picks: new Map([[id, found]]) }] : []
    })
    return [title, picked.length, accuracy(picked, id), calibrationAuc(picked, id), selective(picked, id)]
  }
  return {
    id: 'withFallback',
    title: 'All items; a single candidate is judged by Sample & Eval',
    columns: [
      { title: 'Way' },
      { title: 'Items', unit: 'count' },
      { title: 'Accuracy', unit: 'share' },
      { title: 'Calibration AUC', unit: 'share' },
      { title: 'Selective AUC', unit: 'share' },
    ],
    rows: ways.filter((way) => all.some((row) => way.pick(row.detail) !== null)).map(line),
  }
}

function sparsification(compared: Picked[], given: readonly Way[]): Curve {
  return {
    id: 'sparsification',
    title: 'Quality of the answers kept',
    x: { title: 'Share kept, best-scored first', domain: [0, 1] },
    y: { title: 'Mean quality', domain: [0, 1] },
    kind: 'line',
    series: given
      .filter(({ id }) => ['select', 'eval', 'hybridNota', 'perplexity'].includes(id))
      .map(({ id, title }) => {
        const sorted = qualitiesByCertainty(
          compared.map((row) => -pickOf(row, id).score),
          compared.map((row) => pickOf(row, id).quality),
        )
        let sum = 0
        const points = Array.from(sorted, (quality, place): [number, number] => {
          sum += quality
          return [(place + 1) / sorted.length, sum / (place + 1)]
        })
        const step = Math.max(1, Math.ceil(points.length / 100))
        return {
          name: title,
          points: points.filter((_, place) => (place + 1) % step === 0 || place === points.length - 1),
        }
      }),
  }
}
