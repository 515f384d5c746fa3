import { z } from 'zod'
import { negativeLogLikelihood } from '../../methods/likelihood/perplexity.ts'
import { countBytes, countWords } from '../../methods/text/words.ts'
import type { Model, TokenScores } from '../../model/model.ts'
import { grammarTexts } from '../../worlds/grammar-text.ts'
import { proseDocuments } from '../../worlds/prose.ts'
import { errorKind, firstCapable } from '../asking.ts'
import { defineBenchmark, type Importer } from '../define.ts'
import { clipped } from '../report/rows.ts'
import { reportPerplexitySuite } from './perplexity-suite.report.ts'
import { headOf, type Window, windowsOf } from './windows.ts'

const params = z
  .object({
    maxBytes: z
      .number()
      .int()
      .min(64)
      .max(10_000_000)
      .optional()
      .meta({ description: 'Documents are cut at a word after this many bytes; left out: whole' }),
    windowTokens: z.number().int().min(64).max(1_000_000).default(4096).meta({
      description:
        'Most tokens scored at once (less where the context is shorter); longer documents slide by half a window',
    }),
  })
  .strict()
export type PerplexityParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  text: z.string().min(1),
  domain: z.string().default('unstated'),
  language: z.string().default('unstated'),
  /** Bits per byte that the text cannot be told in fewer of, where a generator knows it. */
  entropyRate: z.number().positive().optional(),
})
type PerplexityItem = z.infer<typeof item>

const count = z.number().int().min(0)
const row = z.object({
  domain: z.string(),
  language: z.string(),
  excerpt: z.string(),
  /** Sum over scored tokens, nats. */
  nll: z.number().min(0),
  tokens: count,
  bytes: count,
  words: count,
  /** Tokens said to be impossible, counted at 100 nats. */
  infTokens: count,
  /** Tokens by surprisal in tenths of a bit: [tenth, count]. */
  surprisals: z.array(z.tuple([count, count])),
  gzipBytes: count,
  bos: z.boolean(),
  windows: count,
  entropyRate: z.number().nullable(),
  /** The same text by the baseline; null where none is bound, or it cannot score the text. */
  baseline: z.object({ nll: z.number().min(0), tokens: count, bytes: count }).nullable(),
})
export type PerplexityDetail = z.infer<typeof row>

/** Bytes that a token is sure to hold on average in any text that a window is planned for. */
const BYTES_PER_TOKEN = 2.5

const jsonl: Importer<PerplexityItem> = {
  format: 'jsonl',
  title: 'JSON lines with a text each (and, where known, domain and language)',
  required: ['text'],
  toItem: (record, index) => {
    if (typeof record.text !== 'string' || record.text.trim() === '')
      throw new TypeError('field text is empty or missing')
    const named = (field: string): string =>
      typeof record[field] === 'string' ? (record[field] as string) : 'unstated'
    return { id: `text/${index}`, text: record.text, domain: named('domain'), language: named('language') }
  },
}

export const perplexitySuite = defineBenchmark({
  id: 'perplexity-suite',
  family: 'likelihood',
  version: 2,
  title: 'Perplexity and bits per byte of real text',
  question: 'How surprised is the model by real text, in a unit that can be compared across tokenizers?',
  formula:
    'nll = −Σ ln p(token | text before it). BPB = nll / (ln 2 · bytes); token, word and byte perplexity = exp(nll / tokens, words, bytes). Sums over all documents first, then the ratio.',
  source: {
    title: 'Pointer Sentinel Mixture Models',
    card: 'B1',
    note: 'Bytes as the unit: MYTE. Tokens above 10 bits: Clear Minds Think Alike.',
  },
  needs: ['prompt_logprobs'],
  roles: ['baseline'],
  params,
  item,
  row,
  sizes: { smoke: 4, demo: 60, full: 200 },
  callsPerItem: () => ({ typical: 1, most: 8 }),
  builtin: (random, size) => {
    // One document in nine is generated from a grammar whose entropy is known; beyond the bank all further ones are.
    const documents = proseDocuments(random, { size: size - Math.floor(size / 9) })
    const generated = grammarTexts(random, { size: size - documents.length })
    return [
      ...documents.map(({ id, domain, language, text }) => ({
        id,
        domain: domain as string,
        language,
        text,
        entropyRate: undefined,
      })),
      ...generated.map(({ id, text, entropyRate }) => ({
        id,
        domain: 'generated',
        language: 'none',
        text,
        entropyRate,
      })),
    ]
  },
  importers: { jsonl },
  async evaluate({ item, target, roles, params }) {
    const text = params.maxBytes === undefined ? item.text : headOf(item.text, params.maxBytes) || item.text
    const [scored, baseline] = await Promise.all([
      scoreText(target, text, params.windowTokens),
      roles.baseline ? baselineOf(roles.baseline, text, params.windowTokens) : null,
    ])
    const detail = (found: Scored | null): PerplexityDetail => ({
      domain: item.domain,
      language: item.language,
      excerpt: clipped(text, 200),
      ...(found ?? { nll: 0, tokens: 0, bytes: 0, words: 0, infTokens: 0, surprisals: [], bos: false, windows: 0 }),
      gzipBytes: 0,
      entropyRate: item.entropyRate ?? null,
      baseline,
    })
    if (scored === null) return { status: 'skipped', score: null, reason: 'too_long', detail: detail(null) }
    if (scored.tokens === 0)
      return { status: 'skipped', score: null, reason: 'no_scored_tokens', detail: detail(scored) }
    return {
      status: 'scored',
      score: scored.nll / (Math.LN2 * scored.bytes),
      detail: { ...detail(scored), gzipBytes: await gzipLength(text) },
    }
  },
  report: reportPerplexitySuite,
})

