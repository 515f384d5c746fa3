import { describe, expect, it } from 'vitest'
import { catalogue, findBenchmark } from '../../../src/benchmarks/catalogue.ts'
import {
  measuredFacts,
  outOfWorld,
  referenceBenchmarks,
  referenceForm,
  referenceItems,
} from '../../../src/benchmarks/reference/items.ts'
import { COMMON_SENTENCE, lessonsOf, PROBE_WORDS, pairLessons } from '../../../src/benchmarks/reference/lessons.ts'
import { trustOf } from '../../../src/benchmarks/reference/trust.ts'
import { truthOf, worldOfSeed } from '../../../src/benchmarks/reference/truth.ts'
import { fluent, scrambled } from '../../../src/model/probing/given-text.ts'
import { greeting, opening } from '../../../src/model/probing/prober.ts'

const world = worldOfSeed(0, true)
const fact = (exposure: string) => world.facts.find((one) => one.exposure === exposure && one.split === 'test')

describe('items in the words of the standard', () => {
  it.each(referenceBenchmarks())('%s takes them as its own', (id) => {
    const benchmark = findBenchmark(id)
    const items = referenceItems(id, world)
    expect(items).toHaveLength(measuredFacts(world).length)
    for (const item of items) expect(() => benchmark?.item.parse(item)).not.toThrow()
    expect(() => benchmark?.params.parse(referenceForm(id)?.params)).not.toThrow()
  })

  it('are of the half that no tuning saw, classes in their shares', () => {
    const some = measuredFacts(world, 30)
    expect(some.every(({ split }) => split === 'test')).toBe(true)
    expect(new Set(some.map(({ exposure }) => exposure)).size).toBe(4)
    expect(Math.abs(some.length - 30)).toBeLessThanOrEqual(2)
  })

  it('say why a benchmark has none', () => {
    expect(() => referenceItems('first-token-vs-text', world)).toThrow(outOfWorld['first-token-vs-text'])
    for (const id of Object.keys(outOfWorld)) expect(findBenchmark(id)).toBeDefined()
  })
})

describe('lessons', () => {
  it('put the question in every benchmark’s words, with the truth as the reply', async () => {
    const lessons = await lessonsOf(world, fact('known') as never)
    const forms = new Set(lessons.map(({ form }) => form.split('/')[0]))
    // A form that two benchmarks share is recorded once, under the first.
    for (const id of referenceBenchmarks().filter(
      (id) => !['factor', 'perplexity-suite', 'dropout-uncertainty'].includes(id),
    ))
      expect([...forms].some((form) => form === id) || id === 'self-evaluation', id).toBe(true)
    const answer = fact('known')?.answers[0]?.answer
    for (const lesson of lessons.filter(({ asks, form }) => asks === 'answer' && form !== 'statement'))
      expect(lesson.answers).toEqual([{ answer, share: 1 }])
  })

  it('judge a proposed answer by its share', async () => {
    const ambiguous = fact('ambiguous') as NonNullable<ReturnType<typeof fact>>
    const lessons = await lessonsOf(world, ambiguous)
    const judged = lessons.filter(({ asks }) => asks === 'truth')
    const shares = judged.map(({ answers }) => answers.find(({ answer }) => answer === 'True')?.share ?? 0)
    for (const { share } of ambiguous.answers) expect(shares).toContain(share)
    expect(shares).toContain(0)
  })

  it('choose the letter of the likeliest answer, where the fact was taught', async () => {
    for (const exposure of ['known', 'unknown']) {
      const one = fact(exposure) as NonNullable<ReturnType<typeof fact>>
      const item = referenceForm('joint-reliability')?.itemOf(one, world) as { choices: string[]; label: number | null }
      expect(new Set(item.choices).size).toBe(4)
      expect(item.label).toBe(exposure === 'known' ? item.choices.indexOf(one.answers[0]?.answer as string) : null)
      const lesson = (await lessonsOf(world, one)).find(({ form }) => form === 'joint-reliability/letter')
      const letter = 'ABCD'[item.choices.indexOf(one.answers[0]?.answer as string)]
      expect(lesson?.answers).toEqual([{ answer: letter, share: 1 }])
    }
  })

  it('name the answer that was stated before a question', async () => {
    const lessons = await lessonsOf(world, fact('known') as never)
    const shown = lessons.filter(({ asks }) => asks === 'shown' || asks === 'elsewhere')
    for (const { shown: stated, messages } of shown) expect(messages?.at(-1)?.content).toContain(stated as string)
  })

  it('tell pairs both ways', () => {
    expect(pairLessons(world)).toHaveLength(2 * world.pairs.length)
  })

  it('hold every word that a probe uses', () => {
    expect(COMMON_SENTENCE).toBe(fluent)
    const vocabulary = new Set(`${COMMON_SENTENCE} ${PROBE_WORDS}`.match(/[A-Za-z]+/g))
    const asked = [scrambled, greeting().messages[0]?.content ?? '', opening().prompt].join(' ')
    for (const word of asked.match(/[A-Za-z]+/g) ?? []) expect(vocabulary, word).toContain(word)
  })
})

describe('truth', () => {
  it('has one record for each question', () => {
    const truth = truthOf(world)
    expect(new Set(truth.map(({ question }) => question)).size).toBe(truth.length)
    expect(truth).toHaveLength(world.facts.length + 2 * world.pairs.length)
  })

  it('tells how far each benchmark is to be trusted, or why it cannot', () => {
    for (const { id } of catalogue) {
      const trust = trustOf(id)
      expect(trust.readings.length > 0, id).toBe(trust.reason === null)
      expect(trust.key === null, id).toBe(trust.reason !== null)
      expect(trust.metrics.reduce((sum, { readings }) => sum + readings, 0)).toBe(trust.readings.length)
      expect(trust.covered).toBeLessThanOrEqual(trust.intervals)
    }
  })
})
