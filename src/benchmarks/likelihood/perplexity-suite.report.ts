import type { BenchmarkReport, Metric, Table } from '../../../schema/report.ts'
import {
  bitsPerByte,
  bytePerplexity,
  HIGH_SURPRISAL_BITS,
  pooled,
  tokenPerplexity,
  wordPerplexity,
} from '../../methods/likelihood/perplexity.ts'
import type { ReportContext, Row } from '../define.ts'
import { fewClusters, lostItems } from '../report/caveats.ts'
import {
  countMetric,
  type MetricText,
  missingMetric,
  shareOf,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { groupBy, type Reported, remembered, reportedRows, worstItems } from '../report/rows.ts'
import type { PerplexityDetail, PerplexityParams } from './perplexity-suite.ts'

type TextRow = Reported<PerplexityDetail>
const total = (rows: readonly TextRow[], amount: 'tokens' | 'bytes' | 'gzipBytes' | 'infTokens'): number =>
  rows.reduce((sum, row) => sum + row.detail[amount], 0)
const sumOf = (rows: readonly TextRow[]) => pooled(rows.map((row) => row.detail))

/** Tokens by tenth of a bit, as a list from 0. */
const histogramOf = remembered((row: TextRow): Uint32Array => {
  const { surprisals } = row.detail
  const counts = new Uint32Array((surprisals.at(-1)?.[0] ?? -1) + 1)
  for (const [tenth, count] of surprisals) counts[tenth] = count
  return counts
})
const highTokens = remembered(({ detail }: TextRow): number =>
  detail.surprisals.reduce((sum, [tenth, count]) => sum + (tenth > 10 * HIGH_SURPRISAL_BITS ? count : 0), 0),
)

/** Surprisal that this share of all tokens does not exceed, bits, to a tenth. */
function surprisalAt(rows: readonly TextRow[], share: number): number | null {
  const counts = new Uint32Array(Math.max(0, ...rows.map((row) => histogramOf(row).length)))
  for (const row of rows) {
    const own = histogramOf(row)
    for (let tenth = 0; tenth < own.length; tenth++) counts[tenth] = (counts[tenth] as number) + (own[tenth] as number)
  }
  const tokens = total(rows, 'tokens')
  let seen = 0
  for (const [tenth, count] of counts.entries()) {
    seen += count
    if (tokens > 0 && seen >= share * tokens) return tenth / 10
  }
  return null
}

const highShare = (rows: readonly TextRow[]): number | null =>
  shareOf(
    rows.reduce((sum, row) => sum + highTokens(row), 0),
    total(rows, 'tokens'),
  )

/** The report: ratios of sums over documents, never means of perplexities. */
export function reportPerplexitySuite(
  rows: Row<PerplexityDetail>[],
  { seed }: Pick<ReportContext<PerplexityParams>, 'seed'>,
): BenchmarkReport {
  const texts = reportedRows(rows).filter((row) => row.detail.tokens > 0)
  const metric = (text: MetricText, statistic: (some: TextRow[]) => number | null): Metric =>
    statisticMetric(text, texts, statistic, seed)
  const headline = metric(
    { id: 'bitsPerByte', title: 'Bits per byte', unit: 'bits/byte', direction: 'lower' },
    (some) => bitsPerByte(sumOf(some)),
  )
  const known = texts.filter((row) => row.detail.entropyRate !== null)
  const infinite = total(texts, 'infTokens')
  return {
    headline: withReading(
      headline,
      'Bits the model needs per byte of text; lower is less surprised, and tokenizers do not matter.',
    ),
    metrics: [
      metric(
        {
          id: 'tokenPerplexity',
          title: 'Perplexity per token',
          unit: 'none',
          direction: 'lower',
          note: 'Not comparable between tokenizers.',
        },
        (some) => tokenPerplexity(sumOf(some)),
      ),
      metric({ id: 'wordPerplexity', title: 'Perplexity per word', unit: 'none', direction: 'lower' }, (some) =>
        wordPerplexity(sumOf(some)),
      ),
      metric({ id: 'bytePerplexity', title: 'Perplexity per byte', unit: 'none', direction: 'lower' }, (some) =>
        bytePerplexity(sumOf(some)),
      ),
      metric(
        { id: 'surprisal95', title: 'Surprisal that 95 % of tokens stay below', unit: 'bits', direction: 'lower' },
        (some) => surprisalAt(some, 0.95),
      ),
      metric({ id: 'highSurprisalShare', title: 'Tokens above 10 bits', unit: 'share', direction: 'lower' }, highShare),
      metric(
        {
          id: 'gzipBitsPerByte',
          title: 'Bits per byte by gzip, for comparison',
          unit: 'bits/byte',
          direction: 'neutral',
        },
        (some) => (total(some, 'bytes') === 0 ? null : (8 * total(some, 'gzipBytes')) / total(some, 'bytes')),
      ),
      metric(
        { id: 'gzipRatio', title: 'Bits needed, as a share of what gzip needs', unit: 'ratio', direction: 'lower' },
        (some) => (total(some, 'gzipBytes') === 0 ? null : sumOf(some).nll / Math.LN2 / (8 * total(some, 'gzipBytes'))),
      ),
      ...changeMetrics(texts, seed),
      ...(known.length === 0
        ? []
        : [
            statisticMetric(
              {
                id: 'excessBits',
                title: 'Bits per byte above the known entropy of generated text',
                unit: 'bits/byte',
                direction: 'lower',
              },
              known,
              excess,
              seed,
            ),
          ]),
      countMetric({ id: 'scoredTokens', title: 'Scored tokens', direction: 'neutral' }, total(texts, 'tokens')),
      countMetric(
        { id: 'infTokens', title: 'Tokens said to be impossible (counted at 100 nats)', direction: 'lower' },
        infinite,
      ),
    ],
    curves: surprisalCurve(texts),
    tables: [splitTable(texts)],
    caveats: [...lostItems(rows, null), ...fewClusters(texts), ...textCaveats(texts, infinite)],
    worst: worstItems(
      texts,
      (row) => bitsPerByte(row.detail),
      (row) =>
        `${(bitsPerByte(row.detail) ?? 0).toFixed(2)} bits a byte (${row.detail.domain}, ${row.detail.language}): “${row.detail.excerpt}”`,
    ),
  }
}

type Paired = TextRow & { detail: { baseline: NonNullable<PerplexityDetail['baseline']> } }

/**
 * What changed against the baseline on the same documents: the ratio of perplexities, exp of the difference of mean
 * negative log-likelihoods. Per token only where both read the same tokens.
 */
function changeMetrics(texts: TextRow[], seed: number): Metric[] {
  const named = (unit: 'byte' | 'token'): MetricText => ({
    id: `baselineRatio.${unit}`,
    title: `Perplexity per ${unit} over the baseline’s, same documents`,
    unit: 'ratio',
    direction: 'lower',
  })
  const paired = texts.filter((row): row is Paired => row.detail.baseline !== null)
  if (paired.length === 0) {
    const reason = texts.length === 0 ? 'no_items' : 'not_asked'
    return [missingMetric(named('byte'), reason, texts.length), missingMetric(named('token'), reason, texts.length)]
  }
  const ratio = (unit: 'bytes' | 'tokens') => (some: Paired[]) => {
    const sum = (of: (row: Paired) => number) => some.reduce((all, row) => all + of(row), 0)
    const own = sum((row) => row.detail.nll) / sum((row) => row.detail[unit])
    return Math.exp(own - sum((row) => row.detail.baseline.nll) / sum((row) => row.detail.baseline[unit]))
  }
  const alike = paired.every(({ detail }) => detail.tokens === detail.baseline.tokens)
  return [
    statisticMetric(named('byte'), paired, ratio('bytes'), seed),
    alike
      ? statisticMetric(named('token'), paired, ratio('tokens'), seed)
      : missingMetric(
          { ...named('token'), note: 'The two read different tokens: compare them per byte.' },
          'undefined',
          paired.length,
        ),
  ]
}

function excess(rows: readonly TextRow[]): number | null {
  const bytes = total(rows, 'bytes')
  const least = rows.reduce((sum, row) => sum + row.detail.bytes * (row.detail.entropyRate ?? 0), 0)
  const needed = bitsPerByte(sumOf(rows))
  return needed === null || bytes === 0 ? null : needed - least / bytes
}

function surprisalCurve(texts: TextRow[]): BenchmarkReport['curves'] {
  if (texts.length === 0) return []
  const counts = new Array<number>(21).fill(0)
  for (const row of texts)
    for (const [tenth, count] of row.detail.surprisals) {
      const bin = Math.min(20, Math.floor(tenth / 10))
      counts[bin] = (counts[bin] as number) + count
    }
  const tokens = total(texts, 'tokens')
  return [
    {
      id: 'surprisals',
      title: 'How surprising single tokens are',
      x: { title: 'Surprisal, bits (the last bar holds all beyond)', domain: [0, 21] },
      y: { title: 'Share of tokens' },
      kind: 'bars',
      series: [{ name: 'tokens', points: counts.map((count, bin) => [bin + 0.5, count / tokens]) }],
    },
  ]
}

function splitTable(texts: TextRow[]): Table {
  const line = (name: string, some: TextRow[]) => [
    name,
    some.length,
    total(some, 'tokens'),
    bitsPerByte(sumOf(some)),
    tokenPerplexity(sumOf(some)),
    wordPerplexity(sumOf(some)),
    bytePerplexity(sumOf(some)),
  ]
  const split = (kind: 'domain' | 'language') =>
    [...groupBy(texts, (row) => row.detail[kind])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, some]) => line(`${kind}: ${name}`, some))
  return {
    id: 'byDomainAndLanguage',
    title: 'All four units by domain and language',
    columns: [
      { title: 'Texts of' },
      { title: 'Documents', unit: 'count' },
      { title: 'Tokens', unit: 'count' },
      { title: 'Bits per byte', unit: 'bits/byte' },
      { title: 'Token perplexity' },
      { title: 'Word perplexity' },
      { title: 'Byte perplexity' },
    ],
    rows: [line('all', texts), ...split('domain'), ...split('language')],
  }
}

function textCaveats(texts: TextRow[], infinite: number): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  const windowed = texts.filter((row) => row.detail.windows > 1).length
  if (windowed > 0)
    list.push({
      code: 'windowed',
      message: `${windowed} documents are longer than one window and were scored in windows that overlap by half.`,
    })
  if (infinite > 0)
    list.push({
      code: 'impossible_tokens',
      message: `${infinite} tokens had no probability at all and count at 100 nats each.`,
    })
  const without = texts.filter((row) => !row.detail.bos).length
  if (without > 0)
    list.push({
      code: 'no_beginning_token',
      message: `In ${without} documents nothing stands before the first token, which is therefore not scored.`,
    })
  return list
}