type Scored = Pick<
  PerplexityDetail,
  'nll' | 'tokens' | 'bytes' | 'words' | 'infTokens' | 'surprisals' | 'bos' | 'windows'
>

/** What a paired change needs of the baseline; null where it scores no given text, or not this one. */
async function baselineOf(baseline: Model, text: string, windowTokens: number): Promise<PerplexityDetail['baseline']> {
  const scored = await firstCapable(() => scoreText(baseline, text, windowTokens))
  return scored && scored.tokens > 0 ? { nll: scored.nll, tokens: scored.tokens, bytes: scored.bytes } : null
}

/** Scores a text in one call where it fits, else in sliding windows; null where even small windows are too long. */
async function scoreText(target: Model, text: string, windowTokens: number): Promise<Scored | null> {
  const context = Math.min(windowTokens, target.capabilities.contextLength ?? windowTokens)
  // The planned window leaves room for a beginning-of-sequence token; what tokens it really takes only the server knows.
  for (
    let bytes = Math.floor((context - 8) * BYTES_PER_TOKEN), tries = 0;
    tries < 4;
    bytes = Math.floor(bytes / 2), tries++
  ) {
    const windows = windowsOf(text, bytes)
    try {
      const scores = await Promise.all(
        windows.map(async ({ context, piece }) => (await target.score(context, [piece]))[0] as TokenScores),
      )
      return summed(windows, scores)
    } catch (error) {
      if (errorKind(error) !== 'context_too_long') throw error
    }
  }
  return null
}

function summed(windows: Window[], scores: TokenScores[]): Scored {
  let nll = 0
  let tokens = 0
  let infTokens = 0
  let bytes = 0
  let words = 0
  const histogram = new Map<number, number>()
  for (const [place, { piece }] of windows.entries()) {
    const found = scores[place] as TokenScores
    const scored = found.tokens.flatMap((token) => (token.logprob === null ? [] : [token.logprob]))
    const sum = negativeLogLikelihood(scored)
    nll += sum.nll
    infTokens += sum.infTokens
    for (const logprob of scored) {
      const tenth = Math.round((10 * negativeLogLikelihood([logprob]).nll) / Math.LN2)
      histogram.set(tenth, (histogram.get(tenth) ?? 0) + 1)
    }
    tokens += scored.length
    bytes += found.scoredBytes
    words += wordsAfter(piece, countBytes(piece) - found.scoredBytes)
  }
  const surprisals = [...histogram].sort(([first], [second]) => first - second)
  return { nll, tokens, bytes, words, infTokens, surprisals, bos: scores[0]?.bos ?? false, windows: windows.length }
}

/** Whitespace-separated words of the text whose tokens were scored: all but the unscored bytes at its head. */
function wordsAfter(piece: string, unscoredBytes: number): number {
  const text = unscoredBytes === 0 ? piece : piece.slice(headOf(piece, unscoredBytes).length)
  return countWords(text)
}

/** Bytes of the text after gzip: what a compressor without any knowledge of language makes of it. */
async function gzipLength(text: string): Promise<number> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return (await new Response(stream).arrayBuffer()).byteLength
}
