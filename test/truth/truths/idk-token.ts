import { averagePrecision, rocAuc } from '../../../src/methods/statistics/binary-classification.ts'
import { mean } from '../../../src/methods/statistics/summary.ts'
import { drawnQuestions, type KnownQuestion } from '../../servers/known-world.ts'
import { metricOf, type Truths } from '../coverage.ts'

/** What the stated masses of one question come to. */
interface Told {
  mass: number
  /** Whether "I don't know" is the likeliest of all that it may say. */
  says: boolean
  right: boolean
}

/** The greedy reply of a stated distribution, the first of equals. */
const likeliest = ({ belief }: KnownQuestion) => belief.reduce((best, one) => (one[1] > best[1] ? one : best))

/** True figures of `idk-token`: what the stated masses of a large population come to, with nothing asked. */
export function idkTruths(size: number): Truths {
  const population = drawnQuestions('population', size).map((question): Told => {
    const [answer, share] = likeliest(question)
    return {
      mass: question.idk,
      says: question.idk > (1 - question.idk) * share,
      right: question.answers.includes(answer),
    }
  })
  const share = (some: readonly Told[], hit: (one: Told) => boolean) => mean(some.map((one) => Number(hit(one))))
  const [right, wrong] = [population.filter((one) => one.right), population.filter((one) => !one.right)]
  const masses = population.map(({ mass }) => mass)
  const errors = population.map((one) => !one.right)
  const [auc, precisionOfMass] = [rocAuc(masses, errors), averagePrecision(masses, errors)]
  const figures = (abstains: (one: Told) => boolean) => {
    const answered = population.filter((one) => !abstains(one))
    const kept = answered.filter((one) => one.right).length
    const [precision, recall] = [kept / answered.length, kept / population.length]
    return {
      precision,
      recall,
      f1: (2 * precision * recall) / (precision + recall),
      idkPrecision: share(population.filter(abstains), (one) => !one.right),
      idkRecall: share(wrong, abstains),
      idkError: share(right, abstains),
    }
  }
  const spoken = figures((one) => one.says)
  // At the threshold that the run chose: the figures of that very rule.
  const atThreshold = new Map<number, ReturnType<typeof figures>>()
  const chosen: (run: Parameters<Truths[string]>[0]) => ReturnType<typeof figures> = ({ report }) => {
    const cut = metricOf(report, 'threshold')?.value ?? Number.POSITIVE_INFINITY
    const known = atThreshold.get(cut) ?? figures((one) => one.says || one.mass >= cut)
    atThreshold.set(cut, known)
    return known
  }
  return {
    headline: (run) => chosen(run).idkRecall,
    idkErrorAtThreshold: (run) => chosen(run).idkError,
    f1AtThreshold: (run) => chosen(run).f1,
    baselineAccuracy: () => right.length / population.length,
    precision: () => spoken.precision,
    recall: () => spoken.recall,
    f1: () => spoken.f1,
    idkPrecision: () => spoken.idkPrecision,
    idkRecall: () => spoken.idkRecall,
    idkError: () => spoken.idkError,
    knowledgeLoss: () => spoken.idkError,
    rocAuc: () => auc,
    averagePrecision: () => precisionOfMass,
  }
}
