import type { BenchmarkReport, Metric, NullReason } from '../../../schema/report.ts'
import { refusalWeight, twoSidedRefusal } from '../../methods/refusal/two-sided.ts'
import { quantile } from '../../methods/statistics/summary.ts'
import type { ReportContext, Row } from '../define.ts'
import { reliabilityCurve } from '../report/calibration.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import {
  averagePrecisionStatistic,
  calibrationErrorMetric,
  missingMetric,
  pairsMetric,
  shareMetric,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  type AnswerRow,
  accuracyOf,
  certaintyOf,
  correctOf,
  domainTable,
  knownTable,
  minus,
  outcomeOf,
  precisionCurve,
  precisionOf,
  sidesOf,
  twinSides,
  willing,
} from './refusal-aware.tables.ts'
import type { RefusalAwareDetail, RefusalAwareParams } from './refusal-aware.ts'

/** The report: certainty over answerable items, refusals against what the reference target knows. */
export function reportRefusalAware(
  rows: Row<RefusalAwareDetail>[],
  { seed, params }: Pick<ReportContext<RefusalAwareParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows)
  const items = all.filter((row) => row.detail.answerable && row.detail.domain !== 'twin')
  const pairs = all.filter((row) => !row.detail.answerable || row.detail.domain === 'twin')
  const rated = items.filter((row) => row.detail.certainty !== null)
  const empirical = rated.some((row) => row.detail.sureBy === 'empirical' || row.detail.confidence === null)
  const suffix = empirical ? ':empirical' : ''
  const inside = rated.filter((row) => row.detail.domain === 'id')
  const outside = rated.filter((row) => row.detail.domain === 'ood')
  const noAnswers: NullReason = items.length === 0 ? 'no_items' : 'no_answers'
  const precision = (id: string, title: string, some: AnswerRow[]): Metric =>
    some.length === 0
      ? missingMetric({ id: `${id}${suffix}`, title, direction: 'higher' }, noAnswers)
      : pairsMetric(
          { id: `${id}${suffix}`, title, direction: 'higher' },
          some,
          averagePrecisionStatistic(certaintyOf, correctOf),
          seed,
          'single_class',
        )
  const headline = precision('ap', 'Average precision of its certainty for being right', rated)
  const youdenOf = (some: readonly AnswerRow[]) => sidesOf(some, params.hedgeWeight).youden
  const youden = (id: string, title: string, some: AnswerRow[]): Metric =>
    statisticMetric({ id, title, direction: 'higher', unit: 'ratio' }, some, youdenOf, seed, 'single_class')
  const byDomain = (domain: 'id' | 'ood') => items.filter((row) => row.detail.domain === domain)
  // Where a refusal is due, a hedge counts in part, as in J; where an answer is due, it counts as one.
  const dueRefusals = (id: string, title: string, some: AnswerRow[]) =>
    shareMetric(
      { id, title, direction: 'higher' },
      some,
      (row) => refusalWeight(outcomeOf(row), params.hedgeWeight),
      seed,
    )
  const needlessRefusals = (id: string, title: string, some: AnswerRow[]) =>
    shareMetric({ id, title, direction: 'lower' }, some, (row) => outcomeOf(row) === 'refuse', seed)
  const answered = items.filter(willing)
  return {
    headline: withReading(
      headline,
      'How well its own certainty puts right answers before wrong ones, in and out of domain; a constant certainty gets the accuracy.',
    ),
    metrics: [
      precision('apId', 'Average precision, in domain', inside),
      precision('apOod', 'Average precision, out of domain', outside),
      youden('youden', 'J: refusal rate on what it does not know minus on what it knows', items),
      youden('youdenId', 'J, in domain', byDomain('id')),
      youden('youdenOod', 'J, out of domain', byDomain('ood')),
      rated.length === 0
        ? missingMetric(
            { id: `apGain${suffix}`, title: 'Average precision above the accuracy', direction: 'higher' },
            noAnswers,
          )
        : statisticMetric(
            {
              id: `apGain${suffix}`,
              title: 'Average precision above the accuracy',
              direction: 'higher',
              unit: 'ratio',
            },
            rated,
            (some) => minus(precisionOf(some), accuracyOf(some)),
            seed,
            'single_class',
          ),
      partMetric(
        'apConfidence',
        'Average precision of the answer’s probability alone',
        items,
        (row) => row.detail.confidence,
        seed,
      ),
      partMetric(`apSure${suffix}`, 'Average precision of “I am sure” alone', items, (row) => row.detail.sure, seed),
      rated.length === 0
        ? missingMetric(
            { id: `ece${suffix}`, title: 'Expected calibration error of its certainty', direction: 'lower' },
            noAnswers,
          )
        : calibrationErrorMetric(
            { id: `ece${suffix}`, title: 'Expected calibration error of its certainty', direction: 'lower' },
            rated,
            { confidenceOf: certaintyOf, correctOf },
            seed,
          ),
      transferMetric(rated, suffix, seed),
      statisticMetric(
        { id: 'youdenTransfer', title: 'J out of domain minus J in domain', direction: 'higher', unit: 'ratio' },
        items,
        (some) =>
          minus(
            youdenOf(some.filter((row) => row.detail.domain === 'ood')),
            youdenOf(some.filter((row) => row.detail.domain === 'id')),
          ),
        seed,
        'single_class',
      ),
      shareMetric(
        { id: 'willingAccuracy', title: 'Accuracy where it is willing to answer', direction: 'higher' },
        answered,
        correctOf,
        seed,
      ),
      shareMetric(
        { id: 'accuracy', title: 'Accuracy, withheld answers counted too', direction: 'higher' },
        items,
        correctOf,
        seed,
      ),
      shareMetric(
        { id: 'answerRate', title: 'Answers that it is willing to stand by', direction: 'neutral' },
        items,
        willing,
        seed,
      ),
      dueRefusals(
        'refusalUnknown',
        'Refusal rate on what the reference does not know',
        items.filter((row) => !row.detail.known),
      ),
      needlessRefusals(
        'refusalKnown',
        'Refusal rate on what the reference knows',
        items.filter((row) => row.detail.known),
      ),
      dueRefusals(
        'refusalUnanswerable',
        'Refusal rate on unanswerable questions',
        pairs.filter((row) => !row.detail.answerable),
      ),
      needlessRefusals(
        'refusalTwins',
        'Refusal rate on their answerable twins',
        pairs.filter((row) => row.detail.answerable),
      ),
      statisticMetric(
        {
          id: 'youdenUnanswerable',
          title: 'J on unanswerable questions against their twins',
          direction: 'higher',
          unit: 'ratio',
        },
        pairs,
        (some) => twinSides(some, params.hedgeWeight).youden,
        seed,
        'single_class',
      ),
      entropyMetric(items, params, seed),
    ],
    curves: [
      precisionCurve(inside, outside),
      reliabilityCurve(
        'calibration',
        'Certainty against correctness',
        rated.map((row) => ({ confidence: certaintyOf(row), correct: correctOf(row) })),
      ),
    ],
    tables: [knownTable(items), domainTable(all, params.hedgeWeight)],
    caveats: [
      ...lostItems(rows, headline),
      ...degenerateLevel(accuracyOf(items)),
      ...fewClusters(all),
      ...surenessCaveats(all),
    ],
    worst: worstItems(
      rated,
      (row) => (correctOf(row) ? null : certaintyOf(row)),
      ({ detail }) =>
        `Wrong at certainty ${certaintyOf({ detail } as AnswerRow).toFixed(2)}: “${detail.answer}”, right is “${detail.gold}”.`,
    ),
  }
}

