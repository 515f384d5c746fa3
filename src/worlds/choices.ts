import type { Random } from '../methods/random.ts'
import { type ArithmeticOptions, type ArithmeticQuestion, arithmeticQuestions } from './arithmetic.ts'
import { distractorsFor, type FactOptions, type FactQuestion, factQuestions } from './facts.ts'
import type { Stratum } from './version.ts'

/** A multiple-choice item with one right option. */
export interface ChoiceQuestion {
  id: string
  question: string
  options: string[]
  answerIndex: number
  /** The relation, or "arithmetic". */
  subject: string
  stratum: Stratum | null
  cluster: string
}

/** `total` places, each option position as often as the others (counts differ by at most one), in random order. */
function balancedPlaces(random: Random, total: number, optionCount: number): number[] {
  const places: number[] = []
  for (let block = 0; places.length < total; block++) {
    places.push(...random.fork(block).shuffle(Array.from({ length: optionCount }, (_, place) => place)))
  }
  return places.slice(0, total)
}

function withAnswerAt(place: number, right: string, wrong: readonly string[]): string[] {
  return [...wrong.slice(0, place), right, ...wrong.slice(place)]
}

/** The question as a choice between its first answer and values of the same column. */
export function factChoice(random: Random, fact: FactQuestion, place: number, optionCount = 4): ChoiceQuestion {
  const wrong = distractorsFor(random, fact, optionCount - 1)
  return {
    id: `choice/${fact.id}`,
    question: fact.question,
    options: withAnswerAt(place, fact.answers[0] as string, wrong),
    answerIndex: place,
    subject: fact.relation,
    stratum: fact.stratum,
    cluster: fact.cluster,
  }
}

/** Wrong results as people make them: a slipped digit, a dropped carry, a neighbour. All different, none negative. */
export function wrongResults(random: Random, question: ArithmeticQuestion, count: number): string[] {
  const { answer } = question
  const carries = [1, 2, 10, 11, 9, 20, 100].flatMap((step) => [answer + step, answer - step])
  const digits = String(answer)
  const swapped = Number(digits.slice(0, -2) + [...digits.slice(-2)].reverse().join(''))
  const near = [swapped, ...carries].filter((one) => one >= 0 && one !== answer && one <= Math.max(20, 2 * answer))
  return random.sample([...new Set(near)], count).map(String)
}

/** The sum as a choice between its result and near misses. */
export function arithmeticChoice(
  random: Random,
  item: ArithmeticQuestion,
  place: number,
  optionCount = 4,
): ChoiceQuestion {
  return {
    id: `choice/${item.id}`,
    question: item.question,
    options: withAnswerAt(place, String(item.answer), wrongResults(random, item, optionCount - 1)),
    answerIndex: place,
    subject: 'arithmetic',
    stratum: null,
    cluster: item.cluster,
  }
}

export interface ChoiceOptions extends FactOptions, Omit<ArithmeticOptions, 'size'> {
  /** 2–6. Default 4. */
  optionCount?: number
  /** Share of arithmetic items. Default ¼. */
  arithmeticShare?: number
}

/**
 * Multiple-choice items from the fact tables and from arithmetic, mixed evenly. Every block of `optionCount` items has the
 * right answer once in each position.
 */
export function choiceQuestions(random: Random, options: ChoiceOptions): ChoiceQuestion[] {
  const { size, optionCount = 4, arithmeticShare = 0.25 } = options
  if (optionCount < 2 || optionCount > 6) throw new RangeError('choiceQuestions: optionCount must be 2–6')
  const source = random.fork('choices')
  const isSum = Array.from(
    { length: size },
    (_, index) => Math.floor((index + 1) * arithmeticShare) > Math.floor(index * arithmeticShare),
  )
  const sums = isSum.filter(Boolean).length
  const arithmetic = arithmeticQuestions(source, { ...options, size: sums })
  const facts = factQuestions(source, { ...options, size: size - sums })
  const places = balancedPlaces(source.fork('places'), size, optionCount)
  let sum = 0
  let fact = 0
  return isSum.map((arithmeticTurn, index) => {
    const own = source.fork(index)
    const place = places[index] as number
    return arithmeticTurn
      ? arithmeticChoice(own, arithmetic[sum++] as ArithmeticQuestion, place, optionCount)
      : factChoice(own, facts[fact++] as FactQuestion, place, optionCount)
  })
}
