import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { type EnsembleDetail, targetEnsemble } from '../../src/benchmarks/uncertainty/target-ensemble.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

const row = (index: number, members: number[][], more: Partial<EnsembleDetail> = {}): Row<EnsembleDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: 0.5,
  reason: null,
  detail: {
    question: 'q',
    choices: ['a', 'b'],
    label: 0,
    split: 'shifted',
    pseudo: false,
    votes: false,
    members: members.map((shares, place) => ({ name: place === 0 ? 'target' : `member${place + 1}`, shares })),
    larger: null,
    ...more,
  },
})
const repeated = (count: number, members: number[][], more: Partial<EnsembleDetail> = {}, from = 0) =>
  Array.from({ length: count }, (_, index) => row(from + index, members, more))

describe('target-ensemble', () => {
  it('gains by averaging exactly what the members vary', () => {
    const rows = repeated(20, [
      [0.9, 0.1],
      [0.5, 0.5],
    ])
    const report = reportOf(targetEnsemble, rows, { target })
    // Without a larger target the headline is the gain over the mean member.
    const gain = -(Math.log(0.9) + Math.log(0.5)) / 2 + Math.log(0.7)
    expect(report.headline).toMatchObject({ id: 'shiftedNllGain', value: expect.closeTo(gain, 10) })
    // Brier of the members: .02 and .5, of the mean .18; each choice varies by .04.
    expect(metricOf(report, 'gain.brier.shifted').value).toBeCloseTo((0.02 + 0.5) / 2 - 0.18, 10)
    expect(metricOf(report, 'jensenBrier.shifted').value).toBeCloseTo(0.08, 10)
    expect(metricOf(report, 'variance').value).toBeCloseTo(0.08, 10)
    expect(metricOf(report, 'foreignAucOverLarger')).toMatchObject({ value: null, reason: 'not_asked' })
    expect(report.caveats.map(({ code }) => code)).toContain('no_larger')
  })

  it('compares the ensemble with one larger target', () => {
    const rows = [
      ...repeated(
        20,
        [
          [0.9, 0.1],
          [0.5, 0.5],
        ],
        { larger: [0.9, 0.1] },
      ),
      ...repeated(
        10,
        [
          [0.9, 0.1],
          [0.5, 0.5],
        ],
        { larger: [0.9, 0.1], split: 'id' },
        20,
      ),
      // The ensemble is unsure of foreign questions, the larger target is not.
      ...repeated(
        10,
        [
          [0.5, 0.5],
          [0.5, 0.5],
        ],
        { larger: [0.95, 0.05], split: 'ood', label: null },
        30,
      ),
    ]
    const report = reportOf(targetEnsemble, rows, { target })
    expect(report.headline).toMatchObject({
      id: 'shiftedNllOverLarger',
      value: expect.closeTo(Math.log(0.7) - Math.log(0.9), 10),
    })
    expect(metricOf(report, 'foreignAucOverLarger').value).toBe(1)
    expect(metricOf(report, 'accuracyOverLarger.id').value).toBe(0)
    const table = report.tables.find(({ id }) => id === 'voices')
    expect(table?.rows.map(([who]) => who)).toEqual([
      'target',
      'member2',
      'ensemble, mean',
      'ensemble, geometric mean',
      'larger target',
    ])
    // .9·.5 against .1·.5, by square roots: 3 to 1.
    const geometricNll = table?.rows[3]?.[5]
    expect(geometricNll).toBeCloseTo(-Math.log(0.75), 10)
  })

  it('tells whether diversity foretells a gain that the larger target has too', () => {
    const rows = Array.from({ length: 40 }, (_, index) => {
      const apart = 0.1 + 0.01 * index
      // The more the members differ, the more both ensemble and larger target improve on them.
      return row(
        index,
        [
          [0.5 + apart / 2, 0.5 - apart / 2],
          [0.5 - apart / 2, 0.5 + apart / 2],
        ],
        {
          larger: [0.5 + apart / 4, 0.5 - apart / 4],
        },
      )
    })
    expect(metricOf(reportOf(targetEnsemble, rows, { target }), 'diversityCorrelation.shifted').value).toBeGreaterThan(
      0.9,
    )
  })

  it('puts the ensemble above or on the line of four single targets', () => {
    const accuracy = (shares: number[][], split: 'id' | 'shifted', from: number, wrong: boolean[]) =>
      row(
        from,
        shares.map((_, place) => (wrong[place] ? [0.4, 0.6] : [0.6, 0.4])),
        { split },
      )
    const members = [[], [], [], []]
    // Known: 3, 6, 9 and 12 of 20 wrong; the same on shifted ones, so the line is the diagonal.
    const rows = (['id', 'shifted'] as const).flatMap((split, side) =>
      Array.from({ length: 20 }, (_, index) =>
        accuracy(
          members,
          split,
          20 * side + index,
          [3, 6, 9, 12].map((count) => index < count),
        ),
      ),
    )
    const report = reportOf(targetEnsemble, rows, { target })
    expect(metricOf(report, 'effectiveRobustness').value).toBeCloseTo(0, 8)
    expect(report.curves.find(({ id }) => id === 'accuracies')?.series.map(({ name }) => name)).toContain(
      'line of single targets',
    )
    expect(metricOf(reportOf(targetEnsemble, rows.slice(0, 20), { target }), 'effectiveRobustness').value).toBeNull()
  })

  it('survives the edges', () => {
    checkEdges(
      targetEnsemble,
      [
        ...repeated(4, [
          [0.9, 0.1],
          [0.5, 0.5],
        ]),
        row(
          4,
          [
            [1, 0],
            [0, 1],
          ],
          { split: 'id' },
        ),
      ],
      { target },
    )
  })

  it('agrees with all right, all wrong, and members that do not differ', () => {
    const same = reportOf(
      targetEnsemble,
      repeated(12, [
        [1, 0],
        [1, 0],
      ]),
      { target },
    )
    expect(same.headline.value).toBe(0)
    expect(metricOf(same, 'disagreement').value).toBe(0)
    expect(metricOf(same, 'mutualInformation').value).toBe(0)
    const wrong = reportOf(
      targetEnsemble,
      repeated(
        12,
        [
          [0, 1],
          [0, 1],
        ],
        { split: 'id' },
      ),
      { target },
    )
    expect(wrong.headline).toMatchObject({ value: null, reason: 'no_items' })
    expect(wrong.caveats.map(({ code }) => code)).toContain('degenerate_level')
  })

  it('asks every member once, or wordings of one target where there is no other', async () => {
    const model = (first: string) =>
      scriptedModel(() => [
        [first, 0.8],
        ['C', 0.2],
      ])
    const roles = { member2: model('B'), larger: model('D') }
    const rows = (await rowsOf(targetEnsemble, model('A'), { size: 10, roles })) as Row<EnsembleDetail>[]
    expect(rows[0]?.detail).toMatchObject({
      pseudo: false,
      members: [
        { name: 'target', shares: [0.8, 0, 0.2, 0] },
        { name: 'member2', shares: [0, 0.8, 0.2, 0] },
      ],
      larger: [0, 0, 0.2, 0.8],
    })
    expect(roles.member2.asked).toHaveLength(10)
    const alone = model('A')
    const pseudo = (await rowsOf(targetEnsemble, alone, { size: 10 })) as Row<EnsembleDetail>[]
    expect(pseudo[0]?.detail?.members.map(({ name }) => name)).toEqual(['wording 1', 'wording 2', 'wording 3'])
    expect(new Set(alone.asked.map(({ prompt }) => prompt)).size).toBe(30)
    const report = reportOf(targetEnsemble, pseudo, { target: alone })
    expect(report.headline.id).toBe('shiftedNllGain:pseudo')
    expect(report.caveats.map(({ code }) => code)).toContain('pseudo_ensemble')
    expect(new Set(pseudo.map(({ detail }) => detail?.split))).toEqual(new Set(['id', 'shifted', 'ood']))
  })

  it('lets members vote where they show no log-probabilities', async () => {
    const silent = { logprobs: false, topLogprobs: 0 }
    const member2 = scriptedModel(() => [['B', 1]], silent)
    const rows = (await rowsOf(
      targetEnsemble,
      scriptedModel(() => [['A', 1]], silent),
      {
        size: 5,
        roles: { member2 },
      },
    )) as Row<EnsembleDetail>[]
    expect(rows[0]?.detail).toMatchObject({
      votes: true,
      members: [{ shares: [1, 0, 0, 0] }, { shares: [0, 1, 0, 0] }],
    })
  })
})
