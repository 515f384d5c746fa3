import { type ClassProvider, entailmentClasses, exactClasses } from '../methods/estimators/meaning-classes.ts'
import type { Model } from '../model/model.ts'
import { firstCapable } from './asking.ts'

/** Which class of equal meaning each text belongs to, numbered by first appearance, and what told them apart. */
export interface MeaningClasses {
  classOf: number[]
  by: ClassProvider
}

/** Entailment and contradiction among texts, premise × hypothesis; a text entails itself. */
export async function entailmentAmong(target: Model, texts: readonly string[]) {
  const places = texts.map((_, place) => place)
  const pairs = places.flatMap((i) => places.filter((j) => j !== i).map((j): [number, number] => [i, j]))
  const judged = await target.entail(pairs.map(([i, j]) => [texts[i] as string, texts[j] as string]))
  const entail = places.map((i) => places.map((j) => Number(i === j)))
  const contradict = places.map(() => places.map(() => 0))
  for (const [place, [i, j]] of pairs.entries()) {
    const row = judged[place]
    if (!row) continue
    ;(entail[i] as number[])[j] = row.entail
    ;(contradict[i] as number[])[j] = row.contradict
  }
  return { entail, contradict }
}

/**
 * Classes of equal meaning: by two-way entailment where the target judges entailment, else by equal normalised text.
 * Equal texts are compared once.
 */
export async function meaningClasses(target: Model, texts: readonly string[]): Promise<MeaningClasses> {
  const exact = exactClasses(texts)
  const firsts = [...new Set(exact)].map((one) => texts[exact.indexOf(one)] as string)
  if (!target.capabilities.entailment || firsts.length < 2)
    return { classOf: exact, by: target.capabilities.entailment ? 'nli' : 'exact' }
  const matrices = await firstCapable(() => entailmentAmong(target, firsts))
  if (matrices === null) return { classOf: exact, by: 'exact' }
  const merged = entailmentClasses(matrices)
  return { classOf: exact.map((one) => merged[one] as number), by: 'nli' }
}
