import { mean } from '../../methods/statistics/summary.ts'
import {
  type CorruptionErrors,
  type CorruptionSummary,
  corruptionErrors,
  outOfDistributionDetection,
} from '../../methods/uncertainty/joint-reliability.ts'
import { type Reported, remembered } from '../report/rows.ts'
import { confidenceOf, creditOf, errorOf, type Judged } from './choice-measures.ts'
import type { JointDetail, JointParams } from './joint-reliability.ts'

export type JointRow = Reported<JointDetail>

/** Clean answers of one target to known questions. */
export const judgedBy = (rows: readonly JointRow[], name: string): Judged[] =>
  rows.flatMap(({ cluster, detail: { label, split, answers } }) => {
    const shares = answers[name]?.clean ?? null
    return split === 'ood' || label === null || shares === null ? [] : [{ cluster, shares, label }]
  })

/** Answers to corrupted questions at one kind and severity. */
export const judgedAt = (rows: readonly JointRow[], name: string, kind: number, severity: number): Judged[] =>
  rows.flatMap(({ cluster, detail: { label, answers } }) => {
    const shares = answers[name]?.corrupted[kind]?.[severity] ?? null
    return label === null || shares === null ? [] : [{ cluster, shares, label }]
  })

/** Whether the question was also asked corrupted. */
export const isCorrupted = (row: JointRow): boolean => (row.detail.answers.target?.corrupted.length ?? 0) > 0

/** Errors of one row by target, kind and severity; null where nothing could be read. */
const errorsOfRow = remembered((row: JointRow): Record<string, (number | null)[][]> => {
  const { label, answers } = row.detail
  return Object.fromEntries(
    Object.entries(answers).map(([name, { corrupted }]) => [
      name,
      corrupted.map((list) =>
        list.map((shares) => (label === null || shares === null ? null : 1 - creditOf({ shares, label }))),
      ),
    ]),
  )
})

function meanErrorAt(rows: readonly JointRow[], name: string, kind: number, severity: number): number | null {
  let [sum, count] = [0, 0]
  for (const row of rows) {
    const error = errorsOfRow(row)[name]?.[kind]?.[severity] ?? null
    if (error === null) continue
    sum += error
    count++
  }
  return count === 0 ? null : sum / count
}

/** Error rates by kind and severity; a kind without an answer at some severity is left out. */
function errorsOf(rows: readonly JointRow[], name: string, { kinds, severities }: JointParams): CorruptionErrors {
  const found: [string, number[]][] = kinds.map((kind, at) => [
    kind,
    severities.flatMap((_, severity) => meanErrorAt(rows, name, at, severity) ?? []),
  ])
  return Object.fromEntries(found.filter(([, rates]) => rates.length === severities.length))
}

/** Corruption errors of a target against the baseline, plain and relative to the same questions uncorrupted. */
export function corruptionOf(
  rows: readonly JointRow[],
  name: string,
  params: JointParams,
): { plain: CorruptionSummary; relative: CorruptionSummary } | null {
  const some = rows.filter(isCorrupted)
  if (some.length === 0 || !some.every((row) => row.detail.answers.baseline)) return null
  const [own, base] = [errorsOf(some, name, params), errorsOf(some, 'baseline', params)]
  const clean = { target: errorOf(judgedBy(some, name)) ?? 0, baseline: errorOf(judgedBy(some, 'baseline')) ?? 0 }
  return { plain: corruptionErrors(own, base), relative: corruptionErrors(own, base, clean) }
}

/** Mean error over kinds and severities, for runs without a baseline. */
export const meanCorruptionError = (rows: readonly JointRow[], name: string, params: JointParams): number | null =>
  mean(Object.values(errorsOf(rows.filter(isCorrupted), name, params)).flat())

export interface Sure {
  cluster: string
  confidence: number
  known: boolean
  length: number
}

/** Confidence of one target in its clean answers, to known and to foreign questions. */
export const suresOf = (rows: readonly JointRow[], name: string): Sure[] =>
  rows.flatMap(({ cluster, detail }) => {
    const shares = detail.answers[name]?.clean ?? null
    return shares === null
      ? []
      : [{ cluster, confidence: confidenceOf(shares), known: detail.split === 'id', length: detail.length }]
  })

/** How well confidence tells known questions from foreign ones. */
export const detectionOf = (some: readonly Sure[]) =>
  outOfDistributionDetection(
    some.map(({ confidence }) => confidence),
    some.map(({ known }) => known),
  )
