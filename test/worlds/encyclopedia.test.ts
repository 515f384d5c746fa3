import { expect, test } from 'vitest'
import { randomFrom } from '../../src/methods/random.ts'
import { buildBm25 } from '../../src/methods/text/bm25.ts'
import { continuations } from '../../src/worlds/continuations.ts'
import { encyclopedia } from '../../src/worlds/encyclopedia.ts'

const articles = encyclopedia()
const byId = new Map(articles.map((article) => [article.id, article]))
const fromTables = continuations(randomFrom('encyclopedia'), { size: 200 }).filter(({ source }) => source === 'table')

test('there is one article about each subject', () => {
  expect(byId.size).toBe(articles.length)
  for (const { docId } of fromTables) expect(byId.has(docId), docId).toBe(true)
})

test('an article tells what the true continuations about its subject say, in other words', () => {
  for (const { docId, completion, contradictions, errorType } of fromTables) {
    const text = byId.get(docId)?.text ?? ''
    expect(text).not.toContain(completion)
    if (errorType === 'relation') continue
    // The one slot in which the true continuation differs from a false one.
    const words = completion.replace(/\.$/, '').split(' ')
    const slot = words
      .filter((word, place) => contradictions[0].replace(/\.$/, '').split(' ')[place] !== word)
      .join(' ')
    expect(text, completion).toContain(slot)
  }
})

test('the article about a paragraph’s subject is found by the paragraph', () => {
  const index = buildBm25(articles)
  const found = fromTables.filter(({ prefix, docId }) =>
    index.search(prefix.slice(0, 300), 3).some(({ passage }) => passage.id === docId),
  )
  expect(found.length / fromTables.length).toBeGreaterThan(0.7)
})
