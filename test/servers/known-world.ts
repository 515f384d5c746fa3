import { type Random, randomFrom } from '../../src/methods/random.ts'
import type { ChanceQuestion } from '../../src/worlds/chance.ts'
import type { Belief } from './known-distribution.ts'
import type { Replies } from './reply-distribution.ts'

/**
 * A world in which it is stated what is true and what the model believes, and the belief that answers the prompts of
 * the benchmarks accordingly. Known: it believes the one right answer. Ambiguous: many answers are right, and it gives
 * them with the chances that they truly have. Unknown: its belief is as spread as on the ambiguous ones, one of those
 * answers is right (drawn from its belief: it is calibrated), and an answer that it is shown moves it.
 */

export type QuestionKind = 'known' | 'unknown' | 'ambiguous'

export interface KnownQuestion {
  id: string
  question: string
  kind: QuestionKind
  /** All answers that are right. */
  answers: string[]
  /** A wrong answer to state. */
  wrong: string
  belief: Replies
  /** Pseudo-counts behind the belief: one answer shown counts as one more. Infinite: it moves nothing. */
  concentration: number
  /** Probability that it says it does not know, where it may. */
  idk: number
  /** Log-odds by which its verdicts on answers are off: it judges itself with some error. */
  verdictShift: number
}

const syllables = 'ba ce di fo gu ka le mi no pu ra se ti vo zu dra fel gor hin jul'.split(' ')
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** Different invented words of three syllables. */
function words(random: Random, count: number): string[] {
  const made = new Set<string>()
  while (made.size < count) made.add(capital([0, 1, 2].map(() => random.pick(syllables)).join('')))
  return [...made]
}

/** A point of the simplex by normalised Gamma(½)-like weights: some answers likely, some rare. */
function spread(random: Random, count: number): number[] {
  const weights = Array.from({ length: count }, () => 0.15 + random.normal() ** 2)
  const sum = weights.reduce((total, one) => total + one, 0)
  return weights.map((one) => one / sum)
}

function drawFrom(random: Random, replies: Replies): string {
  let rest = random.next()
  for (const [name, share] of replies) {
    rest -= share
    if (rest < 0) return name
  }
  return (replies.at(-1) as Replies[number])[0]
}

/** One question of a kind. What is not stated by the kind is drawn alike for all. */
export function knownQuestion(random: Random, id: string, kind: QuestionKind): KnownQuestion {
  const subject = `${words(random, 1)[0]}-${id.replace(/\D+/g, '')}`
  const open = kind === 'ambiguous'
  const names = words(random, random.integer(4, 7) + 1)
  const wrong = names.pop() as string
  const question = open ? `Name an emblem of ${subject}.` : `What is the emblem of ${subject}?`
  const shares = spread(random, names.length)
  const stated = { id, question, kind, wrong, verdictShift: 1.2 * random.normal() }
  if (kind === 'known') {
    const sure = 0.9 + 0.09 * random.next()
    const belief = names.map((name, place): [string, number] => [
      name,
      place === 0 ? sure : ((1 - sure) * (shares[place] as number)) / (1 - (shares[0] as number)),
    ])
    const idk = 0.02 + 0.1 * random.next() ** 2
    return { ...stated, answers: [names[0] as string], belief, concentration: Number.POSITIVE_INFINITY, idk }
  }
  const belief = names.map((name, place): [string, number] => [name, shares[place] as number])
  if (open) {
    const idk = 0.01 + 0.12 * random.next() ** 2
    return { ...stated, answers: names, belief, concentration: Number.POSITIVE_INFINITY, idk }
  }
  const right = drawFrom(random, belief)
  const idk = 0.05 + 0.25 * random.next()
  return { ...stated, answers: [right], belief, concentration: 0.5 + 2 * random.next(), idk }
}

const kinds: readonly QuestionKind[] = ['known', 'unknown', 'ambiguous']

/** `size` questions, the kinds in turn unless one is named. */
export const knownQuestions = (seed: string | number, size: number, only?: QuestionKind): KnownQuestion[] =>
  Array.from({ length: size }, (_, index) =>
    knownQuestion(randomFrom('known-world', seed, index), `q/${index}`, only ?? (kinds[index % 3] as QuestionKind)),
  )

/** The same with kinds drawn by chance, as independent items are: fixed shares of kinds would make runs too alike. */
export const drawnQuestions = (seed: string | number, size: number): KnownQuestion[] =>
  Array.from({ length: size }, (_, index) => {
    const random = randomFrom('known-world', seed, index)
    return knownQuestion(random, `q/${index}`, random.fork('kind').pick(kinds))
  })

/** The belief after answers were shown: each counts as one more pseudo-count. */
export function beliefAfter({ belief, concentration }: KnownQuestion, shown: readonly string[]): Replies {
  if (!Number.isFinite(concentration) || shown.length === 0) return belief
  const all = new Map(belief.map(([name, share]) => [name, concentration * share]))
  for (const name of shown) all.set(name, (all.get(name) ?? 0) + 1)
  return [...all].map(([name, mass]) => [name, mass / (concentration + shown.length)])
}

/**
 * Probability that the model calls an answer true: it knows what is right on open questions, elsewhere it goes by its
 * belief; either with an error of its own.
 */
