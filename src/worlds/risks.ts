import type { Random } from '../methods/random.ts'
import { sigmoid } from '../methods/statistics/logistic-regression.ts'
import { WORLD_VERSION } from './version.ts'
import { listed } from './wording.ts'

/** One person or thing of an invented population, with the true probability of an outcome and one draw of it. */
export interface RiskCase {
  id: string
  task: string
  /** The direction of each factor is common knowledge, not only stated. */
  everyday: boolean
  /** What is known of the population: the base rate, and how many of 100 have the outcome by each value. */
  header: string
  description: { key: string; value: string }[]
  question: string
  /** No first, yes second. */
  choices: [string, string]
  pstar: number
  /** 1 where the outcome came about: drawn with probability `pstar`. */
  label: 0 | 1
  /** Value of the first factor. */
  group: string
  cluster: string
}

interface Factor {
  key: string
  /** For everyday factors from the least risk to the most. */
  values: string[]
}

interface Task {
  id: string
  everyday: boolean
  whom: string
  happened: string
  question: string
  choices: [string, string]
  factors: Factor[]
}

const tasks: readonly Task[] = [
  {
    id: 'cold',
    everyday: true,
    whom: 'grown-ups of one town',
    happened: 'caught a cold last winter',
    question: 'Did this person catch a cold last winter?',
    choices: ['No, this person caught no cold', 'Yes, this person caught a cold'],
    factors: [
      { key: 'number of small children at home', values: ['none', 'one', 'several'] },
      { key: 'sleep', values: ['over eight hours a night', 'six to eight hours a night', 'under six hours a night'] },
      { key: 'washing of hands', values: ['always', 'often', 'seldom'] },
      { key: 'smoking', values: ['never', 'now and then', 'daily'] },
      { key: 'way to work', values: ['on foot', 'by car', 'by crowded bus'] },
    ],
  },
  {
    id: 'claim',
    everyday: true,
    whom: 'drivers insured with one company',
    happened: 'had an accident last year',
    question: 'Did this driver have an accident last year?',
    choices: ['No, this driver had no accident', 'Yes, this driver had an accident'],
    factors: [
      { key: 'age', values: ['40 to 60 years', '25 to 39 years', 'under 25 years'] },
      { key: 'distance driven a year', values: ['under 5,000 km', '5,000 to 20,000 km', 'over 20,000 km'] },
      { key: 'speeding fines', values: ['none', 'one', 'several'] },
      { key: 'telephone at the wheel', values: ['never', 'now and then', 'often'] },
      { key: 'tyres', values: ['new', 'some years old', 'worn out'] },
    ],
  },
  {
    id: 'society',
    everyday: false,
    whom: 'members of the Veldrin Society',
    happened: 'were called to the council',
    question: 'Was this member called to the council?',
    choices: ['No, this member was not called', 'Yes, this member was called'],
    factors: [
      { key: 'colour of the badge', values: ['red', 'green', 'blue'] },
      { key: 'side of the hall', values: ['north', 'east', 'south'] },
      { key: 'instrument', values: ['lute', 'drum', 'horn'] },
      { key: 'emblem', values: ['heron', 'otter', 'lynx'] },
      { key: 'seat', values: ['stool', 'bench', 'chair'] },
    ],
  },
  {
    id: 'seed',
    everyday: false,
    whom: 'seeds of the morvane',
    happened: 'sprouted',
    question: 'Did this seed sprout?',
    choices: ['No, this seed did not sprout', 'Yes, this seed sprouted'],
    factors: [
      { key: 'basket', values: ['willow', 'straw', 'reed'] },
      { key: 'day of sowing', values: ['Tuesday', 'Thursday', 'Saturday'] },
      { key: 'place of storing', values: ['cellar', 'attic', 'barn'] },
      { key: 'colour of the shell', values: ['grey', 'brown', 'white'] },
      { key: 'sower', values: ['the elder', 'the miller', 'the guest'] },
    ],
  },
]

