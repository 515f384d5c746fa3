import { type EstimateRequest, estimateLimits } from '../../schema/estimate.ts'
import type { ProblemEntry } from '../../schema/problem.ts'
import { pointerTo } from '../runs/plan-error.ts'

/** As many problems as are named at once. */
const shown = 20

type Item = EstimateRequest['items'][number]
type Say = (detail: string, ...path: (string | number)[]) => void

/** Lists of one item that do not belong together, as JSON pointers into the request: at most twenty. */
export function misfits({ items, fitEmbeddings, backgroundEmbeddings }: EstimateRequest): ProblemEntry[] {
  const errors: ProblemEntry[] = []
  const at =
    (...head: (string | number)[]): Say =>
    (detail, ...path) => {
      if (errors.length < shown) errors.push({ pointer: pointerTo(...head, ...path), detail })
    }
  const width = fitEmbeddings?.[0]?.length
  const even = (rows: readonly (readonly number[])[] | undefined, name: string) =>
    rows?.forEach((row, i) => {
      if (row.length !== (width ?? rows[0]?.length))
        at(name, i)(`It holds ${row.length} numbers, others ${width ?? rows[0]?.length}.`)
    })
  even(fitEmbeddings, 'fitEmbeddings')
  even(backgroundEmbeddings, 'backgroundEmbeddings')
  const fitted = width ?? backgroundEmbeddings?.[0]?.length
  items.forEach((item, i) => {
    const say = at('items', i)
    checkTokens(item, say)
    checkSamples(item, say)
    checkShown(item, say)
    const { answerEmbedding } = item
    if (answerEmbedding && answerEmbedding.length > 0 && fitted !== undefined && answerEmbedding.length !== fitted)
      say(`It holds ${answerEmbedding.length} numbers, the fit set ${fitted}.`, 'answerEmbedding')
  })
  return errors
}

/** Lists with one member a token of the greedy answer. */
function checkTokens(item: Item, say: Say): void {
  const lists = [
    'greedyLogprobs',
    'greedyTopK',
    'greedyEntropies',
    'fullDistributions',
    'vocabularyTerms',
    'unconditionalLogprobs',
    'alternativeNli',
    'tokenSimilarity',
  ] as const
  const [first, ...rest] = lists.filter((name) => item[name] !== undefined)
  if (first === undefined) return
  const length = (item[first] as unknown[]).length
  for (const name of rest) {
    const own = (item[name] as unknown[]).length
    if (own !== length) say(`It has ${own} tokens, ${first} has ${length}.`, name)
  }
  item.alternativeNli?.forEach((relations, t) => {
    const wanted = item.greedyTopK?.[t]?.length
    if (wanted !== undefined && relations.length !== wanted)
      say(`It has ${relations.length} relations for ${wanted} alternatives.`, 'alternativeNli', t)
  })
  const vocabulary = item.fullDistributions?.[0]?.length
  item.fullDistributions?.forEach((row, t) => {
    if (row.length !== vocabulary)
      say(`It has ${row.length} entries, the first position ${vocabulary}.`, 'fullDistributions', t)
  })
  const [member] = item.ensembleDistributions ?? []
  item.ensembleDistributions?.forEach((positions, m) => {
    if (positions.length !== member?.length)
      say('The members differ in their number of positions.', 'ensembleDistributions', m)
    positions.forEach((row, t) => {
      if (row.length !== member?.[t]?.length)
        say('The members differ in their vocabulary.', 'ensembleDistributions', m, t)
    })
  })
}

/** Lists and matrices with one member a sample. */
function checkSamples(item: Item, say: Say): void {
  const matrices: [readonly (readonly number[])[] | undefined, ...string[]][] = [
    [item.nli?.entail, 'nli', 'entail'],
    [item.nli?.contradict, 'nli', 'contradict'],
    [item.nliLogits?.entail, 'nliLogits', 'entail'],
    [item.nliLogits?.contradict, 'nliLogits', 'contradict'],
    [item.similarity, 'similarity'],
  ]
  const lists: [readonly unknown[] | undefined, ...string[]][] = [
    [item.samples, 'samples'],
    [item.sampleLogprobs, 'sampleLogprobs'],
    ...matrices,
    [item.greedySimilarity, 'greedySimilarity'],
    [item.greedyNli?.contradict, 'greedyNli', 'contradict'],
    [item.greedyNli?.neutral, 'greedyNli', 'neutral'],
    [item.sampleTokenSimilarity, 'sampleTokenSimilarity'],
    [item.sampleEmbeddings, 'sampleEmbeddings'],
  ]
  const [first] = lists.filter(([list]) => list !== undefined)
  const count = first?.[0]?.length
  for (const [list, ...path] of lists)
    if (list && list.length !== count) say(`It has ${list.length} members for ${count} samples.`, ...path)
  for (const [rows, ...path] of matrices)
    rows?.forEach((row, i) => {
      if (row.length !== rows.length) say(`It has ${row.length} columns for ${rows.length} rows.`, ...path, i)
    })
  item.sampleTokenSimilarity?.forEach((row, i) => {
    const wanted = item.sampleLogprobs?.[i]?.length
    if (wanted !== undefined && row.length !== wanted)
      say(`It has ${row.length} tokens, the sample ${wanted}.`, 'sampleTokenSimilarity', i)
  })
  item.sampleEmbeddings?.forEach((row, i) => {
    const wanted = item.sampleEmbeddings?.[0]?.length
    if (row.length !== wanted) say(`It holds ${row.length} numbers, the first ${wanted}.`, 'sampleEmbeddings', i)
  })
  const characters = item.samples?.reduce((sum, sample) => sum + sample.length, 0) ?? 0
  if (characters > estimateLimits.sampleCharacters)
    say(`The samples of one item may have ${estimateLimits.sampleCharacters} characters together.`, 'samples')
}

/** Square tables of answers that were shown. */
function checkShown(item: Item, say: Say): void {
  for (const name of ['shownAnswers', 'shownAnswerCounts'] as const) {
    const given = item[name]
    if (!given) continue
    const count = given.alone.length
    if (given.shown.length !== count) say(`It has ${given.shown.length} rows for ${count} answers.`, name, 'shown')
    given.shown.forEach((row, i) => {
      if (row.length !== count) say(`It has ${row.length} columns for ${count} answers.`, name, 'shown', i)
    })
  }
}
