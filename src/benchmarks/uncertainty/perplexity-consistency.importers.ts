import type { Importer } from '../define.ts'
import { optionalText, textField } from '../importing.ts'
import { gsm8kAnswer } from './estimators.importers.ts'
import { lastBoxed } from './perplexity-consistency.answers.ts'
import type { ReasoningItem } from './perplexity-consistency.ts'

const gsm8k: Importer<ReasoningItem> = {
  format: 'jsonl',
  title: 'GSM8K, one record a line',
  required: ['question', 'answer'],
  toItem: (record, index) => ({
    id: `gsm8k/${index}`,
    problem: textField(record, 'question'),
    answer: gsm8kAnswer(textField(record, 'answer')),
    equal: 'numeric',
  }),
}

const math: Importer<ReasoningItem> = {
  format: 'jsonl',
  title: 'MATH, one record a line',
  required: ['problem', 'solution'],
  toItem: (record, index) => {
    const answer = lastBoxed(textField(record, 'solution'))
    if (answer === null || answer.trim() === '') throw new TypeError('field solution has no \\boxed{answer}')
    const level = optionalText(record, 'level')
    return {
      id: `math/${optionalText(record, 'unique_id') ?? index}`,
      problem: textField(record, 'problem'),
      answer,
      equal: 'symbolic',
      ...(level === null ? {} : { stratum: level }),
    }
  },
}

const odyssey: Importer<ReasoningItem> = {
  format: 'jsonl',
  title: 'MathOdyssey and alike: problem and answer, one record a line',
  required: ['problem', 'answer'],
  toItem: (record, index) => ({
    id: `problem/${optionalText(record, 'id') ?? index}`,
    problem: textField(record, 'problem'),
    answer: textField(record, 'answer'),
    equal: 'symbolic',
  }),
}

/** GSM8K, MATH and files of problems with answers as items. */
export const reasoningImporters: Record<string, Importer<ReasoningItem>> = {
  'gsm8k-jsonl': gsm8k,
  'math-jsonl': math,
  'problem-answer-jsonl': odyssey,
}
