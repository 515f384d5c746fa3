import type { BenchmarkReport, Curve, Metric, NullReason, Table } from '../../../schema/report.ts'
import { multiclassBrier } from '../../methods/statistics/proper-scores.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { outOfDistributionDetection } from '../../methods/uncertainty/joint-reliability.ts'
import {
  accuracyLine,
  diversityImprovement,
  effectiveRobustness,
  ensembleDiversity,
  geometricMeanDistribution,
  jensenGaps,
  meanDistribution,
} from '../../methods/uncertainty/target-ensemble.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { type MetricText, meanMetric, missingMetric, statisticMetric, withReading } from '../report/metrics.ts'
import { type Reported, remembered, reportedRows, worstItems } from '../report/rows.ts'
import { brierOf, confidenceOf, creditOf, eceOf, errorOf, type Judged, nllOf } from './choice-measures.ts'
import type { EnsembleDetail, EnsembleParams } from './target-ensemble.ts'

type EnsembleRow = Reported<EnsembleDetail>
type Split = EnsembleDetail['split']

/** A distribution that is compared: a member, a combination of them, or the larger target. */
interface Voice {
  name: string
  title: string
  kind: 'member' | 'ensemble' | 'larger'
  shares: (row: EnsembleRow) => readonly number[] | null
}

const distributions = (row: EnsembleRow): number[][] => row.detail.members.map(({ shares }) => shares ?? [])

const averaged = remembered((row: EnsembleRow): number[] | null => {
  const average = meanDistribution(distributions(row))
  return average && Array.from(average)
})
const geometric = remembered((row: EnsembleRow): number[] | null => {
  const average = geometricMeanDistribution(distributions(row))
  return average && Array.from(average)
})

function voicesOf(rows: readonly EnsembleRow[]): Voice[] {
  const names = rows[0]?.detail.members.map(({ name }) => name) ?? []
  return [
    ...names.map(
      (name, place): Voice => ({
        name,
        title: name,
        kind: 'member',
        shares: (row) => row.detail.members[place]?.shares ?? null,
      }),
    ),
    { name: 'ensemble', title: 'ensemble, mean', kind: 'ensemble', shares: averaged },
    { name: 'geometric', title: 'ensemble, geometric mean', kind: 'ensemble', shares: geometric },
    ...(rows.some((row) => row.detail.larger !== null)
      ? [
          {
            name: 'larger',
            title: 'larger target',
            kind: 'larger' as const,
            shares: (row: EnsembleRow) => row.detail.larger,
          },
        ]
      : []),
  ]
}

const judgedBy = (rows: readonly EnsembleRow[], { shares }: Voice, split: Split): Judged[] =>
  rows.flatMap((row) => {
    const own = shares(row)
    const { label } = row.detail
    return row.detail.split !== split || label === null || own === null
      ? []
      : [{ cluster: row.cluster, shares: own, label }]
  })

/** ROC AUC of confidence, known against foreign questions. */
function foreignAuc(rows: readonly EnsembleRow[], { shares }: Voice): number | null {
  const some = rows.flatMap((row) => {
    const own = shares(row)
    return own === null || row.detail.split === 'shifted'
      ? []
      : [{ confidence: confidenceOf(own), known: row.detail.split === 'id' }]
  })
  return outOfDistributionDetection(
    some.map(({ confidence }) => confidence),
    some.map(({ known }) => known),
  ).rocAuc
}

const MEASURES: readonly { id: string; title: string; unit: Metric['unit']; of: (some: Judged[]) => number | null }[] =
  [
    { id: 'nll', title: 'NLL', unit: 'nats', of: nllOf },
    { id: 'brier', title: 'Brier', unit: 'none', of: brierOf },
    { id: 'error', title: 'Error', unit: 'share', of: errorOf },
    { id: 'ece', title: 'ECE', unit: 'none', of: eceOf },
  ]

