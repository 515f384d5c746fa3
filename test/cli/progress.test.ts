import { describe, expect, it } from 'vitest'
import { createProgress, progressLines, rateOf } from '../../src/cli/progress.ts'
import { aRun } from './a-run.ts'

describe('progress', () => {
  it('tells done, total, items a second and time left, per benchmark and in all', () => {
    const seen = [
      { at: 0, run: aRun('running', [0, 0]) },
      { at: 10_000, run: aRun('running', [30, 0]) },
    ]
    expect(progressLines(seen)).toEqual([
      'idk-token  ██████████░░░░░░░░░░  30/60  3.0 items/s  10 s left',
      'factor     ░░░░░░░░░░░░░░░░░░░░   0/12',
      'all        ████████░░░░░░░░░░░░  30/72  3.0 items/s  14 s left',
    ])
  })

  it('tells the end and what was lost', () => {
    const run = aRun('degraded', [60, 12])
    const [first] = run.benchmarks
    if (first) first.counts.error = 20
    const lines = progressLines([{ at: 0, run }])
    expect(lines[0]).toBe('idk-token  ████████████████████  60/60  20 lost')
    expect(lines[2]).toBe('all        ████████████████████  72/72  degraded')
  })

  it('knows no speed from one state, from none done, or from long ago alone', () => {
    const done = (run: { progress: { done: number } }) => run.progress.done
    const at = (time: number, items: number) => ({ at: time, run: aRun('running', [items, 0]) })
    expect(rateOf([at(0, 5)], done)).toBeNull()
    expect(rateOf([at(0, 5), at(1000, 5)], done)).toBeNull()
    expect(rateOf([at(0, 0), at(60_000, 30), at(65_000, 40)], done)).toBe(2)
    expect(progressLines([])).toEqual([])
  })

  it('redraws in place on a terminal', () => {
    const written: string[] = []
    const progress = createProgress({ isTTY: true, write: (text) => written.push(text) }, () => 0)
    progress.show(aRun('running', [0, 0]))
    progress.show(aRun('running', [1, 0]))
    progress.note('note')
    progress.show(aRun('running', [2, 0]))
    expect(written.map((text) => text.startsWith('\u001b[3A'))).toEqual([false, true, false, false])
    expect(written[1]?.split('\u001b[2K')).toHaveLength(4)
  })

  it('writes a line now and then elsewhere, and at the end', () => {
    let now = 0
    const written: string[] = []
    const progress = createProgress({ write: (text) => written.push(text) }, () => now)
    for (let second = 0; second <= 25; second++) {
      now = second * 1000
      progress.show(aRun('running', [second, 0]))
    }
    progress.show(aRun('done', [60, 12]))
    expect(written).toHaveLength(4)
    expect(written.at(-1)).toMatch(/72\/72 {2}done\n$/)
    expect(written.join('')).not.toContain('\u001b')
  })
})