export function beliefTrue({ kind, answers, belief, verdictShift }: KnownQuestion, answer: string): number {
  const right = answers.includes(answer) ? 0.9 : 0.1
  const p = kind === 'ambiguous' ? right : 0.02 + 0.96 * (belief.find(([name]) => name === answer)?.[1] ?? 0)
  return 1 / (1 + Math.exp(-(Math.log(p / (1 - p)) + verdictShift)))
}

const IDK = "I don't know"

/** Verbal expressions of certainty from the surest down, each with the least probability that it is said at. */
const expressions: readonly [least: number, said: string][] = [
  [0.9, 'almost certain'],
  [0.8, 'highly likely'],
  [0.6, 'likely'],
  [0.4, 'about even'],
  [0.1, 'unlikely'],
  [0, 'highly unlikely'],
]
const expressed = (p: number): string => expressions.find(([least]) => p >= least)?.[1] ?? 'about even'

/** Answers that the prompt has shown, in the wordings of the benchmarks. */
const shownIn = (prompt: string): string[] =>
  [
    ...prompt.matchAll(
      /(?:answer to this question is|answer that was given to this question|independent person answered): ([^\n]*)/g,
    ),
  ].map(([, answer]) => (answer as string).trim())

/** What the model replies to a prompt about one of the questions. */
function replyTo(question: KnownQuestion, prompt: string): Replies {
  const sure = (answer: string) => beliefTrue(question, answer)
  if (/Reply with one word, True or False/.test(prompt)) {
    const p = sure(/Proposed answer: ([^\n]*)/.exec(prompt)?.[1]?.trim() ?? '')
    return [
      ['True', p],
      ['False', 1 - p],
    ]
  }
  if (/Reply with the letter only/.test(prompt)) return letters(question, prompt)
  if (/Reply with a probability/.test(prompt))
    return [[sure(/\nAnswer: ([^\n]*)\nHow likely/.exec(prompt)?.[1]?.trim() ?? '').toFixed(2), 1]]
  const after = beliefAfter(question, shownIn(prompt))
  const spoken = (how: (answer: string) => string): Replies => after.map(([name, share]) => [how(name), share])
  if (/“Probability:”/.test(prompt)) return spoken((answer) => `${answer} Probability: ${sure(answer).toFixed(2)}`)
  if (/then how sure you are/.test(prompt)) return spoken((answer) => `${answer}, ${expressed(sure(answer))}`)
  if (!/If you do not know/.test(prompt)) return after
  return [[IDK, question.idk], ...after.map(([name, share]): [string, number] => [name, (1 - question.idk) * share])]
}

/** Letters by how true the options are; what is left goes to "None of the above" where that is offered. */
function letters(question: KnownQuestion, prompt: string): Replies {
  const options = [...prompt.matchAll(/^([A-Z])\. (.*)$/gm)].map(
    ([, letter, text]) => [letter as string, text as string] as const,
  )
  const masses = options.map(([, text]) => (text === 'None of the above' ? 0.1 : beliefTrue(question, text.trim())))
  const sum = masses.reduce((total, one) => total + one, 0)
  return options.map(([letter], place) => [letter, (masses[place] as number) / sum])
}

/** The belief of a model of this world: replies to any prompt that names a question's subject. */
export function worldBelief(questions: readonly KnownQuestion[]): Belief {
  const byText = new Map(questions.map((question) => [question.question, question]))
  return (prompt) => {
    for (const line of prompt.split('\n')) {
      const question = byText.get(line.replace(/^Question: /, '').trim())
      if (question) return replyTo(question, prompt)
    }
    return null
  }
}

/** How a model of chance experiments depends on a draw that it is shown. */
export interface Dependence {
  /** Share of what an exact Bayesian learns that it takes over: 1 is exact, 0 never moves. */
  learning: number
  /** Weight with which it copies the outcome shown, known or not. */
  copying: number
  /** The same for an outcome of an unrelated setting. */
  priming: number
}

export const exactDependence: Dependence = { learning: 1, copying: 0, priming: 0 }

/** p(y | y1 shown) of an experiment; `shown` null: p(y). */
export function chanceBelief(
  { reference, pstar }: Pick<ChanceQuestion, 'reference' | 'pstar'>,
  shown: number | null,
  elsewhere: boolean,
  { learning, copying, priming }: Dependence,
): number[] {
  const p = reference?.p ?? pstar
  if (shown === null) return p
  const exact = elsewhere ? p : (reference?.given[shown] ?? pstar)
  const pull = elsewhere ? priming : copying
  return p.map((share, y) => {
    const moved = share + learning * ((exact[y] as number) - share)
    return (1 - pull) * moved + pull * Number(y === shown)
  })
}

/** The belief of a model of chance experiments: it reads an experiment's description and any draw that it is shown. */
export function chanceWorldBelief(questions: readonly ChanceQuestion[], dependence: Dependence): Belief {
  const byText = new Map(questions.map((question) => [`${question.description} ${question.question}`, question]))
  return (prompt) => {
    const question = byText.get(prompt.split('\n')[0] as string)
    if (question === undefined) return null
    const [, elsewhere, outcome] =
      /(another, unrelated setting an|An) independent person drew (?:again from the same setting )?and got (\w+)\./.exec(
        prompt,
      ) ?? []
    const shown = outcome === undefined ? null : question.outcomes.indexOf(outcome)
    const shares = chanceBelief(question, shown, elsewhere !== undefined && elsewhere !== 'An', dependence)
    return question.outcomes.map((name, y) => [name, shares[y] as number])
  }
}
