import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { randomFrom } from '../../src/methods/random.ts'
import { factQuestions } from '../../src/worlds/facts.ts'

// The project's own Node: it runs TypeScript as it stands, whichever Node runs the tests.
const show = (...args: string[]) =>
  spawnSync('node_modules/.bin/node', ['test/show-worlds.ts', ...args], { encoding: 'utf8' })

it('prints whole items as JSON, the same for a seed', () => {
  const { stdout, status } = show('facts', '--size', '3', '--seed', '7', '--json')
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toEqual(factQuestions(randomFrom('7'), { size: 3 }))
}, 30_000)

it('lists the worlds, and says what is wrong with a name or a size', () => {
  expect(show('list').stdout).toContain('falsehoods')
  const unknown = show('atlantis')
  expect(unknown).toMatchObject({ status: 2, stdout: '' })
  expect(unknown.stderr).toContain('no world is called atlantis')
  const tooMany = show('facts', '--size', '100000')
  expect(tooMany).toMatchObject({ status: 2, stdout: '' })
  expect(tooMany.stderr).toContain('100000 asked for')
}, 30_000)
