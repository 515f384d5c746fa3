import { describe, expect, it } from 'vitest'
import { formatDuration, formatValue, plain, renderTable, wrap } from '../../src/cli/format.ts'
import { endingOf, renderReport } from '../../src/cli/report.ts'
import { aReport, aRun } from './a-run.ts'

describe('a report in the terminal', () => {
  it('says headline, interval, n, how to read it, what was lost and what it cost', () => {
    expect(renderReport(aReport())).toBe(
      [
        'run_01M8547GDV228PX3MNH4YBYNMQ  SmolLM2 (smollm2-135m)  seed 0',
        'degraded (budget_calls: 100 of 100), 72 of 72 items',
        '',
        'I don’t know  (idk-token, version 1)',
        '  Recall of IDK ↑  42.1 %  [30.0 %, 55.0 %]  n = 57',
        '  Of 100 questions that it answers wrongly, it says so before in 42.',
        '  ! 3 of 60 lost: timeout 3',
        '  ! Items were lost.',
        '',
        '1,200 answers asked, 30 reused · 100 requests (2 repeated) · 10,500 tokens · $0.0012 · 1 min 35 s',
        'The same question twice gave the same text.',
      ].join('\n'),
    )
  })

  it('adds metrics with why they are missing, and tables, when asked for all', () => {
    const text = renderReport(aReport(), { full: true })
    expect(text).toMatch(/ROC AUC +– \(only one outcome was seen\) +57/)
    expect(text).toMatch(/head +50\.0 %/)
    expect(text).toMatch(/tail \[31m +–/)
    expect(text).not.toContain('\u001b')
  })

  it('says how a run ended', () => {
    expect(endingOf(aRun('done', [60, 12]))).toBe('done, 72 of 72 items')
    expect(endingOf(aRun('cancelled', [10, 0], { stopReason: 'cancelled' }))).toBe(
      'cancelled (cancelled), 10 of 72 items',
    )
  })
})

describe('texts of the terminal', () => {
  it.each([
    [0.5, 'share', '50.0 %'],
    [null, 'share', '–'],
    [1234567, 'count', '1,234,567'],
    [1234.5, 'none', '1,235'],
    [0.123456, 'nats', '0.123'],
    [-2.5, 'nats', '-2.50'],
    [0.00001, 'none', '1.0e-5'],
  ] as const)('writes %j in %s as %s', (value, unit, text) => {
    expect(formatValue(value, unit)).toBe(text)
  })

  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [65, '1 min 05 s'],
    [3725, '1 h 02 min'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })

  it('takes no control characters from the network', () => {
    expect(plain('a\u001b[2Jb\r\nc\u202ed')).toBe('a [2Jb c d')
  })

  it('aligns tables, numbers to the right, and cuts long cells', () => {
    const table = renderTable(
      ['name', 'n'],
      [
        ['a', '1'],
        ['b'.repeat(60), '100'],
      ],
      10,
    )
    expect(table).toBe(['name          n', '──────────  ───', 'a             1', 'bbbbbbbbb…  100'].join('\n'))
  })

  it('breaks text into lines', () => {
    expect(wrap('one two three four', 11, '  ')).toBe('  one two\n  three\n  four')
    expect(wrap('one two three', 9, '  ', '! ')).toBe('! one two\n  three')
  })
})
