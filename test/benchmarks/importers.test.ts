import { describe, expect, it } from 'vitest'
import type { AnyBenchmark, Importer } from '../../src/benchmarks/define.ts'
import { idkToken } from '../../src/benchmarks/uncertainty/idk-token.ts'
import { iterativePrompting } from '../../src/benchmarks/uncertainty/iterative-prompting.ts'
import { pairCheating } from '../../src/benchmarks/uncertainty/pair-cheating.ts'
import { selfEvaluation } from '../../src/benchmarks/uncertainty/self-evaluation.ts'

/** The item that an importer makes of a record, after the benchmark's own shape has taken it. */
const imported = (benchmark: AnyBenchmark, name: string, record: Record<string, unknown>, index = 3) => {
  const importer = benchmark.importers?.[name] as Importer<unknown>
  expect(importer.required.filter((field) => !Object.hasOwn(record, field))).toEqual([])
  return benchmark.item.parse(importer.toItem(record, index))
}

describe('idk-token', () => {
  const popqa = {
    id: '4222362',
    subj: 'George Rankin',
    s_uri: 'http://www.wikidata.org/entity/Q5543720',
    s_pop: '142',
    question: "What is George Rankin's occupation?",
    possible_answers: '["politician", "political leader", "politician"]',
  }
  it('reads PopQA with its popularity as stratum', () => {
    expect(imported(idkToken, 'popqa-tsv', popqa)).toMatchObject({
      id: 'popqa/4222362',
      prompt: "What is George Rankin's occupation?",
      answers: ['politician', 'political leader'],
      stratum: 'tail',
      unanswerable: false,
    })
    expect(imported(idkToken, 'popqa-tsv', { ...popqa, s_pop: '10000' }).stratum).toBe('head')
    expect(imported(idkToken, 'popqa-tsv', { ...popqa, s_pop: '1000' }).stratum).toBe('torso')
    expect(() => imported(idkToken, 'popqa-tsv', { ...popqa, possible_answers: 'politician' })).toThrow(
      /possible_answers is no JSON list/,
    )
    expect(() => imported(idkToken, 'popqa-tsv', { ...popqa, s_pop: 'many' })).toThrow(/s_pop/)
  })

  it('reads TriviaQA with its aliases', () => {
    const record = {
      question: 'Which city was once called Byzantium?',
      question_id: 'tc_1',
      answer: { value: 'Istanbul', aliases: ['Istanbul', 'Constantinople'], normalized_aliases: ['istanbul'] },
    }
    expect(imported(idkToken, 'triviaqa-jsonl', record)).toMatchObject({
      id: 'triviaqa/tc_1',
      answers: ['Istanbul', 'Constantinople'],
    })
    expect(() => imported(idkToken, 'triviaqa-jsonl', { ...record, answer: {} })).toThrow(/answer/)
  })

  it('reads LAMA: a mask at the end is an opening, elsewhere it is asked for', () => {
    const end = { uuid: 'u1', obj_label: 'Paris', predicate_id: 'P19', masked_sentence: 'He was born in [MASK] .' }
    expect(imported(idkToken, 'lama-trex-jsonl', end)).toMatchObject({
      id: 'lama/u1',
      prompt: 'He was born in',
      answers: ['Paris'],
      stratum: 'P19',
    })
    const middle = { obj_label: 'Paris', evidences: [{ masked_sentence: '[MASK] is the capital of France.' }] }
    expect(imported(idkToken, 'lama-trex-jsonl', middle)).toMatchObject({
      id: 'lama/3',
      prompt: 'What stands in place of [MASK]? [MASK] is the capital of France.',
    })
    expect(() => imported(idkToken, 'lama-trex-jsonl', { obj_label: 'Paris' })).toThrow(/masked_sentence/)
  })
})