/** A logistic population: share of each value, effect of each value, and the intercept that gives the base rate. */
interface Population {
  task: Task
  shares: number[][]
  effects: number[][]
  intercept: number
  header: string
}

/** Every combination of values with its share and its log-odds without intercept. */
function* combinations(
  shares: number[][],
  effects: number[][],
): Generator<{ places: number[]; share: number; effect: number }> {
  const places = shares.map(() => 0)
  for (;;) {
    let [share, effect] = [1, 0]
    for (const [factor, place] of places.entries()) {
      share *= shares[factor]?.[place] as number
      effect += effects[factor]?.[place] as number
    }
    yield { places: [...places], share, effect }
    let at = 0
    for (; at < places.length; at++) {
      places[at] = (places[at] as number) + 1
      if ((places[at] as number) < (shares[at] as number[]).length) break
      places[at] = 0
    }
    if (at === places.length) return
  }
}

function populationOf(random: Random, task: Task): Population {
  const shares = task.factors.map(({ values }) => {
    const weights = values.map(() => random.integer(2, 5))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    return weights.map((weight) => weight / sum)
  })
  const effects = task.factors.map(({ values }) => {
    const strength = 0.5 + 0.6 * random.next()
    return values.map((_, place) => (task.everyday ? strength * place : 0.9 * random.normal()))
  })
  const all = [...combinations(shares, effects)]
  const wanted = 0.25 + 0.35 * random.next()
  const rateAt = (intercept: number) =>
    all.reduce((sum, { share, effect }) => sum + share * sigmoid(intercept + effect), 0)
  let [low, high] = [-20, 20]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (rateAt(middle) < wanted) low = middle
    else high = middle
  }
  const intercept = (low + high) / 2
  const ofHundred = (rate: number): string => String(Math.round(100 * rate))
  const lines = task.factors.map(({ key, values }, factor) => {
    const rates = values.map((value, place) => {
      const among = all.filter(({ places }) => places[factor] === place)
      const total = among.reduce((sum, { share }) => sum + share, 0)
      const positive = among.reduce((sum, { share, effect }) => sum + share * sigmoid(intercept + effect), 0)
      return `${value}: ${ofHundred(positive / total)}`
    })
    return `${key} (${listed(rates)})`
  })
  return {
    task,
    shares,
    effects,
    intercept,
    header: `Of 100 ${task.whom}, ${ofHundred(wanted)} ${task.happened}. Of 100 by ${lines.join('; by ')}.`,
  }
}

function drawn(random: Random, shares: readonly number[]): number {
  let rest = random.next()
  for (const [place, share] of shares.entries()) {
    rest -= share
    if (rest < 0) return place
  }
  return shares.length - 1
}

/**
 * Rows of seeded populations whose outcome has a known logistic probability given the features, tasks by turns. The
 * header states the base rate and the rate of each value: coefficients nobody was told would leave every reader at
 * chance. Half of the tasks have everyday risk factors, the other half invented ones.
 */
export function riskCases(random: Random, { size }: { size: number }): RiskCase[] {
  const source = random.fork(`risks/${WORLD_VERSION}`)
  const populations = tasks.map((task) => populationOf(source.fork(task.id), task))
  return Array.from({ length: size }, (_, index) => {
    const { task, shares, effects, intercept, header } = populations[index % populations.length] as Population
    const own = source.fork(index)
    const places = shares.map((list) => drawn(own, list))
    const pstar = sigmoid(places.reduce((sum, place, factor) => sum + (effects[factor]?.[place] as number), intercept))
    const description = task.factors.map(({ key, values }, factor) => ({
      key,
      value: values[places[factor] as number] as string,
    }))
    const id = `risk/${task.id}/${index}`
    return {
      id,
      task: task.id,
      everyday: task.everyday,
      header,
      description,
      question: task.question,
      choices: task.choices,
      pstar,
      label: own.next() < pstar ? 1 : 0,
      group: description[0]?.value as string,
      cluster: id,
    }
  })
}
