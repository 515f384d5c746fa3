import type { Importer } from '../define.ts'
import { isFields, numberField, optionalText, textField, textsField, triviaQa } from '../importing.ts'
import type { IdkItem } from './idk-token.ts'

/** Popularity (monthly page views of the subject) from which a question counts as torso and as head. */
const TORSO = 1_000
const HEAD = 10_000

const popqa: Importer<IdkItem> = {
  format: 'tsv',
  title: 'PopQA, test.tsv',
  required: ['question', 'possible_answers', 's_pop'],
  toItem: (record, index) => {
    const popularity = numberField(record, 's_pop')
    const subject = optionalText(record, 's_uri') ?? optionalText(record, 'subj')
    return {
      id: `popqa/${optionalText(record, 'id') ?? index}`,
      cluster: subject === null ? undefined : `popqa/${subject}`,
      prompt: textField(record, 'question'),
      answers: textsField(record, 'possible_answers'),
      stratum: popularity >= HEAD ? 'head' : popularity >= TORSO ? 'torso' : 'tail',
      unanswerable: false,
    }
  },
}

const triviaqa: Importer<IdkItem> = {
  format: 'jsonl',
  title: 'TriviaQA rc.nocontext, one record a line',
  required: ['question', 'answer'],
  toItem: (record, index) => {
    const { id, question, answers } = triviaQa(record)
    return { id: `triviaqa/${id ?? index}`, prompt: question, answers, unanswerable: false }
  },
}

const MASK = '[MASK]'

/** The sentence with its mask: `masked_sentence`, the first of `masked_sentences`, or that of the first evidence. */
function maskedSentence(record: Record<string, unknown>): string {
  const { masked_sentences: several, evidences } = record
  const evidence = Array.isArray(evidences) ? evidences.find(isFields) : undefined
  const first = Array.isArray(several) ? several[0] : undefined
  const found = record.masked_sentence ?? first ?? evidence?.masked_sentence
  if (typeof found !== 'string' || !found.includes(MASK))
    throw new TypeError(`field masked_sentence is missing or has no ${MASK}`)
  return found.trim()
}

const lama: Importer<IdkItem> = {
  format: 'jsonl',
  title: 'LAMA T-REx, one record a line',
  required: ['obj_label'],
  toItem: (record, index) => {
    const sentence = maskedSentence(record)
    const opening = sentence.slice(0, sentence.indexOf(MASK)).trimEnd()
    const atEnd = /^\W*$/.test(sentence.slice(sentence.indexOf(MASK) + MASK.length)) && opening !== ''
    const subject = optionalText(record, 'sub_uri') ?? optionalText(record, 'sub_label')
    return {
      id: `lama/${optionalText(record, 'uuid') ?? index}`,
      cluster: subject === null ? undefined : `lama/${subject}`,
      // A mask at the end makes an opening to complete; elsewhere the sentence has to be asked about.
      prompt: atEnd ? opening : `What stands in place of ${MASK}? ${sentence}`,
      answers: [textField(record, 'obj_label')],
      stratum: optionalText(record, 'predicate_id') ?? undefined,
      unanswerable: false,
    }
  },
}

/** PopQA, TriviaQA and LAMA's T-REx as items. */
export const idkImporters: Record<string, Importer<IdkItem>> = {
  'popqa-tsv': popqa,
  'triviaqa-jsonl': triviaqa,
  'lama-trex-jsonl': lama,
}