const SPLITS: readonly { id: 'id' | 'shifted'; title: string }[] = [
  { id: 'id', title: 'known' },
  { id: 'shifted', title: 'shifted' },
]

/** The report: members, their mean, and the larger target on the same questions. */
export function reportTargetEnsemble(
  rows: Row<EnsembleDetail>[],
  { seed, params }: Pick<ReportContext<EnsembleParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const reported = reportedRows(rows)
  // Averaging needs every member on every question.
  const all = reported.filter((row) => averaged(row) !== null)
  const voices = voicesOf(all)
  const pseudo = all.some((row) => row.detail.pseudo)
  const suffix = `${pseudo ? ':pseudo' : ''}${all.some((row) => row.detail.votes) ? ':votes' : ''}`
  const text = (
    id: string,
    title: string,
    direction: Metric['direction'],
    unit: Metric['unit'] = 'none',
  ): MetricText => ({
    id: `${id}${suffix}`,
    title,
    direction,
    unit,
  })
  const ensemble = voices.find(({ name }) => name === 'ensemble')
  const larger = voices.find(({ name }) => name === 'larger')
  const headline = headlineOf(all, ensemble, larger, text, seed)
  const accuracy = ensemble && errorOf(judgedBy(all, ensemble, 'id'))
  return {
    headline: withReading(
      headline,
      larger
        ? 'How much better the ensemble finds the right answers of shifted questions than one larger target; below 0 the larger target is better.'
        : 'How much the ensemble gains on shifted questions over its mean member; without a larger target nothing tells whether it is worth its price.',
    ),
    metrics: [
      ...SPLITS.flatMap((split) => gainMetrics(all, voices, split, text, seed)),
      ...diversityMetrics(all, text, seed),
      ...largerMetrics(all, ensemble, larger, text, seed),
      ...robustnessMetrics(all, voices, text),
    ],
    curves: all.length === 0 ? [] : curvesOf(all, voices),
    tables: [voiceTable(all, voices), ...improvementTable(all)],
    caveats: [
      ...lostItems(rows, null),
      ...degenerateLevel(accuracy === null || accuracy === undefined ? null : 1 - accuracy),
      ...fewClusters(all),
      ...ownCaveats(all, reported, larger !== undefined, pseudo, params),
    ],
    worst: worstItems(
      all,
      (row) => {
        const own = averaged(row)
        return own === null || (row.detail.label !== null && creditOf({ shares: own, label: row.detail.label }) > 0)
          ? null
          : confidenceOf(own)
      },
      ({ detail }) =>
        detail.label === null
          ? 'Its members agree on an answer that nobody can know.'
          : `Its members agree, and are wrong: right is “${detail.choices[detail.label]}”.`,
    ),
  }
}

type Text = (id: string, title: string, direction: Metric['direction'], unit?: Metric['unit']) => MetricText

/** Mean of the members' metric less that of their mean distribution. */
function gainOf(
  rows: readonly EnsembleRow[],
  voices: readonly Voice[],
  split: Split,
  of: (some: Judged[]) => number | null,
): number | null {
  const own = voices.filter(({ kind }) => kind === 'member').map((voice) => of(judgedBy(rows, voice, split)))
  const together = voices.find(({ name }) => name === 'ensemble')
  const value = together ? of(judgedBy(rows, together, split)) : null
  return value === null || own.includes(null) ? null : (mean(own as number[]) as number) - value
}

