import type { Random } from '../../methods/random.ts'
import {
  empiricalIterativePrompting,
  iterativePrompting,
  pairInformation,
} from '../../methods/uncertainty/iterative-prompting.ts'
import type { Model } from '../../model/model.ts'
import { ask, continued, promptFor } from '../asking.ts'
import { type AnswerClass, classPlace } from './iterative-prompting.classes.ts'
import type { IterativeDetail, IterativeItem, IterativeParams } from './iterative-prompting.ts'

/** The question alone. */
export const plain = (question: string): string => `Answer in a few words.\nQuestion: ${question}`

/** The question after answers to it have been stated, each in a line of its own. */
export const hinted = (question: string, answers: readonly string[]): string =>
  [
    `Question: ${question}`,
    ...answers.map((answer, place) => `${place === 0 ? 'One' : 'Another'} answer to this question is: ${answer}`),
    plain(question),
  ].join('\n')

type Measured = Pick<
  IterativeDetail,
  'first' | 'second' | 'information' | 'informationWithoutCopying' | 'informationBound' | 'entropy' | 'copyingRate'
>

interface Measuring {
  target: Model
  mode: 'chat' | 'completion'
  scored: boolean
  item: IterativeItem
  classes: readonly AnswerClass[]
  params: IterativeParams
  /** Share of answers that the samples have not shown, as far as they tell. */
  missingMass: number
  random: Random
}

/** What is told of an item that nothing could be measured of. */
export const notMeasured: Measured = {
  first: [],
  second: [],
  information: null,
  informationWithoutCopying: null,
  informationBound: null,
  entropy: null,
  copyingRate: null,
}

/** How answers depend on answers shown: by scoring each class given each, else by samples after each. */
export async function measure(measuring: Measuring): Promise<Measured> {
  const { classes, scored, missingMass } = measuring
  const found = scored ? await byScores(measuring) : await bySamples(measuring)
  if (!found) return notMeasured
  const { information, informationWithoutCopying, entropy, copyingRate } = found
  const samples = classes.reduce((sum, { size }) => sum + size, 0)
  const gamma1 = 1 / (samples * classes.length)
  return {
    first: Array.from(found.first),
    second: found.second.map((row) => Array.from(row)),
    information,
    informationWithoutCopying,
    informationBound: pairInformation(found.first, found.second, { gamma1, gamma2: gamma1 + missingMass }),
    entropy,
    copyingRate,
  }
}

async function byScores({ target, mode, item, classes, params }: Measuring) {
  const texts = continued(
    mode,
    classes.map(({ text }) => text),
  )
  const logsOf = async (prompt: string) =>
    (await target.score(promptFor(target, mode, prompt), texts)).map(({ logprob }) => logprob)
  const [first, ...second] = await Promise.all([
    logsOf(plain(item.question)),
    ...classes.map(({ text }) => logsOf(hinted(item.question, [text]))),
  ])
  return iterativePrompting(first as number[], second, { gamma1: params.gamma, gamma2: params.gamma })
}

/** Answers of no known class are left out: the shares are over the classes. */
async function bySamples({ target, mode, item, classes, params, random }: Measuring) {
  const sampling = {
    n: params.shownSamples,
    temperature: params.temperature,
    maxTokens: params.maxTokens,
    stop: ['\n'],
  }
  const rows = await Promise.all(
    classes.map(async ({ text }) => {
      const counts = classes.map(() => 0)
      for (const sample of await ask(target, mode, hinted(item.question, [text]), sampling)) {
        const place = classPlace(sample.text.trim(), classes)
        if (place >= 0) counts[place] = (counts[place] as number) + 1
      }
      return counts
    }),
  )
  return empiricalIterativePrompting(
    classes.map(({ size }) => size),
    rows,
    random.fork('redraws'),
  )
}
