import type { Capabilities } from '../../../schema/capabilities.ts'
import { ModelError } from '../errors.ts'
import type { SamplingQuestion } from '../question.ts'
import { type Prober, reasonOf, samplesOf, simplest, tried } from './prober.ts'

/** Whether samples are drawn: several in one request, with a seed, and not one and the same again and again. */

const allEqual = (texts: readonly string[]): boolean => texts.every((text) => text === texts[0])

const sameAgain =
  'Two seeds gave the same sample: the server draws nothing, or the model is certain. What rests on samples may see no difference.'

/** Texts of samples drawn at temperature 1, long enough that two hardly agree by chance. Raises what makes a target unusable. */
async function draw(
  { dialect, ask }: Prober,
  found: Capabilities,
  more: Partial<SamplingQuestion>,
): Promise<string[] | ModelError> {
  const question = simplest(found, { temperature: 1, maxTokens: 24, ...more })
  const answer = await tried(ask(dialect.split(question, { ...found, multipleSamples: true, seed: true })))
  return answer instanceof ModelError ? answer : samplesOf(answer).map(({ text }) => text)
}

/**
 * Finds whether one request may ask for several samples, and whether a seed is honoured. Samples that are copies of
 * each other would make every model look certain: where a server draws the replies of one request alike, or does so
 * once it is given a seed, each reply is asked for by itself, with a seed of its own.
 */
export async function probeDraws(prober: Prober, found: Capabilities): Promise<void> {
  const { claims } = prober.dialect
  const two = claims.multipleSamples ? await draw(prober, found, { n: 2 }) : null
  if (two instanceof ModelError) found.missing.multipleSamples = reasonOf(two)
  else if (two !== null && two.length !== 2) found.missing.multipleSamples = 'n was not honoured.'
  else if (two !== null) found.multipleSamples = true
  if (!claims.seed) return
  const first = await draw(prober, found, { seed: 11 })
  const second = await draw(prober, found, { seed: 11 })
  if (first instanceof ModelError || second instanceof ModelError) {
    found.missing.seed = reasonOf(first instanceof ModelError ? first : second)
    return
  }
  found.seed = first[0] === second[0]
  if (!found.seed) {
    found.missing.seed = 'The same seed gave two different answers.'
    return
  }
  const other = await draw(prober, found, { seed: 12 })
  const varies = other instanceof ModelError || other[0] !== first[0]
  const apart = found.multipleSamples && !allEqual(two as string[])
  if (!varies && !apart) found.missing.sampling = sameAgain
  else if (found.multipleSamples) await refuseCopies(prober, found, apart)
}

/** `apart`: without a seed the samples of one request differ. */
async function refuseCopies(prober: Prober, found: Capabilities, apart: boolean): Promise<void> {
  const seeded = apart ? await draw(prober, found, { seed: 11, n: 2 }) : null
  if (seeded !== null && !(seeded instanceof ModelError) && !allEqual(seeded)) return
  found.multipleSamples = false
  found.missing.multipleSamples =
    seeded instanceof ModelError
      ? reasonOf(seeded)
      : `${apart ? 'With a seed the' : 'The'} samples of one request are copies of each other.`
}
