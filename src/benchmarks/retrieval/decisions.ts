import { type EstimatorName, estimators } from '../../methods/estimators/catalogue.ts'
import { rocAuc } from '../../methods/statistics/binary-classification.ts'
import { spearman } from '../../methods/statistics/correlation.ts'
import type { Reported } from '../report/rows.ts'
import type { RetrievalDetail, RetrievalParams } from './adaptive-retrieval.ts'

export type RetrievalRow = Reported<RetrievalDetail>

/** What a way of deciding did on one item. */
export interface Decided {
  cluster: string
  row: RetrievalRow
  retrieves: boolean
  /** Null where the way has no scalar score. */
  uncertainty: number | null
}

/** A way of deciding whether to retrieve, with the calls to the model that it costs before the decision. */
export interface Way {
  id: string
  decide: (row: RetrievalRow) => { retrieves: boolean; uncertainty: number | null }
  /** Model calls per item beside the answer with passages. */
  calls: number
}

export const isWrong = (row: RetrievalRow): boolean => !row.detail.closed.correct

export const never: Way = { id: 'never', decide: () => ({ retrieves: false, uncertainty: null }), calls: 1 }
/** Always retrieving needs no closed-book answer. */
export const always: Way = { id: 'always', decide: () => ({ retrieves: true, uncertainty: null }), calls: 0 }
export const oracle: Way = {
  id: 'oracle',
  decide: (row) => ({ retrieves: isWrong(row) && row.detail.open.correct, uncertainty: null }),
  calls: 1,
}

/** Calls that an estimator's evidence takes: the closed-book answer, the samples, the verdict on the answer. */
export function callsOf(name: string, given: RetrievalParams): number {
  const needs: readonly string[] = estimators[name as EstimatorName]?.needs ?? []
  const sampled = needs.some((need) => need === 'samples' || need === 'sampleLogprobs' || need === 'nli')
  return 1 + (sampled ? given.samples : 0) + (needs.includes('trueLogprob') ? 1 : 0)
}

/** The uncertainty of an item; where the estimator has none (an empty answer), more than any that it gave. */
export function filledUncertainties(rows: readonly RetrievalRow[], name: string): (row: RetrievalRow) => number {
  const most = Math.max(...rows.flatMap((row) => row.detail.uncertainties[name] ?? []))
  return (row) => row.detail.uncertainties[name] ?? most + 1
}

export const decidedBy = (way: Way, rows: readonly RetrievalRow[]): Decided[] =>
  rows.map((row) => ({ cluster: row.cluster, row, ...way.decide(row) }))

const meanOf = (list: readonly Decided[], of: (one: Decided) => number): number | null =>
  list.length === 0 ? null : list.reduce((sum, one) => sum + of(one), 0) / list.length
const armOf = ({ row, retrieves }: Decided) => (retrieves ? row.detail.open : row.detail.closed)

/** The ten figures of a way of deciding, in table order. Decision accuracy + over- + under-confidence = 1. */
export const figures = [
  {
    id: 'exactMatch',
    title: 'Exact match',
    unit: 'share',
    better: 'higher',
    of: (list: readonly Decided[]) => meanOf(list, (one) => armOf(one).exactMatch),
  },
  {
    id: 'f1',
    title: 'F1',
    unit: 'share',
    better: 'higher',
    of: (list: readonly Decided[]) => meanOf(list, (one) => armOf(one).f1),
  },
  {
    id: 'inAcc',
    title: 'InAcc',
    unit: 'share',
    better: 'higher',
    of: (list: readonly Decided[]) => meanOf(list, (one) => Number(armOf(one).correct)),
  },
  {
    id: 'rocAuc',
    title: 'ROC AUC for closed-book wrong',
    unit: 'share',
    better: 'higher',
    of: (list: readonly Decided[]) =>
      list.some((one) => one.uncertainty === null)
        ? null
        : rocAuc(
            list.map((one) => one.uncertainty as number),
            list.map((one) => isWrong(one.row)),
          ),
  },
  {
    id: 'spearman',
    title: 'Spearman with closed-book quality',
    unit: 'ratio',
    better: 'higher',
    of: (list: readonly Decided[]) =>
      list.some((one) => one.uncertainty === null)
        ? null
        : spearman(
            list.map((one) => -(one.uncertainty as number)),
            list.map((one) => one.row.detail.closed.f1),
          ),
  },
  {
    id: 'decisionAccuracy',
    title: 'Right decisions',
    unit: 'share',
    better: 'higher',
    of: (list: readonly Decided[]) => meanOf(list, (one) => Number(one.retrieves === isWrong(one.row))),
  },
  {
    id: 'overConfidence',
    title: 'Over-confident',
    unit: 'share',
    better: 'lower',
    of: (list: readonly Decided[]) => meanOf(list, (one) => Number(!one.retrieves && isWrong(one.row))),
  },
  {
    id: 'underConfidence',
    title: 'Under-confident',
    unit: 'share',
    better: 'lower',
    of: (list: readonly Decided[]) => meanOf(list, (one) => Number(one.retrieves && !isWrong(one.row))),
  },
] as const

/** Right answers of a way of deciding. */
export const inAccOf = (list: readonly Decided[]): number | null => meanOf(list, (one) => Number(armOf(one).correct))
/** Retrieval calls per item. */
export const retrievalRate = (list: readonly Decided[]): number | null => meanOf(list, (one) => Number(one.retrieves))
/** Model calls per item: those before the decision and the answer with passages. */
export const modelCalls =
  (way: Way) =>
  (list: readonly Decided[]): number | null => {
    const rate = retrievalRate(list)
    return rate === null ? null : way.calls + rate
  }

/**
 * A figure of retrieving at random in this share of the items, exactly: each figure of decisions is a mean over items, so that
 * it lies between never and always. Null where the figure needs an uncertainty, which chance has none of.
 */
export function byChance(
  list: readonly Decided[],
  rate: number,
  of: (list: readonly Decided[]) => number | null,
): number | null {
  const rows = list.map((one) => one.row)
  const [none, all] = [never, always].map((way) => of(decidedBy(way, rows)))
  return none == null || all == null ? null : none + rate * (all - none)
}

/** Smallest gap between never and oracle that a share of it may be told of. */
export const LEAST_GAP = 0.05

/**
 * Share of the gap from never to the oracle that decisions close, minus what as many retrievals at random would close.
 * Always retrieving scores 0. Null where the gap is below 0.05.
 */
export function gapClosed(list: readonly Decided[]): number | null {
  const rows = list.map((one) => one.row)
  const [own, rate] = [inAccOf(list), retrievalRate(list)]
  const [none, all, best] = [never, always, oracle].map((way) => inAccOf(decidedBy(way, rows)))
  if (own == null || rate == null || none == null || all == null || best == null) return null
  return best - none < LEAST_GAP ? null : (own - none - rate * (all - none)) / (best - none)
}