function headlineOf(
  all: EnsembleRow[],
  ensemble: Voice | undefined,
  larger: Voice | undefined,
  text: Text,
  seed: number,
): Metric {
  const shifted = all.filter((row) => row.detail.split === 'shifted')
  const reason: NullReason = 'no_items'
  if (!ensemble || !larger || shifted.length === 0) {
    const named = text(
      'shiftedNllGain',
      'NLL of the mean member minus that of the ensemble, shifted questions',
      'higher',
      'nats',
    )
    if (!ensemble || shifted.length === 0) return missingMetric(named, reason)
    return statisticMetric(named, shifted, (some) => gainOf(some, voicesOf(some), 'shifted', nllOf), seed)
  }
  const both = shifted.filter((row) => row.detail.larger !== null)
  return statisticMetric(
    text(
      'shiftedNllOverLarger',
      'NLL of the larger target minus that of the ensemble, shifted questions',
      'higher',
      'nats',
    ),
    both,
    (some) => {
      const [own, other] = [nllOf(judgedBy(some, ensemble, 'shifted')), nllOf(judgedBy(some, larger, 'shifted'))]
      return own === null || other === null ? null : other - own
    },
    seed,
  )
}

const gainMetrics = (
  all: EnsembleRow[],
  voices: Voice[],
  split: (typeof SPLITS)[number],
  text: Text,
  seed: number,
): Metric[] => {
  const some = all.filter((row) => row.detail.split === split.id)
  const gaps = remembered((row: EnsembleRow) => jensenGaps(distributions(row), row.detail.label as number))
  return [
    ...MEASURES.map(({ id, title, unit, of }) =>
      statisticMetric(
        text(
          `gain.${id}.${split.id}`,
          `${title} of the mean member minus that of the ensemble, ${split.title} questions`,
          'higher',
          unit,
        ),
        some,
        (rows) => gainOf(rows, voices, split.id, of),
        seed,
      ),
    ),
    meanMetric(
      text(
        `jensenBrier.${split.id}`,
        `Brier gap, equal to the variance of the members, ${split.title} questions`,
        'neutral',
      ),
      some.filter((row) => row.detail.label !== null),
      (row) => gaps(row)?.brier ?? 0,
      seed,
    ),
  ]
}

const diversityOf = remembered((row: EnsembleRow) => ensembleDiversity(distributions(row)))

const diversityMetrics = (all: EnsembleRow[], text: Text, seed: number): Metric[] =>
  (
    [
      ['disagreement', 'Pairs of members that choose differently', 'share'],
      ['variance', 'Variance of the members’ probabilities', 'none'],
      ['mutualInformation', 'Mutual information of answer and member', 'nats'],
    ] as const
  ).map(([name, title, unit]) =>
    meanMetric(
      text(name, title, 'neutral', unit),
      all.filter((row) => diversityOf(row)?.[name] != null),
      (row) => diversityOf(row)?.[name] as number,
      seed,
    ),
  )

/** Ensemble less larger target where both answered, and whether diversity foretells a gain that the larger one has too. */
function largerMetrics(
  all: EnsembleRow[],
  ensemble: Voice | undefined,
  larger: Voice | undefined,
  text: Text,
  seed: number,
): Metric[] {
  const correlation = (id: 'id' | 'shifted', title: string) =>
    text(
      `diversityCorrelation.${id}`,
      `Correlation of the ensemble’s and the larger target’s improvement over bins of diversity, ${title}`,
      'neutral',
    )
  if (!ensemble || !larger)
    return [
      missingMetric(
        {
          ...text('foreignAucOverLarger', 'ROC AUC against foreign questions, ensemble minus larger target', 'higher'),
          note: 'Needs a target as role `larger`.',
        },
        'not_asked',
        all.length,
      ),
      ...SPLITS.map(({ id, title }) => missingMetric(correlation(id, title), 'not_asked', all.length)),
    ]
  const both = all.filter((row) => row.detail.larger !== null)
  return [
    statisticMetric(
      text('foreignAucOverLarger', 'ROC AUC against foreign questions, ensemble minus larger target', 'higher'),
      both,
      (some) => {
        const [own, other] = [foreignAuc(some, ensemble), foreignAuc(some, larger)]
        return own === null || other === null ? null : own - other
      },
      seed,
      'single_class',
    ),
    ...(['id', 'shifted'] as const).map((split) =>
      statisticMetric(
        text(
          `accuracyOverLarger.${split}`,
          `Accuracy, ensemble minus larger target, ${split === 'id' ? 'known' : 'shifted'} questions`,
          'neutral',
          'none',
        ),
        both.filter((row) => row.detail.split === split),
        (some) => {
          const [own, other] = [errorOf(judgedBy(some, ensemble, split)), errorOf(judgedBy(some, larger, split))]
          return own === null || other === null ? null : other - own
        },
        seed,
      ),
    ),
    ...SPLITS.map(({ id, title }) =>
      statisticMetric(
        correlation(id, title),
        both.filter((row) => row.detail.split === id),
        (some) => improvementsOf(some)?.correlation ?? null,
        seed,
        'too_few',
      ),
    ),
  ]
}

