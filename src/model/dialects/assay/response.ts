import { contextWords, ModelError, quoteServer } from '../../errors.ts'
import { assertPlausible, checkedLogprob, checkedTop, tokensOfText } from '../../logprobs.ts'
import { massOf } from '../../mass.ts'
import type { ModelErrorKind, Sample, ScoredToken, TokenLogprob, TokenScores, TokenTerms } from '../../model.ts'
import type {
  Answer,
  ChatQuestion,
  CompleteQuestion,
  MassQuestion,
  ScoreQuestion,
  StatesQuestion,
} from '../../question.ts'
import { partReasoning } from '../../reasoning.ts'
import { totals } from '../../scored-text.ts'
import type { Decoded, Piece, Surface, WireContext } from '../dialect.ts'
import { attempt, checkedVector, isObject } from '../openai/response.ts'
import { decode as decodeVllm } from '../vllm/response.ts'
import { compared, dropped, judged } from './divergence.ts'
import type {
  CompareResult,
  DropoutResult,
  EmbedResult,
  EntailResult,
  GenerateResult,
  OwnError,
  OwnToken,
  OwnUsage,
  ResultList,
  ScoreResult,
  StatesResult,
} from './wire.ts'

/** How the GPU backend's own surface answers. */

const kinds: Record<string, ModelErrorKind> = {
  context_too_long: 'context_too_long',
  context_length_exceeded: 'context_too_long',
  model_not_found: 'model_not_found',
  out_of_memory: 'server_error',
  timeout: 'timeout',
  cancelled: 'server_error',
  internal: 'server_error',
  capability_missing: 'capability_missing',
  unsupported: 'capability_missing',
  tokenizers_differ: 'capability_missing',
  out_of_vocabulary: 'out_of_world',
}

function assertNoError({ error }: { error?: OwnError }, apiKey: string | null): void {
  if (!error) return
  const { code = '', message = 'The server refused the question.', pointer } = error
  const kind = kinds[code] ?? (contextWords.test(message) ? 'context_too_long' : 'rejected')
  throw new ModelError(kind, quoteServer(pointer ? `${message} (${pointer})` : message, apiKey))
}

const half = (entry: OwnToken) => (entry.bytes && entry.token.includes('\ufffd') ? { bytes: entry.bytes } : {})

/** Terms of the full distribution: absent, or three numbers. */
function termsOf({ terms }: OwnToken): { terms?: TokenTerms } {
  if (!terms) return {}
  const { renyi, fisherRao, selfCertainty } = terms
  if (![renyi, fisherRao, selfCertainty].every(Number.isFinite))
    throw new ModelError('invalid_logprobs', "A token's terms are no numbers.")
  return { terms: { renyi, fisherRao, selfCertainty } }
}

function generated(entry: OwnToken, most: number): TokenLogprob {
  return {
    token: entry.token,
    id: entry.id,
    ...half(entry),
    logprob: checkedLogprob(entry.logprob, 'generated tokens'),
    ...(typeof entry.rank === 'number' ? { rank: entry.rank } : {}),
    ...(typeof entry.entropy === 'number' ? { entropy: entry.entropy } : {}),
    ...termsOf(entry),
    top: checkedTop(entry.top ?? [], most),
  }
}

function samplesOf(piece: Piece, result: GenerateResult, tags: readonly string[]): Sample[] {
  const question = piece.question as ChatQuestion | CompleteQuestion
  const { choices } = result
  if (!Array.isArray(choices) || choices.length !== piece.n)
    throw new ModelError('malformed', `The answer does not hold ${piece.n} choices.`)
  return choices.map((choice) => {
    if (typeof choice.text !== 'string') throw new ModelError('empty', 'The answer holds no text.')
    const { text, reasoning, unclosed } = partReasoning(choice.text, tags)
    const finishReason =
      choice.finishReason === 'stop' || choice.finishReason === 'length' ? choice.finishReason : 'unknown'
    const sample: Sample = { text, finishReason: unclosed ? 'length' : finishReason }
    if (question.topLogprobs !== undefined || question.entropy || question.terms) {
      const tokens = (choice.tokens ?? []).map((entry) => generated(entry, question.topLogprobs ?? 0))
      if (tokens.length === 0 && text !== '')
        throw new ModelError('invalid_logprobs', 'Log-probabilities were asked for, and the answer has none.')
      assertPlausible(tokens, 8)
      sample.tokens = reasoning !== undefined && text === '' ? [] : tokensOfText(tokens, text)
    }
    if (reasoning) sample.reasoning = reasoning
    return sample
  })
}

function scored({ question }: Piece, result: ScoreResult): Answer {
  if (question.kind === 'mass') return { mass: massTold(question, result) }
  return { scores: scoresOf(question as ScoreQuestion, result) }
}

