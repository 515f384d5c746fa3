import type { Importer } from '../define.ts'
import { optionalText, textField, textsField, triviaQa } from '../importing.ts'
import type { EstimatorsItem } from './estimators.ts'

const triviaqa: Importer<EstimatorsItem> = {
  format: 'jsonl',
  title: 'TriviaQA rc.nocontext, one record a line',
  required: ['question', 'answer'],
  toItem: (record, index) => {
    const { id, question, answers } = triviaQa(record)
    return { id: `triviaqa/${id ?? index}`, question, answers, kind: 'text' }
  },
}

const popqa: Importer<EstimatorsItem> = {
  format: 'tsv',
  title: 'PopQA, test.tsv',
  required: ['question', 'possible_answers'],
  toItem: (record, index) => ({
    id: `popqa/${optionalText(record, 'id') ?? index}`,
    question: textField(record, 'question'),
    answers: textsField(record, 'possible_answers'),
    kind: 'text',
    ...(optionalText(record, 'prop') === null ? {} : { stratum: textField(record, 'prop') }),
  }),
}

/** The number after “####” of a GSM8K solution, without thousands separators. */
export function gsm8kAnswer(solution: string): string {
  const found = /####\s*\$?(-?[\d,]*\.?\d+)/.exec(solution)?.[1]
  if (found === undefined) throw new TypeError('field answer has no “#### number”')
  return found.replaceAll(',', '')
}

const gsm8k: Importer<EstimatorsItem> = {
  format: 'jsonl',
  title: 'GSM8K, one record a line',
  required: ['question', 'answer'],
  toItem: (record, index) => ({
    id: `gsm8k/${index}`,
    question: textField(record, 'question'),
    answers: [gsm8kAnswer(textField(record, 'answer'))],
    kind: 'number',
  }),
}

/** TriviaQA, PopQA and GSM8K as items. */
export const estimatorImporters: Record<string, Importer<EstimatorsItem>> = {
  'triviaqa-jsonl': triviaqa,
  'popqa-tsv': popqa,
  'gsm8k-jsonl': gsm8k,
}
