import type { Metric } from '../../../schema/report.ts'
import { multiclassBrier } from '../../methods/statistics/proper-scores.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { outOfDistributionDetection } from '../../methods/uncertainty/joint-reliability.ts'
import {
  diversityImprovement,
  ensembleDiversity,
  geometricMeanDistribution,
  meanDistribution,
} from '../../methods/uncertainty/target-ensemble.ts'
import { type Reported, remembered } from '../report/rows.ts'
import { brierOf, confidenceOf, eceOf, errorOf, type Judged, nllOf } from './choice-measures.ts'
import type { EnsembleDetail } from './target-ensemble.ts'

export type EnsembleRow = Reported<EnsembleDetail>
export type Split = EnsembleDetail['split']

/** A distribution that is compared: a member, a combination of them, or the larger target. */
export interface Voice {
  name: string
  title: string
  kind: 'member' | 'ensemble' | 'larger'
  shares: (row: EnsembleRow) => readonly number[] | null
}

/** Each member’s probabilities over the choices; empty for a member without any. */
export const distributions = (row: EnsembleRow): number[][] => row.detail.members.map(({ shares }) => shares ?? [])

/** Mean of the members’ probabilities; null where a member has none. */
export const averaged = remembered((row: EnsembleRow): number[] | null => {
  const average = meanDistribution(distributions(row))
  return average && Array.from(average)
})
const geometric = remembered((row: EnsembleRow): number[] | null => {
  const average = geometricMeanDistribution(distributions(row))
  return average && Array.from(average)
})

/** Members, both ways of combining them, and the larger target where one answered. */
export function voicesOf(rows: readonly EnsembleRow[]): Voice[] {
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

/** Answers of one voice to questions of that split whose right choice is known. */
export const judgedBy = (rows: readonly EnsembleRow[], { shares }: Voice, split: Split): Judged[] =>
  rows.flatMap((row) => {
    const own = shares(row)
    const { label } = row.detail
    return row.detail.split !== split || label === null || own === null
      ? []
      : [{ cluster: row.cluster, shares: own, label }]
  })

/** ROC AUC of confidence, known against foreign questions. */
export function foreignAuc(rows: readonly EnsembleRow[], { shares }: Voice): number | null {
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

/** What is measured of every voice on known and on shifted questions: lower is better. */
export const MEASURES: readonly {
  id: string
  title: string
  unit: Metric['unit']
  of: (some: Judged[]) => number | null
}[] = [
  { id: 'nll', title: 'NLL', unit: 'nats', of: nllOf },
  { id: 'brier', title: 'Brier', unit: 'none', of: brierOf },
  { id: 'error', title: 'Error', unit: 'share', of: errorOf },
  { id: 'ece', title: 'ECE', unit: 'none', of: eceOf },
]

/** Questions with a right choice, as they come and shifted. */
export const SPLITS: readonly { id: 'id' | 'shifted'; title: string }[] = [
  { id: 'id', title: 'known' },
  { id: 'shifted', title: 'shifted' },
]

/** How far the members of a row differ; null where a member has no probabilities. */
export const diversityOf = remembered((row: EnsembleRow) => ensembleDiversity(distributions(row)))

/** Improvement over the mean member by the ensemble and by the larger target, over bins of diversity. */
export function improvementsOf(rows: readonly EnsembleRow[]) {
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

/** Accuracy of a voice on known and on shifted questions; null where either has no answers. */
export const accuraciesOf = (all: readonly EnsembleRow[], voice: Voice) => {
  const [known, shifted] = [errorOf(judgedBy(all, voice, 'id')), errorOf(judgedBy(all, voice, 'shifted'))]
  return known === null || shifted === null ? null : { known: 1 - known, shifted: 1 - shifted }
}
