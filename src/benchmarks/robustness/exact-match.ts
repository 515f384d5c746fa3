import { z } from 'zod'
import type { BenchmarkReport } from '../../../schema/report.ts'
import { exactMatch as equals } from '../../methods/text/answer-match.ts'
import { arithmeticQuestions } from '../../worlds/arithmetic.ts'
import { ask, mode, textOf } from '../asking.ts'
import { judgeAnswer } from '../correctness.ts'
import { defineBenchmark, type ReportContext, type Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { shareMetric, withReading } from '../report/metrics.ts'
import { clipped, reportedRows, worstItems } from '../report/rows.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    match: z.enum(['contains', 'exact', 'number']).default('contains').meta({
      description:
        'contains: a gold answer occurs as whole words. exact: equal after normalisation. number: the last number is equal',
    }),
    instruction: z.string().default('').meta({ description: 'Said before each prompt' }),
    maxTokens: z.number().int().min(1).max(4096).default(32),
    stop: z.array(z.string()).max(4).default([]),
  })
  .strict()
export type ExactMatchParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  prompt: z.string().min(1),
  answers: z.array(z.string()).min(1),
})
const row = z.object({ question: z.string(), gold: z.string(), answer: z.string(), cut: z.boolean() })
export type ExactMatchDetail = z.infer<typeof row>

export const exactMatch = defineBenchmark({
  id: 'exact-match',
  family: 'robustness',
  version: 1,
  title: 'Plain accuracy on questions with known answers',
  question: 'How often is the answer right?',
  formula:
    'accuracy = right answers / answered items. Right: the normalised gold answer occurs as whole words, is equal, or is the last number.',
  source: {
    title: 'SQuAD: 100,000+ Questions for Machine Comprehension of Text',
    card: 'text match of the shared conventions',
  },
  needs: ['text'],
  params,
  item,
  row,
  sizes: { smoke: 12, demo: 60, full: 1000 },
  callsPerItem: () => ({ typical: 1, most: 1 }),
  builtin: (random, size) =>
    arithmeticQuestions(random, { size, digits: [2, 3] }).map(({ id, cluster, question, answers }) => ({
      id,
      cluster,
      prompt: question,
      answers,
    })),
  async evaluate({ item, target, params }) {
    const { maxTokens, stop, instruction, match } = params
    const samples = await ask(
      target,
      params.mode,
      instruction === '' ? item.prompt : `${instruction}\n${item.prompt}`,
      { maxTokens, stop },
    )
    const answer = textOf(samples)
    const right =
      match === 'exact'
        ? equals(answer, item.answers) === 1
        : judgeAnswer(answer, { answers: item.answers, kind: match === 'number' ? 'number' : 'text' }).correct
    return {
      status: 'scored',
      score: Number(right),
      detail: {
        question: clipped(item.prompt, 200),
        gold: clipped(item.answers[0] ?? '', 100),
        answer: clipped(answer, 200),
        cut: samples[0]?.finishReason === 'length',
      },
    }
  },
  report: reportExactMatch,
})

/** Accuracy with its interval, and how many answers ran into the token limit. */
export function reportExactMatch(
  rows: Row<ExactMatchDetail>[],
  { seed }: Pick<ReportContext<ExactMatchParams>, 'seed'>,
): BenchmarkReport {
  const items = reportedRows(rows)
  const accuracy = shareMetric(
    { id: 'accuracy', title: 'Accuracy', direction: 'higher' },
    items,
    (one) => one.score === 1,
    seed,
  )
  return {
    headline: withReading(accuracy, 'Share of questions answered right.'),
    metrics: [
      shareMetric(
        { id: 'cutShare', title: 'Answers cut at the token limit', direction: 'lower' },
        items,
        (one) => one.detail.cut,
        seed,
      ),
    ],
    curves: [],
    tables: [],
    caveats: [...lostItems(rows, accuracy), ...degenerateLevel(accuracy.value), ...fewClusters(items)],
    worst: worstItems(
      items,
      (one) => (one.score === 1 ? null : 1),
      ({ detail }) => `Said “${detail.answer}”, right is “${detail.gold}”.`,
    ),
  }
}