function massTold({ phrases }: MassQuestion, result: ScoreResult): NonNullable<Answer['mass']> {
  const told = result.phrases
  if (!Array.isArray(told) || told.length !== phrases.length)
    throw new ModelError('malformed', `The answer does not hold ${phrases.length} phrases.`)
  return massOf(
    phrases,
    told.map(({ logprob }) => checkedLogprob(logprob, 'phrases')),
  )
}

function scoresOf({ continuations, topLogprobs }: ScoreQuestion, result: ScoreResult): TokenScores[] {
  const answered = result.continuations
  const sent = continuations.filter((continuation) => continuation !== '').length
  if (!Array.isArray(answered) || answered.length !== sent)
    throw new ModelError('malformed', `The answer does not hold ${sent} continuations.`)
  let next = 0
  return continuations.map((continuation) =>
    continuation === '' ? totals([], false) : ownScores(answered[next++] as OwnContinuation, topLogprobs),
  )
}

type OwnContinuation = NonNullable<ScoreResult['continuations']>[number]

function ownScores({ tokens, bos }: OwnContinuation, topLogprobs: number | undefined): TokenScores {
  const given = tokens.map((entry, index): ScoredToken => {
    if (typeof entry.start !== 'number' || typeof entry.end !== 'number' || entry.end < entry.start)
      throw new ModelError('invalid_logprobs', `Token ${index} has no byte offsets.`)
    if (entry.logprob === null && index > 0)
      throw new ModelError('invalid_logprobs', `Token ${index} of the text has no log-probability.`)
    return {
      token: entry.token,
      id: entry.id,
      start: entry.start,
      end: entry.end,
      logprob: entry.logprob === null ? null : checkedLogprob(entry.logprob, 'given tokens'),
      rank: entry.rank ?? null,
      entropy: entry.entropy ?? null,
      ...termsOf(entry),
      ...(topLogprobs === undefined ? {} : { top: checkedTop(entry.top ?? [], topLogprobs) }),
    }
  })
  assertPlausible(given, 4)
  return totals(given, bos === true)
}

function statesOf({ question }: Piece, { states }: StatesResult): number[][] {
  const { length } = (question as StatesQuestion).continuations
  if (!Array.isArray(states) || states.length !== length)
    throw new ModelError('malformed', `The answer does not hold ${length} states.`)
  return states.map(checkedVector)
}

/** Reads a piece's own results, one or as many as it has texts. */
const readers: Partial<
  Record<Surface, (piece: Piece, results: never[], list: ResultList<unknown>, context: WireContext) => Answer>
> = {
  generate: (piece, [result]: GenerateResult[], _, { target }) => ({
    samples: samplesOf(piece, result as GenerateResult, target.reasoningTags),
  }),
  score: (piece, [result]: ScoreResult[]) => scored(piece, result as ScoreResult),
  dropout: (_, [result]: DropoutResult[]) => ({ dropout: dropped(result as DropoutResult) }),
  states: (piece, [result]: StatesResult[]) => ({ vectors: statesOf(piece, result as StatesResult) }),
  compare: (_, results: CompareResult[]) => ({ comparisons: results.map(compared) }),
  entail: (_, results: EntailResult[], { by }) => ({ entailments: results.map((result) => judged(result, by)) }),
  embedding: (_, results: EmbedResult[]) => ({ vectors: results.map(({ embedding }) => checkedVector(embedding)) }),
}

const isList = (surface: Surface) => surface === 'compare' || surface === 'entail' || surface === 'embedding'

export function decode(pieces: Piece[], body: unknown, context: WireContext): Decoded {
  const { surface } = pieces[0] as Piece
  const read = readers[surface]
  if (read === undefined) return decodeVllm(pieces, body, context)
  if (!isObject(body) || !Array.isArray(body.results)) throw new ModelError('malformed', 'The answer has no "results".')
  const list = body as unknown as ResultList<{ usage?: OwnUsage }>
  const { results } = list
  const count = isList(surface) ? pieces.reduce((sum, { n }) => sum + n, 0) : pieces.length
  if (results.length !== count)
    throw new ModelError('malformed', `The answer has ${results.length} results where ${count} were asked for.`)
  let place = 0
  const answers = pieces.map((piece) => {
    const own = results.slice(place, place + (isList(surface) ? piece.n : 1))
    place += own.length
    return attempt(() => {
      for (const result of own) {
        if (!isObject(result)) throw new ModelError('malformed', 'A result is no JSON object.')
        assertNoError(result, context.target.apiKey)
      }
      return read(piece, own as never[], list, context)
    })
  })
  return { answers, usage: usageOf(list), ...(typeof list.model === 'string' ? { model: list.model } : {}) }
}

function usageOf({ results }: ResultList<{ usage?: OwnUsage }>): Decoded['usage'] {
  let promptTokens = 0
  let completionTokens = 0
  let told = false
  for (const { usage } of results) {
    told ||= typeof usage?.promptTokens === 'number'
    promptTokens += usage?.promptTokens ?? 0
    completionTokens += usage?.completionTokens ?? 0
  }
  return told ? { promptTokens, completionTokens } : null
}
