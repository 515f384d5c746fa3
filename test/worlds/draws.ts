import { hash128, type Random, randomFrom } from '../../src/methods/random.ts'
import { arithmeticQuestions } from '../../src/worlds/arithmetic.ts'
import { chanceQuestions } from '../../src/worlds/chance.ts'
import { choiceQuestions } from '../../src/worlds/choices.ts'
import { continuations } from '../../src/worlds/continuations.ts'
import { factQuestions } from '../../src/worlds/facts.ts'
import { falsehoodItems, falsehoodPairs } from '../../src/worlds/falsehoods.ts'
import { fictionWorld } from '../../src/worlds/fiction.ts'
import { fictionQuestions } from '../../src/worlds/fiction-questions.ts'
import { grammarTexts } from '../../src/worlds/grammar-text.ts'
import { membershipQuestions } from '../../src/worlds/memberships.ts'
import { proseDocuments } from '../../src/worlds/prose.ts'
import { queries } from '../../src/worlds/queries.ts'
import { riskCases } from '../../src/worlds/risks.ts'

export interface DrawnItem {
  id: string
  cluster?: string
}

interface Draw {
  name: string
  of: (random: Random, size: number) => readonly DrawnItem[]
  /** What a reader sees: no two items may share it. */
  shown: (item: never) => string
}

const draw = <Item extends DrawnItem>(
  name: string,
  of: (random: Random, size: number) => readonly Item[],
  shown: (item: Item) => string,
): Draw => ({ name, of, shown: shown as Draw['shown'] })

/** Every generator, for the laws that hold for all of them. */
export const draws: readonly Draw[] = [
  draw(
    'risks',
    (random, size) => riskCases(random, { size }),
    // Two people may be alike in all that is told of them.
    (item) => `${item.id} ${item.header}`,
  ),
  draw(
    'facts',
    (random, size) => factQuestions(random, { size }),
    (item) => item.question,
  ),
  draw(
    'memberships',
    (random, size) => membershipQuestions(random, { size }),
    (item) => item.question,
  ),
  draw(
    'arithmetic',
    (random, size) => arithmeticQuestions(random, { size, operations: [1, 2, 3, 4] }),
    (item) => item.expression,
  ),
  draw(
    'choices',
    (random, size) => choiceQuestions(random, { size }),
    (item) => item.question,
  ),
  draw(
    'fiction questions',
    (random, size) => fictionQuestions(random, fictionWorld(random, { size: 300 }), { size, hops: [1, 2, 3] }),
    (item) => item.question,
  ),
  draw(
    'fiction passages',
    (random, size) => fictionWorld(random, { size: 300 }).passages.slice(0, size),
    (item) => item.text,
  ),
  draw(
    'falsehoods',
    (random, size) => falsehoodItems(falsehoodPairs(random, { size })).slice(0, size),
    (item) => item.question,
  ),
  draw(
    'chance',
    (random, size) => chanceQuestions(random, { size }),
    (item) => item.description,
  ),
  draw(
    'continuations',
    (random, size) => continuations(random, { size }),
    (item) => item.completion,
  ),
  draw(
    'queries',
    (random, size) => queries(random, { size }),
    (item) => `${item.query} ${item.context ?? ''} ${item.choices ?? ''}`,
  ),
  draw(
    'prose',
    (random, size) => proseDocuments(random, { size }),
    (item) => item.text,
  ),
  draw(
    'grammar texts',
    (random, size) => grammarTexts(random, { size }),
    (item) => item.text,
  ),
]

/** A source from a test's seed. */
export const seeded = (seed: number): Random => randomFrom('test', seed)

/** A short mark of what each generator gives for one seed; changes when any of forty items does. */
export const fingerprints = (): Record<string, string> =>
  Object.fromEntries(
    draws.map(({ name, of }) => {
      const words = hash128(JSON.stringify(of(seeded(2026), 40)))
      return [name, words.map((word) => word.toString(16).padStart(8, '0')).join('')]
    }),
  )
