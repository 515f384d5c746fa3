import { z } from 'zod'
import { extractOption, optionLetters } from '../../methods/choice/extract-option.ts'
import { optionMass, renormalized } from '../../methods/choice/option-mass.ts'
import type { Random } from '../../methods/random.ts'
import type { Model } from '../../model/model.ts'
import { choiceQuestions } from '../../worlds/choices.ts'
import { foreignChoices } from '../../worlds/foreign-choices.ts'
import { ask, type Mode, textOf } from '../asking.ts'
import type { Importer } from '../define.ts'
import { ALTERNATIVES, firstCandidates } from '../first-token.ts'
import { isFields, optionalText, textField } from '../importing.ts'
import { lettered } from '../letters.ts'

/** Fields of a multiple-choice item; without a label there is no right option. */
export const choiceFields = {
  id: z.string(),
  cluster: z.string().optional(),
  question: z.string().min(1),
  choices: z.array(z.string().min(1)).min(2).max(10),
  label: z
    .number()
    .int()
    .min(0)
    .nullable()
    .meta({ description: 'Position of the right choice; null where there is none' }),
}

export interface ChoiceItem {
  id: string
  cluster?: string | undefined
  question: string
  choices: string[]
  label: number | null
}

/** Whether the label is one of the choices. */
export const hasLabel = ({ choices, label }: { choices: readonly string[]; label: number | null }): boolean =>
  label === null || label < choices.length

/** How the choice is put; the first is the plain way, the others ask the same in other words. */
export const WORDINGS: readonly ((question: string, options: string) => string)[] = [
  (question, options) => `${question}\n${options}\nReply with the letter of the right option only.`,
  (question, options) => `Choose the correct answer.\n\nQuestion: ${question}\n\n${options}\n\nGive only its letter.`,
  (question, options) =>
    `You are taking an exam. ${question}\n${options}\nWhich letter is correct? Write nothing else.`,
  (question, options) => `Here are the possible answers:\n${options}\nQuestion: ${question}\nAnswer with one letter.`,
  (question, options) =>
    `Think of an expert’s answer to this: ${question}\n${options}\nState the letter that the expert would pick.`,
]

/**
 * Probability of each choice, renormalised over them: by the first token where log-probabilities are shown, else the
 * shares of `votes` samples (of one greedy answer where that is 1). Null where no choice was shown or said.
 */
export async function choiceShares(
  target: Model,
  how: Mode,
  { question, choices }: Pick<ChoiceItem, 'question' | 'choices'>,
  { votes, wording = 0 }: { votes: number; wording?: number },
): Promise<number[] | null> {
  const ids = optionLetters(choices.length)
  const prompt = (WORDINGS[wording] as (typeof WORDINGS)[number])(question, lettered(choices, ids))
  if (target.capabilities.logprobs) {
    const samples = await ask(target, how, prompt, { maxTokens: 1, topLogprobs: ALTERNATIVES })
    return renormalized(optionMass(firstCandidates(samples), ids).masses)
  }
  const said = await ask(target, how, prompt, { maxTokens: 8, n: votes, temperature: votes === 1 ? 0 : 1 })
  const places = said.map((sample) => extractOption(textOf([sample]), choices, ids).index)
  return renormalized(ids.map((_, place) => places.filter((one) => one === place).length))
}

/** Built-in choices from the fact tables and arithmetic. */
export const knownChoices = (random: Random, size: number, level: 'easy' | 'standard'): ChoiceItem[] =>
  choiceQuestions(random, {
    size,
    ...(level === 'easy' ? { strata: ['head' as const], digits: [1], operations: [1] } : {}),
  }).map(({ id, cluster, question, options, answerIndex }) => ({
    id,
    cluster,
    question,
    choices: options,
    label: answerIndex,
  }))

/** Built-in choices that nobody can know, of the lengths of known ones. */
export const unknownChoices = (random: Random, size: number, known: readonly ChoiceItem[]): ChoiceItem[] =>
  foreignChoices(random, { size, lengths: known.map(({ question }) => question.length) }).map(
    ({ id, cluster, question, options }) => ({ id, cluster, question, choices: options, label: null }),
  )

const letters = optionLetters(10)

/** The place of the right choice, told as a number or as a letter. */
function labelOf(value: unknown): number {
  const place = typeof value === 'string' ? letters.indexOf(value.trim().toUpperCase()) : -1
  const number = place >= 0 ? place : Number(value)
  if (value === null || value === undefined || value === '' || !Number.isInteger(number) || number < 0)
    throw new TypeError('field answer is neither a place (0–3) nor a letter')
  return number
}

/** MMLU (and other sets of its shape) as choices; `more` makes them items of one split. */
export const mmluImporter = <Item>(
  title: string,
  split: string,
  more: (choice: ChoiceItem) => Item,
): Importer<Item> => ({
  format: 'jsonl',
  title,
  required: ['question', 'choices', 'answer'],
  toItem: (record, index) => {
    const { choices } = record
    if (!Array.isArray(choices) || choices.length < 2 || choices.some(isFields))
      throw new TypeError('field choices is no list of at least two texts')
    const label = labelOf(record.answer)
    if (label >= choices.length) throw new TypeError('field answer is beyond the choices')
    const subject = optionalText(record, 'subject')
    return more({
      id: `${split}/${subject === null ? '' : `${subject}/`}${index}`,
      question: textField(record, 'question'),
      choices: choices.map(String),
      label,
    })
  },
})