/** Improvement over the mean member by the ensemble and by the larger target, over bins of diversity. */
function improvementsOf(rows: readonly EnsembleRow[]) {
  const some = rows.filter(
    (row) => row.detail.larger !== null && row.detail.label !== null && diversityOf(row) !== null,
  )
  if (some.length === 0) return null
  const brier = (shares: readonly number[], label: number) => multiclassBrier([shares], [label]) as number
  const label = (row: EnsembleRow) => row.detail.label as number
  const member = (row: EnsembleRow) => mean(distributions(row).map((shares) => brier(shares, label(row)))) as number
  return diversityImprovement(
    some.map((row) => diversityOf(row)?.variance as number),
    some.map((row) => member(row) - brier(averaged(row) as number[], label(row))),
    some.map((row) => member(row) - brier(row.detail.larger as number[], label(row))),
  )
}

const accuraciesOf = (all: readonly EnsembleRow[], voice: Voice) => {
  const [known, shifted] = [errorOf(judgedBy(all, voice, 'id')), errorOf(judgedBy(all, voice, 'shifted'))]
  return known === null || shifted === null ? null : { known: 1 - known, shifted: 1 - shifted }
}

/** How far the ensemble lies above the line that single targets make. */
function robustnessMetrics(all: readonly EnsembleRow[], voices: readonly Voice[], text: Text): Metric[] {
  const singles = voices.filter(({ kind }) => kind !== 'ensemble').flatMap((voice) => accuraciesOf(all, voice) ?? [])
  const line = accuracyLine(singles)
  const ensemble = voices.find(({ name }) => name === 'ensemble')
  const own = ensemble ? accuraciesOf(all, ensemble) : null
  const named = text(
    'effectiveRobustness',
    'Logit accuracy on shifted questions above the line of single targets',
    'higher',
  )
  if (!line || !own)
    return [
      missingMetric(
        { ...named, note: 'A line needs four single targets of different accuracy.' },
        own ? 'too_few' : 'no_items',
        singles.length,
      ),
    ]
  return [
    { ...missingMetric(named, 'undefined', singles.length), reason: undefined, value: effectiveRobustness(own, line) },
  ]
}

const voiceTable = (all: readonly EnsembleRow[], voices: readonly Voice[]): Table => ({
  id: 'voices',
  title: 'Members, ensemble and larger target on the same questions',
  columns: [
    { title: 'Who' },
    ...SPLITS.flatMap((split) =>
      MEASURES.map(({ title, unit }) => ({ title: `${title}, ${split.title}`, ...(unit === 'none' ? {} : { unit }) })),
    ),
    { title: 'Foreign: ROC AUC' },
    { title: 'Questions asked an item', unit: 'count' as const },
  ],
  rows: voices.map((voice) => [
    voice.title,
    ...SPLITS.flatMap(({ id }) =>
      MEASURES.map(({ of }) => (judgedBy(all, voice, id).length === 0 ? null : of(judgedBy(all, voice, id)))),
    ),
    foreignAuc(all, voice),
    voice.kind === 'ensemble' ? (all[0]?.detail.members.length ?? 0) : 1,
  ]),
  note: 'The mean of log-probabilities is another ensemble than the mean of probabilities; the headline stands on the latter.',
})

