import { expect, test } from 'vitest'
import { createLine } from '../../src/runs/line.ts'

const work = (id: string, waiting = 1) => ({ benchmark: { id }, waiting })

test('benchmarks come in turn, each with the first that still has items', () => {
  const line = createLine<ReturnType<typeof work>>()
  const [a1, a2, b1] = [work('a'), work('a'), work('b')]
  for (const one of [a1, a2, b1]) line.add(one)
  const next = () => line.next(() => true)
  expect([next(), next(), next(), next()]).toEqual([a1, b1, a1, b1])
  a1.waiting = 0
  expect([next(), next()]).toEqual([a2, b1])
  line.remove(b1)
  line.remove(b1)
  expect([next(), next()]).toEqual([a2, a2])
  expect(line.next((one) => one !== a2)).toBeUndefined()
})
