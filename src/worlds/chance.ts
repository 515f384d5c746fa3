import type { Random } from '../methods/random.ts'
import { WORLD_VERSION } from './version.ts'
import { capitalised, listed, numberWords, withArticle } from './wording.ts'

export type ChanceKind = 'urn' | 'die' | 'spinner' | 'mixture' | 'withoutReplacement' | 'hiddenUrn' | 'hiddenSpinner'

/** What an exact Bayesian would say of an experiment whose composition is hidden. */
export interface BayesianReference {
  /** p(y | what was seen). */
  p: number[]
  /** given[i][j]: p(next is j | what was seen, and one more draw that gave i). */
  given: number[][]
  /** p(y)·(p(y|y) − p(y)): the expected squared gap between p and the true probability. */
  variance: number[]
}

/** A described random experiment with a known distribution over its outcomes. */
export interface ChanceQuestion {
  id: string
  kind: ChanceKind
  /** Whether the text states the whole composition. */
  known: boolean
  description: string
  question: string
  outcomes: string[]
  /** The true probability of each outcome; sums to 1. */
  pstar: number[]
  /** pstar as whole numbers over a common denominator; null where it was drawn from a continuous prior. */
  exact: { numerators: number[]; denominator: number } | null
  /** Draws seen before the question (hidden composition only), as outcome indices. */
  seen: number[]
  /** Pairs of independent draws from pstar, as outcome indices. */
  draws: [number, number][]
  /** Only where the composition is hidden. */
  reference: BayesianReference | null
  cluster: string
}

const colours = 'red blue green yellow white black'.split(' ')

interface Experiment {
  description: string
  question: string
  outcomes: string[]
  numerators: number[]
  denominator: number
}

const counted = (count: number, noun: string): string => `${numberWords(count)} ${noun}${count === 1 ? '' : 's'}`
const contents = (counts: readonly number[], outcomes: readonly string[]): string =>
  listed(outcomes.map((colour, place) => counted(counts[place] as number, `${colour} ball`)))
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

function urn(random: Random): Experiment {
  const outcomes = random.sample(colours, random.integer(2, 5))
  const counts = outcomes.map(() => random.integer(1, 9))
  return {
    description: `An urn holds ${contents(counts, outcomes)}. One ball is drawn blindly.`,
    question: 'Which colour is the ball?',
    outcomes,
    numerators: counts,
    denominator: sum(counts),
  }
}

function die(random: Random): Experiment {
  const sides = random.pick([6, 8, 10, 12, 20])
  const outcomes = random.sample(colours, random.integer(2, 4))
  const counts = outcomes.map(() => 1)
  for (let side = outcomes.length; side < sides; side++) (counts[random.integer(0, outcomes.length - 1)] as number)++
  const faces = listed(outcomes.map((colour, place) => `${counted(counts[place] as number, 'face')} painted ${colour}`))
  return {
    description: `A fair die with ${numberWords(sides)} faces has ${faces}. It is rolled once.`,
    question: 'Which colour comes up?',
    outcomes,
    numerators: counts,
    denominator: sides,
  }
}

function spinner(random: Random): Experiment {
  const outcomes = random.sample(colours, random.integer(2, 6))
  const cuts = random
    .sample(
      Array.from({ length: 35 }, (_, step) => step + 1),
      outcomes.length - 1,
    )
    .sort((a, b) => a - b)
  const numerators = [...cuts, 36].map((cut, place) => cut - (cuts[place - 1] ?? 0))
  const sectors = listed(
    outcomes.map((colour, place) => `${withArticle(colour)} sector of ${(numerators[place] as number) * 10} degrees`),
  )
  return {
    description: `The disc of a fair spinner is divided into ${sectors}. The arrow is spun once.`,
    question: 'On which colour does the arrow stop?',
    outcomes,
    numerators,
    denominator: 36,
  }
}

function mixture(random: Random): Experiment {
  const outcomes = random.sample(colours, random.integer(2, 4))
  const first = outcomes.map(() => random.integer(1, 6))
  const second = outcomes.map(() => random.integer(1, 6))
  const weight = random.integer(1, 5)
  const [inFirst, inSecond] = [sum(first), sum(second)]
  return {
    description:
      `Urn A holds ${contents(first, outcomes)}. Urn B holds ${contents(second, outcomes)}. A fair six-sided die is rolled: on ${numberWords(weight)} ` +
      `${weight === 1 ? 'only' : 'or less'} urn A is chosen, otherwise urn B. One ball is drawn blindly from the chosen urn.`,
    question: 'Which colour is the ball?',
    outcomes,
    numerators: outcomes.map(
      (_, place) => weight * (first[place] as number) * inSecond + (6 - weight) * (second[place] as number) * inFirst,
    ),
    denominator: 6 * inFirst * inSecond,
  }
}

