import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { difference, readVectors, runCase } from '../vectors.ts'

const methods = readVectors('test/vectors')

describe.each(methods)('golden vectors of $method', ({ method, cases }) => {
  it.each(cases)('$name', (one) => {
    expect(runCase(method, one)).toBeNull()
  })
})

it('covers every method of both files', () => {
  expect(methods).toHaveLength(57)
  expect(methods.every(({ cases }) => cases.length > 0)).toBe(true)
})

it('tells a wrong number, a missing field, another length and a wrong flag', () => {
  expect(difference({ low: 0.1, high: [1, 2] }, { low: 0.1, high: [1, 2] }, 1e-6)).toBeNull()
  expect(difference({ low: 0.2 }, { low: 0.1 }, 1e-6)).toContain('/low')
  expect(difference({}, { low: 0.1 }, 1e-6)).toContain('/low')
  expect(difference([1], [1, 2], 1e-6)).toContain('members')
  expect(difference(null, [1], 1e-6)).not.toBeNull()
  expect(difference({ reject: [false] }, { reject: [true] }, 1e-6)).toContain('/reject/0')
  expect(difference(Number.NaN, 0, 1e-6)).not.toBeNull()
})

it.each([
  [
    'no such method',
    [{ method: 'noSuchMethod', source: 'x', cases: [{ name: 'a', input: {}, expected: 1 }] }],
    1,
    /noSuchMethod/,
  ],
  [
    'a wrong number',
    [{ method: 'entropy', source: 'x', cases: [{ name: 'a', input: { p: [1] }, expected: 1 }] }],
    1,
    /failed/,
  ],
  [
    'a right number',
    [{ method: 'entropy', source: 'x', cases: [{ name: 'a', input: { p: [1] }, expected: 0 }] }],
    0,
    /1 passed/,
  ],
])('the command ends as it should for %s', (_, content, status, words) => {
  const folder = mkdtempSync(join(tmpdir(), 'vectors-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'own.json'), JSON.stringify(content))
  const ran = spawnSync(process.execPath, ['test/vectors.ts'], {
    env: { ...process.env, ASSAY_VECTORS: folder },
    encoding: 'utf8',
  })
  expect(ran.stdout).toMatch(words)
  expect(ran.status).toBe(status)
})

it('reports a method without implementation as such', () => {
  expect(runCase('noSuchMethod', { name: '', input: {}, expected: 1 })).toBeUndefined()
  expect(runCase('toString', { name: '', input: {}, expected: 1 })).toBeUndefined()
})
