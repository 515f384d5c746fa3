import type { Curve, Table } from '../../../schema/report.ts'
import { accuracyLine } from '../../methods/uncertainty/target-ensemble.ts'
import {
  accuraciesOf,
  type EnsembleRow,
  foreignAuc,
  improvementsOf,
  judgedBy,
  MEASURES,
  SPLITS,
  type Voice,
} from './target-ensemble.voices.ts'

/** Every voice by every measure on the same questions, and what it asks. */
export const voiceTable = (all: readonly EnsembleRow[], voices: readonly Voice[]): Table => ({
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

/** Improvement over the mean member by bins of diversity; none without a larger target. */
export function improvementTable(all: readonly EnsembleRow[]): Table[] {
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

/** Improvement by diversity, and accuracy on shifted against known questions. */
export function curvesOf(all: readonly EnsembleRow[], voices: readonly Voice[]): Curve[] {
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
