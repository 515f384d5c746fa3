import type { Metric, NullReason } from '../../../schema/report.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { accuracyLine, effectiveRobustness, jensenGaps } from '../../methods/uncertainty/target-ensemble.ts'
import { meanMetric, missingMetric, statisticMetric } from '../report/metrics.ts'
import { remembered } from '../report/rows.ts'
import type { TextOf } from '../report/texts.ts'
import { errorOf, type Judged, nllOf } from './choice-measures.ts'
import {
  accuraciesOf,
  distributions,
  diversityOf,
  type EnsembleRow,
  foreignAuc,
  improvementsOf,
  judgedBy,
  MEASURES,
  SPLITS,
  type Split,
  type Voice,
  voicesOf,
} from './target-ensemble.voices.ts'

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

/** NLL on shifted questions against the larger target, or against the mean member where there is none. */
export function headlineOf(
  all: EnsembleRow[],
  ensemble: Voice | undefined,
  larger: Voice | undefined,
  text: TextOf,
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

/** What averaging gains over the mean member on one split, by every measure. */
export const gainMetrics = (
  all: EnsembleRow[],
  voices: Voice[],
  split: (typeof SPLITS)[number],
  text: TextOf,
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

/** How far the members differ, by three measures. */
export const diversityMetrics = (all: EnsembleRow[], text: TextOf, seed: number): Metric[] =>
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
export function largerMetrics(
  all: EnsembleRow[],
  ensemble: Voice | undefined,
  larger: Voice | undefined,
  text: TextOf,
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

/** How far the ensemble lies above the line that single targets make. */
export function robustnessMetrics(all: readonly EnsembleRow[], voices: readonly Voice[], text: TextOf): Metric[] {
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