function improvementTable(all: readonly EnsembleRow[]): Table[] {
  if (!all.some((row) => row.detail.larger !== null)) return []
  return [
    {
      id: 'improvement',
      title: 'Improvement over the mean member by diversity (Brier score)',
      columns: [
        { title: 'Questions' },
        { title: 'Diversity (variance)' },
        { title: 'By the ensemble' },
        { title: 'By the larger target' },
        { title: 'Items', unit: 'count' },
      ],
      rows: SPLITS.flatMap(({ id, title }) =>
        (improvementsOf(all.filter((row) => row.detail.split === id))?.bins ?? []).map((bin) => [
          title,
          bin.diversity,
          bin.ensembleImprovement,
          bin.largerImprovement,
          bin.count,
        ]),
      ),
    },
  ]
}

function curvesOf(all: readonly EnsembleRow[], voices: readonly Voice[]): Curve[] {
  const bins = improvementsOf(all)?.bins ?? []
  const points = (kinds: readonly Voice['kind'][]): [number, number][] =>
    voices
      .filter(({ kind }) => kinds.includes(kind))
      .flatMap((voice): [number, number][] => {
        const found = accuraciesOf(all, voice)
        return found ? [[found.known, found.shifted]] : []
      })
  const singles = voices.filter(({ kind }) => kind !== 'ensemble').flatMap((voice) => accuraciesOf(all, voice) ?? [])
  const line = accuracyLine(singles)
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
  const fitted: [number, number][] = line
    ? Array.from({ length: 19 }, (_, step): [number, number] => {
        const share = 0.05 * (step + 1)
        return [share, sigmoid(line.intercept + line.slope * Math.log(share / (1 - share)))]
      })
    : []
  return [
    ...(bins.length === 0
      ? []
      : [
          {
            id: 'diversity',
            title: 'Improvement over the mean member by diversity',
            x: { title: 'Variance of the members’ probabilities' },
            y: { title: 'Improvement of the Brier score' },
            kind: 'scatter' as const,
            series: [
              {
                name: 'ensemble',
                points: bins.map((bin): [number, number] => [bin.diversity, bin.ensembleImprovement]),
              },
              {
                name: 'larger target',
                points: bins.map((bin): [number, number] => [bin.diversity, bin.largerImprovement]),
              },
            ],
            reference: 0,
          },
        ]),
    {
      id: 'accuracies',
      title: 'Accuracy on known and on shifted questions',
      x: { title: 'Accuracy, known', domain: [0, 1] },
      y: { title: 'Accuracy, shifted', domain: [0, 1] },
      kind: 'scatter',
      series: [
        { name: 'single targets', points: points(['member', 'larger']) },
        { name: 'ensembles', points: points(['ensemble']) },
        ...(fitted.length > 0 ? [{ name: 'line of single targets', points: fitted }] : []),
      ],
      reference: 'diagonal',
    },
  ]
}

function ownCaveats(
  all: readonly EnsembleRow[],
  reported: readonly EnsembleRow[],
  hasLarger: boolean,
  pseudo: boolean,
  params: EnsembleParams,
): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  if (pseudo)
    list.push({
      code: 'pseudo_ensemble',
      message: `No other target is bound: its members are ${params.pseudo} wordings of one target, which share all its errors. Bind targets as member2 to member5.`,
    })
  if (all.length > 0 && !hasLarger)
    list.push({
      code: 'no_larger',
      message: 'Without a target as role `larger` nothing tells whether one stronger target would do as well.',
    })
  if (all.some((row) => row.detail.votes))
    list.push({
      code: 'votes',
      message: 'Not all members show log-probabilities: each member’s one choice stands for its probabilities.',
    })
  if (all.length < reported.length)
    list.push({
      code: 'incomplete_items',
      message: `${reported.length - all.length} items without an answer of every member are left out.`,
    })
  return list
}
