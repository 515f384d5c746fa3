import { parseArgs } from 'node:util'
import { knownQuestions } from '../servers/known-world.ts'
import { type Coverage, coverages } from './coverage.ts'
import { type Separation, separations } from './separation.ts'

/**
 * Measures the uncertainty benchmarks on a target whose uncertainty is known:
 * `npm run trial:truth -- --runs 200 --items 900 --only idk-token`. Leaves with status 1 where a measure does not do
 * what its source says, or an interval holds the truth too rarely.
 */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '200' },
    items: { type: 'string', default: '900' },
    only: { type: 'string' },
    part: { type: 'string', default: 'both' },
  },
})
const runs = Number(values.runs)
const sizes = { population: 24_000, idk: 210, iterative: 120, pairs: 60, estimators: 120 }

const share = (value: number) => value.toFixed(3)

function printSeparations(rows: readonly Separation[]): void {
  console.log('\nUnknown against truly ambiguous items (ROC AUC, 99.9 % interval)\n')
  console.table(
    rows.map((row) => ({
      benchmark: row.benchmark,
      measure: row.measure,
      auc: share(row.auc),
      from: share(row.low),
      to: share(row.high),
      'should separate': row.expected === 'separates' ? 'yes' : 'no',
      holds: row.holds ? 'yes' : 'NO',
    })),
  )
}

/** Lines of a Markdown table: what the docs show. */
function printCoverages(rows: readonly Coverage[]): void {
  const line = (row: Coverage) => {
    const { low, high } = row.share
    return [
      row.benchmark,
      row.headline ? `**${row.metric}**` : row.metric,
      row.truth.toFixed(4),
      row.meanEstimate.toFixed(4),
      row.meanWidth.toFixed(4),
      `${row.held} of ${row.runs}`,
      `${(100 * (row.held / row.runs)).toFixed(1)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`,
      `${row.below} / ${row.above}`,
      row.verdict === 'nominal' ? '' : row.verdict,
    ]
  }
  for (const row of rows) console.log(`| ${line(row).join(' | ')} |`)
}

const failures: string[] = []
if (values.part !== 'coverage') {
  const rows = await separations(knownQuestions('separation', Number(values.items)), 1)
  printSeparations(rows)
  for (const { benchmark, measure, holds } of rows)
    if (!holds) failures.push(`${benchmark} ${measure} does not do what its source says`)
}
if (values.part !== 'separation') {
  console.log(`\nHow often 95 % intervals hold the true value over ${runs} runs\n`)
  console.log('| benchmark | metric | true | mean estimate | mean width | held | % held | truth above / below | |')
  console.log('|---|---|--:|--:|--:|--:|--:|--:|---|')
  const rows = await coverages(runs, sizes, { only: values.only, onDone: printCoverages })
  for (const { benchmark, metric, verdict } of rows)
    if (verdict === 'too narrow') failures.push(`${benchmark} ${metric}: the interval is too narrow`)
}
for (const failure of failures) console.error(failure)
process.exit(failures.length > 0 ? 1 : 0)
