import type { Importer } from '../define.ts'
import { optionalText, textField, textsField, triviaQa } from '../importing.ts'
import type { DropoutItem } from './dropout-uncertainty.ts'

const plain = { kind: 'text' as const, severity: 0 }

const triviaqa: Importer<DropoutItem> = {
  format: 'jsonl',
  title: 'TriviaQA rc.nocontext, one record a line, as known questions',
  required: ['question', 'answer'],
  toItem: (record, index) => {
    const { id, question, answers } = triviaQa(record)
    return { ...plain, id: `triviaqa/${id ?? index}`, prompt: question, answers, split: 'id' }
  },
}

const questions: Importer<DropoutItem> = {
  format: 'jsonl',
  title: 'Questions with a list of answers, one record a line, as known questions',
  required: ['question', 'answers'],
  toItem: (record, index) => ({
    ...plain,
    id: `question/${optionalText(record, 'id') ?? index}`,
    prompt: textField(record, 'question'),
    answers: textsField(record, 'answers'),
    split: 'id',
  }),
}

const foreign: Importer<DropoutItem> = {
  format: 'jsonl',
  title: 'Questions that the model should not be trusted on, one record a line',
  required: ['question'],
  toItem: (record, index) => ({
    ...plain,
    id: `foreign/${optionalText(record, 'id') ?? index}`,
    prompt: textField(record, 'question'),
    answers: [],
    split: 'ood',
  }),
}

/** TriviaQA and plain question files as known questions, plain question files as foreign ones. */
export const dropoutImporters: Record<string, Importer<DropoutItem>> = {
  'triviaqa-jsonl': triviaqa,
  'questions-jsonl': questions,
  'questions-ood-jsonl': foreign,
}
