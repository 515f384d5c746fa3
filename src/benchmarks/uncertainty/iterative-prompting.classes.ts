import { entailmentClasses } from '../../methods/estimators/meaning-classes.ts'
import { tokenF1 } from '../../methods/text/answer-match.ts'
import { normalizeAnswer } from '../../methods/text/normalize.ts'
import type { Model } from '../../model/model.ts'
import { firstCapable } from '../asking.ts'
import { entailmentAmong } from '../meaning.ts'

/** Answers that count as one. */
export interface AnswerClass {
  /** The commonest member, the first of equals: what is shown and scored. */
  text: string
  size: number
  members: string[]
}

/** Answers sharing this much count as one, as in the source. */
const SAME = 0.25

/** Whether two answers are one by their words; answers without a word are one only where they are equal. */
const alike = (first: string, second: string): boolean => {
  const [a, b] = [normalizeAnswer(first), normalizeAnswer(second)]
  return a === b || (a !== '' && b !== '' && (tokenF1(first, [second]) ?? 0) >= SAME)
}

/** Position of the class that an answer belongs to: that of an equal member, else the first of like words; −1 of none. */
export function classPlace(text: string, classes: readonly AnswerClass[]): number {
  const key = normalizeAnswer(text)
  const equal = classes.findIndex(({ members }) => members.some((member) => normalizeAnswer(member) === key))
  return equal >= 0 ? equal : classes.findIndex((one) => alike(text, one.text))
}

/** Each text's class by shared words with the first member of the class. */
function wordClasses(texts: readonly string[]): number[] {
  const firsts: string[] = []
  return texts.map((text) => {
    const found = firsts.findIndex((first) => alike(text, first))
    return found >= 0 ? found : firsts.push(text) - 1
  })
}

function commonest(members: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const member of members) counts.set(normalizeAnswer(member), (counts.get(normalizeAnswer(member)) ?? 0) + 1)
  const most = Math.max(...counts.values())
  return members.find((member) => counts.get(normalizeAnswer(member)) === most) as string
}

/**
 * Samples as classes, in order of first appearance: by words, or by two-way entailment where that is wanted and the
 * target judges it. Beyond `mostClasses` the rarest are merged into the last; `singletons` counts classes of one before.
 */
export async function answerClassesOf(
  target: Model,
  texts: readonly string[],
  { classes: wanted, mostClasses }: { classes: 'f1' | 'nli'; mostClasses: number },
): Promise<{ classes: AnswerClass[]; classOf: number[]; by: 'f1' | 'nli'; singletons: number }> {
  const matrices =
    wanted === 'nli' && texts.length > 0 ? await firstCapable(() => entailmentAmong(target, texts)) : null
  const classOf = matrices ? entailmentClasses(matrices) : wordClasses(texts)
  const count = Math.max(-1, ...classOf) + 1
  const sizes = Array.from({ length: count }, (_, place) => classOf.filter((one) => one === place).length)
  const kept =
    count <= mostClasses
      ? sizes.map((_, place) => place)
      : sizes
          .map((size, place) => ({ size, place }))
          .sort((a, b) => b.size - a.size || a.place - b.place)
          .slice(0, mostClasses - 1)
          .map(({ place }) => place)
          .sort((a, b) => a - b)
  const placeOf = (one: number) => (kept.includes(one) ? kept.indexOf(one) : kept.length)
  const merged = classOf.map(placeOf)
  const classes = Array.from({ length: count === 0 ? 0 : Math.max(...merged) + 1 }, (_, place) => {
    const members = texts.filter((_, sample) => merged[sample] === place)
    return { text: commonest(members), size: members.length, members }
  })
  const singletons = sizes.filter((size) => size === 1).length
  return { classes, classOf: merged, by: matrices ? 'nli' : 'f1', singletons }
}
