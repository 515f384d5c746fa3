import type { Importer } from '../define.ts'
import { distinctTexts, optionalText, textField, textsField } from '../importing.ts'
import type { SelfEvaluationItem } from './self-evaluation.ts'

const withBest = (best: string | null, answers: readonly string[]): string[] => distinctTexts([best, ...answers])

const truthfulQa: Importer<SelfEvaluationItem> = {
  format: 'jsonl',
  title: 'TruthfulQA generation, one record a line',
  required: ['question', 'correct_answers', 'incorrect_answers'],
  toItem: (record, index) => ({
    id: `truthfulqa/${index}`,
    question: textField(record, 'question'),
    answers: withBest(optionalText(record, 'best_answer'), textsField(record, 'correct_answers')),
    wrongAnswers: textsField(record, 'incorrect_answers'),
    kind: 'text',
    stratum: optionalText(record, 'category') ?? undefined,
  }),
}

/** TruthfulQA's own table keeps several answers in one cell. */
const parted = (record: Record<string, unknown>, name: string): string[] => {
  const texts = distinctTexts(textField(record, name).split(';'))
  if (texts.length === 0) throw new TypeError(`field ${name} holds no text`)
  return texts
}

const truthfulQaCsv: Importer<SelfEvaluationItem> = {
  format: 'csv',
  title: 'TruthfulQA.csv',
  required: ['Question', 'Best Answer', 'Correct Answers', 'Incorrect Answers'],
  toItem: (record, index) => ({
    id: `truthfulqa/${index}`,
    question: textField(record, 'Question'),
    answers: withBest(optionalText(record, 'Best Answer'), parted(record, 'Correct Answers')),
    wrongAnswers: parted(record, 'Incorrect Answers'),
    kind: 'text',
    stratum: optionalText(record, 'Category') ?? undefined,
  }),
}

const tldr: Importer<SelfEvaluationItem> = {
  format: 'jsonl',
  title: 'Posts with a summary each (TL;DR); needs a judge',
  required: ['post', 'summary'],
  toItem: (record, index) => ({
    id: `tldr/${optionalText(record, 'id') ?? index}`,
    question: `Summarise this post in one or two sentences:\n${textField(record, 'post')}`,
    answers: [],
    reference: textField(record, 'summary'),
    kind: 'text',
    stratum: optionalText(record, 'subreddit') ?? undefined,
  }),
}

/** TruthfulQA (both of its forms) and posts with summaries as items. */
export const selfEvaluationImporters: Record<string, Importer<SelfEvaluationItem>> = {
  'truthfulqa-jsonl': truthfulQa,
  'truthfulqa-csv': truthfulQaCsv,
  'tldr-jsonl': tldr,
}