describe('self-evaluation', () => {
  it('reads TruthfulQA as lines and as its own table alike', () => {
    const lines = imported(selfEvaluation, 'truthfulqa-jsonl', {
      question: 'Do cats bark?',
      best_answer: 'No, cats do not bark',
      correct_answers: ['Cats meow', 'No, cats do not bark'],
      incorrect_answers: ['Yes, all cats bark'],
      category: 'Animals',
    })
    expect(lines).toMatchObject({
      id: 'truthfulqa/3',
      answers: ['No, cats do not bark', 'Cats meow'],
      wrongAnswers: ['Yes, all cats bark'],
      stratum: 'Animals',
    })
    const table = imported(selfEvaluation, 'truthfulqa-csv', {
      Category: 'Animals',
      Question: 'Do cats bark?',
      'Best Answer': 'No, cats do not bark',
      'Correct Answers': 'Cats meow; No, cats do not bark;',
      'Incorrect Answers': 'Yes, all cats bark',
    })
    expect(table).toEqual(lines)
  })

  it('reads posts with summaries', () => {
    const item = imported(selfEvaluation, 'tldr-jsonl', { post: 'I lost my key.', summary: 'Key lost.' })
    expect(item).toMatchObject({ reference: 'Key lost.', answers: [], question: expect.stringContaining('I lost') })
    expect(() => imported(selfEvaluation, 'tldr-jsonl', { post: 'x', summary: ' ' })).toThrow(/summary/)
  })
})

describe('iterative-prompting', () => {
  it('reads AmbigQA in both of its shapes: several readings are several right answers', () => {
    const question = 'When did the Simpsons first air?'
    const light = [
      {
        type: 'multipleQAs',
        qaPairs: [
          { question: 'as a short', answer: ['April 19, 1987'] },
          { question: 'as a show', answer: ['December 17, 1989', '1989'] },
        ],
      },
    ]
    const nested = [
      {
        type: ['multipleQAs'],
        qaPairs: [{ question: ['a', 'b'], answer: [['April 19, 1987'], ['1989']] }],
        answer: [[]],
      },
    ]
    const record = { id: '7', question }
    expect(imported(iterativePrompting, 'ambigqa-json', { ...record, annotations: light })).toMatchObject({
      id: 'ambigqa/7',
      kind: 'multi',
      answers: ['April 19, 1987', 'December 17, 1989', '1989'],
    })
    expect(imported(iterativePrompting, 'ambigqa-json', { ...record, annotations: nested })).toMatchObject({
      kind: 'multi',
      answers: ['April 19, 1987', '1989'],
    })
    const single = [{ type: 'singleAnswer', answer: ['Paris', 'City of Paris'] }]
    expect(imported(iterativePrompting, 'ambigqa-json', { ...record, annotations: single })).toMatchObject({
      kind: 'single',
      answers: ['Paris', 'City of Paris'],
    })
    expect(() => imported(iterativePrompting, 'ambigqa-json', { ...record, annotations: [] })).toThrow(/annotations/)
  })

  it('reads hyponyms and TriviaQA', () => {
    expect(
      imported(iterativePrompting, 'hyponyms-jsonl', { word: 'body_of_water', hyponyms: ['lake', 'salt_lake'] }),
    ).toMatchObject({ question: 'Name a kind of body of water.', answers: ['lake', 'salt lake'], kind: 'multi' })
    const trivia = { question: 'Which city?', answer: { value: 'Istanbul' } }
    expect(imported(iterativePrompting, 'triviaqa-jsonl', trivia)).toMatchObject({ kind: 'single' })
  })
})

describe('pair-cheating', () => {
  it('reads ChaosNLI and any labelled questions', () => {
    const record = {
      uid: 'u1',
      example: { premise: 'A man sleeps.', hypothesis: 'A person rests.' },
      label_counter: { e: 80, n: 20 },
    }
    expect(imported(pairCheating, 'chaosnli-jsonl', record)).toMatchObject({
      id: 'chaosnli/u1',
      outcomes: ['entailment', 'neutral', 'contradiction'],
      counts: [80, 20, 0],
      wording: 'opinion',
    })
    expect(() => imported(pairCheating, 'chaosnli-jsonl', { ...record, label_counter: { e: 'many' } })).toThrow(
      /label_counter/,
    )
    expect(imported(pairCheating, 'labelled-jsonl', { question: 'Is it?', labels: { yes: 3, no: 0 } })).toMatchObject({
      outcomes: ['yes', 'no'],
      counts: [3, 0],
    })
    expect(() => imported(pairCheating, 'labelled-jsonl', { question: 'Is it?', labels: { yes: 3 } })).toThrow(/labels/)
  })
})
