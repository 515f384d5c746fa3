import type { Random } from '../../methods/random.ts'
import { normalizeAnswer } from '../../methods/text/normalize.ts'
import { distractorsFor, factQuestions } from '../../worlds/facts.ts'
import { falsehoodItems, falsehoodPairs } from '../../worlds/falsehoods.ts'
import { type Membership, membershipQuestions, memberships } from '../../worlds/memberships.ts'
import type { IterativeItem } from './iterative-prompting.ts'

/** Of five items two have one right answer, two have many, one has none. */
export function iterativeItems(random: Random, size: number): IterativeItem[] {
  const none = Math.floor(size / 5)
  const multi = Math.floor((2 * size) / 5)
  return [
    ...singleItems(random, size - none - multi),
    ...multiItems(random, multi),
    ...falsehoodItems(falsehoodPairs(random, { size: none }))
      .filter(({ answerable }) => !answerable)
      .map(({ id, cluster, question }) => ({
        id,
        cluster,
        question,
        answers: [],
        kind: 'single' as const,
        unanswerable: true,
      })),
  ]
}

const singleItems = (random: Random, size: number): IterativeItem[] =>
  factQuestions(random, { size }).map((fact) => ({
    id: fact.id,
    cluster: fact.cluster,
    question: fact.question,
    answers: fact.answers,
    kind: 'single',
    unanswerable: false,
    wrong: distractorsFor(random.fork(`wrong/${fact.id}`), fact, 1)[0],
    answerSet: fact.relation,
  }))

const multiItems = (random: Random, size: number): IterativeItem[] =>
  membershipQuestions(random, { size }).map((one) => ({
    id: one.id,
    cluster: one.cluster,
    question: one.question,
    answers: one.answers,
    kind: 'multi',
    unanswerable: false,
    wrong: outsider(random.fork(`wrong/${one.id}`), one),
  }))

/** A member of another set of the same sort (a country elsewhere, another element) that is none of this one's. */
function outsider(random: Random, set: Membership): string | undefined {
  const sort = (key: string) => key.split('/')[0]
  const own = new Set(set.members.flat().map(normalizeAnswer))
  const others = memberships
    .filter(({ key }) => key !== set.key && sort(key) === sort(set.key))
    .flatMap(({ members }) => members)
    .filter((spellings) => !spellings.some((spelling) => own.has(normalizeAnswer(spelling))))
  return others.length === 0 ? undefined : random.pick(others)[0]
}