function withoutReplacement(random: Random): Experiment {
  const outcomes = random.sample(colours, random.integer(2, 4))
  const counts = outcomes.map(() => random.integer(2, 7))
  const left = [...counts]
  const taken = Array.from({ length: random.integer(1, Math.min(4, sum(counts) - 2)) }, () => {
    const bag = left.flatMap((count, place) => Array.from({ length: count }, () => place))
    const ball = random.pick(bag)
    left[ball] = (left[ball] as number) - 1
    return outcomes[ball] as string
  })
  return {
    description:
      `An urn held ${contents(counts, outcomes)}. ${capitalised(counted(taken.length, 'ball'))} ${taken.length === 1 ? 'was' : 'were'} drawn ` +
      `and not put back: ${listed(taken)}. One more ball is drawn blindly.`,
    question: 'Which colour is this ball?',
    outcomes,
    numerators: left,
    denominator: sum(left),
  }
}

const knownKinds: readonly [ChanceKind, (random: Random) => Experiment][] = [
  ['urn', urn],
  ['die', die],
  ['spinner', spinner],
  ['mixture', mixture],
  ['withoutReplacement', withoutReplacement],
]

/** The index that a uniform number in [0, 1) falls on. */
function indexAt(shares: readonly number[], uniform: number): number {
  let rest = uniform
  for (const [place, share] of shares.entries()) {
    rest -= share
    if (rest < 0) return place
  }
  return shares.length - 1
}

/**
 * The exact Bayesian with a flat Dirichlet prior over k shares after counts n: p = (n_i + 1)/(n + k), and after one more draw
 * likewise. `variance` equals the posterior variance of each share.
 */
export function flatPriorReference(counts: readonly number[]): BayesianReference {
  const total = sum(counts) + counts.length
  const p = counts.map((count) => (count + 1) / total)
  const given = counts.map((_, first) =>
    counts.map((count, next) => (count + 1 + (next === first ? 1 : 0)) / (total + 1)),
  )
  return { p, given, variance: p.map((share, place) => share * ((given[place]?.[place] as number) - share)) }
}

function hidden(random: Random, kind: 'hiddenUrn' | 'hiddenSpinner') {
  const outcomes = random.sample(colours, random.integer(2, 4))
  // Exponentials over their sum are uniform on the simplex: the flat prior that the text states.
  const weights = outcomes.map(() => -Math.log(1 - random.next()))
  const pstar = weights.map((weight) => weight / sum(weights))
  const seen = Array.from({ length: random.integer(1, 8) }, () => indexAt(pstar, random.next()))
  const results = listed(seen.map((place) => outcomes[place] as string))
  const times = seen.length === 1 ? 'once' : `${numberWords(seen.length)} times`
  const description =
    kind === 'hiddenUrn'
      ? `An urn holds a great many balls, each ${outcomes.join(' or ')}; every division into these colours was equally likely. ` +
        `A ball was drawn and put back ${times}: ${results}. One ball is drawn blindly.`
      : `The disc of a spinner is divided into ${listed(outcomes)} sectors of unknown size; every division was equally likely. ` +
        `The arrow was spun ${times}: ${results}. It is spun again.`
  const counts = outcomes.map((_, place) => seen.filter((one) => one === place).length)
  const question = kind === 'hiddenUrn' ? 'Which colour is the ball?' : 'On which colour does the arrow stop?'
  return { description, question, outcomes, pstar, seen, reference: flatPriorReference(counts) }
}

/**
 * Experiments with two to six outcomes and a known true distribution, half of them (by turns) with the composition stated, half with it hidden
 * behind a stated flat prior and a few draws. A hidden composition is itself drawn from that prior, so one item is one draw.
 * `pairs` independent pairs of outcomes come with each.
 */
export function chanceQuestions(
  random: Random,
  { size, known, pairs = 5 }: { size: number; known?: boolean; pairs?: number },
): ChanceQuestion[] {
  const source = random.fork(`chance/${WORLD_VERSION}`)
  const seenTexts = new Set<string>()
  return Array.from({ length: size }, (_, index) => {
    const isKnown = known ?? index % 2 === 0
    const turn = known === undefined ? Math.floor(index / 2) : index
    const own = source.fork(index)
    for (;;) {
      const made = isKnown ? knownExperiment(own, turn) : hiddenExperiment(own, turn)
      if (seenTexts.has(made.description)) continue
      seenTexts.add(made.description)
      const draw = () => indexAt(made.pstar, own.next())
      const id = `chance/${made.kind}/${index}`
      return { id, known: isKnown, ...made, draws: Array.from({ length: pairs }, () => [draw(), draw()]), cluster: id }
    }
  })
}

type Made = Omit<ChanceQuestion, 'id' | 'known' | 'draws' | 'cluster'>

function knownExperiment(random: Random, turn: number): Made {
  const [kind, make] = knownKinds[turn % knownKinds.length] as (typeof knownKinds)[number]
  const { numerators, denominator, ...rest } = make(random)
  const pstar = numerators.map((numerator) => numerator / denominator)
  return { kind, ...rest, pstar, exact: { numerators, denominator }, seen: [], reference: null }
}

function hiddenExperiment(random: Random, turn: number): Made {
  const kind = turn % 2 === 0 ? 'hiddenUrn' : 'hiddenSpinner'
  return { kind, ...hidden(random, kind), exact: null }
}
