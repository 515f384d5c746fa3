import type { Model } from '../../model/model.ts'
import { lettered, letterShares } from '../letters.ts'
import { askTruth, truthPrompt } from '../truth.ts'
import type { Candidate, SelfEvaluationParams } from './self-evaluation.ts'

const NOTA = 'None of the above'
const choicePrompt = (question: string, options: string[]): string =>
  `Which answer is correct? Reply with the letter only.\nQuestion: ${question}\n${lettered(options)}`
const besideNota = (question: string, answer: string): string =>
  `${truthPrompt(question, answer)}\nOther option: ${NOTA}`
const besideOthers = (question: string, answer: string, others: string[]): string =>
  `Is the proposed answer true or false? Reply with one word, True or False.\nQuestion: ${question}\nOther ideas: ${others.join('; ')}\nProposed answer: ${answer}`

/** What the model says of one candidate. */
export type Grades = Pick<Candidate, 'select' | 'selectNota' | 'evalPlain' | 'evalNota' | 'evalOthers'>

/** All choices and verdicts over the candidates, asked side by side. A single candidate leaves nothing to choose. */
export async function grade(target: Model, given: SelfEvaluationParams, question: string, texts: string[]) {
  const choosing = texts.length > 1
  const places = texts.map((_, place) => place)
  const orders = choosing ? [places, [...places].reverse()].slice(0, given.orders) : []
  const choose = (order: number[], more: string[]) =>
    letterShares(
      target,
      given.mode,
      choicePrompt(question, [...order.map((place) => texts[place] as string), ...more]),
      order.length + more.length,
    )
  const judge = (wanted: boolean, prompt: (text: string, place: number) => string) =>
    wanted
      ? Promise.all(texts.map((text, place) => askTruth(target, given.mode, prompt(text, place))))
      : Promise.resolve(null)
  const [plain, nota, evalPlain, evalNota, evalOthers] = await Promise.all([
    Promise.all(orders.map((order) => choose(order, []))),
    Promise.all(orders.map((order) => choose(order, [NOTA]))),
    judge(true, (text) => truthPrompt(question, text)),
    judge(given.evalVariants.includes('nota'), (text) => besideNota(question, text)),
    judge(given.evalVariants.includes('others') && choosing, (text, place) =>
      besideOthers(
        question,
        text,
        texts.filter((_, other) => other !== place),
      ),
    ),
  ])
  /** Mean over orders of what was given to the option in that place; null where an order showed no letter at all. */
  const averaged = (choices: (number[] | null)[], placeIn: (order: number[]) => number): number | null =>
    choices.length === 0 || choices.some((shares) => shares === null)
      ? null
      : choices.reduce(
          (sum, shares, asked) => sum + ((shares as number[])[placeIn(orders[asked] as number[])] ?? 0),
          0,
        ) / choices.length
  return {
    scores: texts.map(
      (_, place): Grades => ({
        select: averaged(plain, (order) => order.indexOf(place)),
        selectNota: averaged(nota, (order) => order.indexOf(place)),
        evalPlain: evalPlain?.[place] ?? null,
        evalNota: evalNota?.[place] ?? null,
        evalOthers: evalOthers?.[place] ?? null,
      }),
    ),
    pNota: averaged(nota, (order) => order.length),
    chosenPositions: plain.flatMap((shares) => (shares ? [shares.indexOf(Math.max(...shares))] : [])),
    unseen:
      [...plain, ...nota].filter((shares) => shares === null).length +
      [evalPlain, evalNota, evalOthers].reduce(
        (sum, truths) => sum + (truths?.filter((truth) => truth === null).length ?? 0),
        0,
      ),
  }
}
