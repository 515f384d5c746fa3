import type { Importer } from '../define.ts'
import { distinctTexts, isFields, optionalText, textField, textsField, triviaQa } from '../importing.ts'
import type { IterativeItem } from './iterative-prompting.ts'

const triviaqa: Importer<IterativeItem> = {
  format: 'jsonl',
  title: 'TriviaQA rc.nocontext, one record a line (one right answer)',
  required: ['question', 'answer'],
  toItem: (record, index) => {
    const { id, question, answers } = triviaQa(record)
    return { id: `triviaqa/${id ?? index}`, question, answers, kind: 'single', unanswerable: false }
  },
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])

/**
 * Answers of one annotation: those of its single reading, or of each of its readings. The lists come nested one deeper
 * where a table held them.
 */
function readingsOf(annotation: Record<string, unknown>): string[][] {
  const pairs = asList(annotation.qaPairs).filter(isFields)
  const readings = pairs.flatMap(({ answer }) => {
    const list = asList(answer)
    return list.some(Array.isArray) ? list.map((one) => distinctTexts(asList(one))) : [distinctTexts(list)]
  })
  const single = distinctTexts(asList(annotation.answer).flat())
  return [...readings, single].filter((answers) => answers.length > 0)
}

const ambigqa: Importer<IterativeItem> = {
  format: 'json',
  title: 'AmbigQA (light), a JSON list of records',
  required: ['question', 'annotations'],
  toItem: (record, index) => {
    const annotations = asList(record.annotations).filter(isFields)
    const readings = annotations.map(readingsOf)
    const answers = distinctTexts(readings.flat(2))
    if (answers.length === 0) throw new TypeError('field annotations holds no answer')
    return {
      id: `ambigqa/${optionalText(record, 'id') ?? index}`,
      question: textField(record, 'question'),
      answers,
      // Several readings of one annotator: several right answers.
      kind: readings.some((some) => some.length > 1) ? 'multi' : 'single',
      unanswerable: false,
    }
  },
}

const hyponyms: Importer<IterativeItem> = {
  format: 'jsonl',
  title: 'Words with their kinds (WordNet hyponyms), one record a line',
  required: ['word', 'hyponyms'],
  toItem: (record, index) => {
    const word = textField(record, 'word').replaceAll('_', ' ')
    return {
      id: `hyponyms/${optionalText(record, 'synset') ?? index}`,
      cluster: `hyponyms/${word}`,
      question: `Name a kind of ${word}.`,
      answers: textsField(record, 'hyponyms').map((one) => one.replaceAll('_', ' ')),
      kind: 'multi',
      unanswerable: false,
    }
  },
}

/** TriviaQA, AmbigQA and lists of hyponyms as items. */
export const iterativeImporters: Record<string, Importer<IterativeItem>> = {
  'triviaqa-jsonl': triviaqa,
  'ambigqa-json': ambigqa,
  'hyponyms-jsonl': hyponyms,
}
