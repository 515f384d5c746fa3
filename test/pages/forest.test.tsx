/** @jsxImportSource hono/jsx */
import { describe, expect, it } from 'vitest'
import type { Curve } from '../../schema/report.ts'
import { CurveFigure } from '../../src/pages/plot/curve.tsx'

const curve: Curve = {
  id: 'forest',
  title: 'PRR of every estimator',
  x: { title: 'PRR' },
  y: { title: 'Estimator' },
  kind: 'forest',
  categories: ['Perplexity', 'SemanticEntropy:nli'],
  series: [
    {
      name: 'PRR',
      points: [
        [0.5, 0],
        [-0.25, 1],
      ],
      band: [
        [0.25, 0.75],
        [-0.5, 0],
      ],
    },
  ],
  reference: 0,
}

describe('a forest', () => {
  it('draws each line with its name, value and interval, and the line of comparison', async () => {
    const html = String(await (<CurveFigure curve={curve} id="f" />))
    expect(html.match(/<circle/g)).toHaveLength(2)
    expect(html.match(/class="error-bar"/g)).toHaveLength(2)
    expect(html).toContain('SemanticEntropy:nli</text>')
    const [, first, second] = /cx="([\d.]+)"[\s\S]*cx="([\d.]+)"/.exec(html) ?? []
    const comparison = Number(/class="reference" x1="([\d.]+)"/.exec(html)?.[1])
    expect(Number(first)).toBeGreaterThan(comparison)
    expect(Number(second)).toBeLessThan(comparison)
    // Better values stand further right in equal steps: 0.5 lies twice as far from 0 as −0.25.
    expect((Number(first) - comparison) / (comparison - Number(second))).toBeCloseTo(2, 1)
    expect(html).toContain('<td>SemanticEntropy:nli</td>')
  })

  it('says so where there is nothing to draw', async () => {
    const html = String(await (<CurveFigure curve={{ ...curve, series: [{ name: 'PRR', points: [] }] }} id="f" />))
    expect(html).toContain('Nothing to draw')
  })
})
