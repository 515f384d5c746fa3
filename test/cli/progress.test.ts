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

  it('tells how fast the target is asked, and what it refused', () => {
    const traffic = {
      connections: { open: 6, allowed: 8, most: 8 },
      requestsPerMinute: 240,
      throttled: 0,
      lastThrottledAt: null,
    }
    const at = Date.parse('2026-11-23T20:00:20.000Z')
    const told = (more: object) =>
      progressLines([{ at, run: aRun('running', [0, 0], { traffic: { ...traffic, ...more } }) }])[3]
    expect(told({})).toBe('target     6 of 8 connections  240 requests/min')
    const refused = { throttled: 3, lastThrottledAt: '2026-11-23T20:00:15.000Z' }
    expect(told({ ...refused, connections: { open: 1, allowed: 4, most: 8 } })).toBe(
      'target     1 of 4 connections (at most 8)  240 requests/min  3 throttled, 5 s ago',
    )
    expect(told({ ...refused, connections: null, requestsPerMinute: null })).toBe('target     3 throttled, 5 s ago')
    expect(told({ connections: null, requestsPerMinute: null })).toBeUndefined()
  })

  it('wipes the line about the target once there is nothing to tell', () => {
    const written: string[] = []
    const progress = createProgress({ isTTY: true, write: (text) => written.push(text) }, () => 0)
    const connections = { open: 1, allowed: 1, most: 1 }
    const traffic = { connections, requestsPerMinute: 1, throttled: 0, lastThrottledAt: null }
    progress.show(aRun('running', [1, 0], { traffic }))
    progress.show(aRun('done', [60, 12]))
    expect(written[1]?.startsWith('\u001b[4A')).toBe(true)
    expect(written[1]?.endsWith('done\n\u001b[2K\n')).toBe(true)
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
