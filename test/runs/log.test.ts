import { afterEach, expect, test, vi } from 'vitest'
import { logFailure } from '../../src/runs/log.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('what somebody else said is one line of the log, without escapes that a terminal would obey', () => {
  const written = vi.spyOn(console, 'error').mockImplementation(() => {})
  const forged = `no\n{"what":"all is well"}\r\u001b[2J\u001b]0;owned\u0007 ${'x'.repeat(10_000)}`
  logFailure('work failed', `run_1\n${forged}`, new Error(forged))
  const [line] = written.mock.calls[0] as [string]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(line).not.toMatch(/[\u0000-\u001f]/)
  expect(JSON.parse(line)).toMatchObject({ what: 'work failed', why: expect.stringContaining('all is well') })
  expect(JSON.parse(line).why).toHaveLength(500)
})

test('of a failed statement only the database’s own words are logged, not the values bound to it', () => {
  const written = vi.spyOn(console, 'error').mockImplementation(() => {})
  const cause = new Error('D1_ERROR: database is locked')
  logFailure('work failed', 'run_1', new Error('Failed query: insert into scores\nparams: sk-secret', { cause }))
  const [line] = written.mock.calls[0] as [string]
  expect(line).not.toContain('sk-secret')
  expect(JSON.parse(line).why).toBe('D1_ERROR: database is locked')
})