function partMetric(
  id: string,
  title: string,
  items: AnswerRow[],
  partOf: (row: AnswerRow) => number | null,
  seed: number,
): Metric {
  const given = items.filter((row) => partOf(row) !== null)
  const text = { id, title, direction: 'higher' as const }
  if (given.length === 0) return missingMetric(text, items.length === 0 ? 'no_items' : 'capability_missing')
  const statistic = averagePrecisionStatistic((row: AnswerRow) => partOf(row) as number, correctOf)
  return pairsMetric(text, given, statistic, seed, 'single_class')
}

function transferMetric(rated: AnswerRow[], suffix: string, seed: number): Metric {
  const ratioOf = (some: readonly AnswerRow[]): number | null => {
    const inside = precisionOf(some.filter((row) => row.detail.domain === 'id'))
    const outside = precisionOf(some.filter((row) => row.detail.domain === 'ood'))
    return inside === null || outside === null ? null : outside / inside
  }
  const text = {
    id: `apTransfer${suffix}`,
    title: 'Average precision out of domain over in domain',
    direction: 'higher' as const,
    unit: 'ratio' as const,
  }
  return rated.length === 0
    ? missingMetric(text, 'no_answers')
    : statisticMetric(text, rated, ratioOf, seed, 'single_class')
}

/** J where "known" is the half of the items on which the reference target's samples agree most. */
function entropyMetric(items: AnswerRow[], params: RefusalAwareParams, seed: number): Metric {
  const text = {
    id: 'youdenByEntropy',
    title: 'J with known = the half that the reference answers most evenly',
    direction: 'higher' as const,
    unit: 'ratio' as const,
  }
  if (params.referenceSamples === 0) return missingMetric(text, 'not_asked')
  const given = items.filter((row) => row.detail.referenceEntropy !== null)
  const middle = quantile(
    given.map((row) => row.detail.referenceEntropy as number),
    0.5,
  )
  return statisticMetric(
    text,
    given,
    (some) =>
      twoSidedRefusal(
        some.map((row) => ({
          answerable: (row.detail.referenceEntropy as number) <= (middle as number),
          outcome: outcomeOf(row),
        })),
        params.hedgeWeight,
      ).youden,
    seed,
    'single_class',
  )
}

function surenessCaveats(all: AnswerRow[]): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  const by = (way: RefusalAwareDetail['sureBy']) => all.filter((row) => row.detail.sureBy === way).length
  if (by('empirical') > 0)
    list.push({
      code: 'empirical_sureness',
      message: 'The target cannot open its reply with “I am”: sureness is the share of yes among five sampled replies.',
    })
  if (by('firstToken') > 0)
    list.push({
      code: 'first_token_sureness',
      message: 'Sureness is read from the first token after “I am”, where “unsure” is any beginning of that word.',
    })
  const unseen = all.filter((row) => row.detail.sure === null).length
  if (unseen > 0)
    list.push({
      code: 'sureness_unseen',
      message: `On ${unseen} items neither “sure” nor “unsure” could be read; there only a refusal in words counts.`,
    })
  return list
}
