import { describe, expect, it } from 'vitest'
import { PROSE_DOMAINS, proseBank, proseDocuments } from '../../src/worlds/prose.ts'
import { seeded } from './draws.ts'

describe('the prose bank', () => {
  it('has at least sixty documents, each domain and at least four languages well filled', () => {
    expect(proseBank.length).toBeGreaterThanOrEqual(60)
    for (const domain of PROSE_DOMAINS)
      expect(proseBank.filter((one) => one.domain === domain).length).toBeGreaterThanOrEqual(6)
    for (const language of ['en', 'de', 'fr', 'es']) {
      const own = proseBank.filter((one) => one.language === language)
      expect(own.length).toBeGreaterThanOrEqual(7)
      expect(new Set(own.map((one) => one.domain)).size).toBeGreaterThanOrEqual(6)
    }
  })

  it('has different documents of 80 to 220 words, each with its origin and licence', () => {
    for (const field of ['id', 'title', 'text'] as const)
      expect(new Set(proseBank.map((one) => one[field])).size).toBe(proseBank.length)
    for (const { id, text, origin, licence, author, year } of proseBank) {
      const words = text.split(/\s+/).length
      expect(words, id).toBeGreaterThanOrEqual(80)
      expect(words, id).toBeLessThanOrEqual(220)
      expect(text).toBe(text.trim())
      expect(text.normalize('NFC')).toBe(text)
      if (origin === 'project')
        expect({ licence, author, year }).toEqual({ licence: 'Apache-2.0', author: null, year: null })
      // An author dead for seventy years: every work here is older than a hundred.
      else expect(author !== null && year !== null && year < 1920).toBe(true)
    }
  })
})

describe('proseDocuments', () => {
  it('takes the domains in turn', () => {
    const domains = proseDocuments(seeded(1), { size: 16 }).map((one) => one.domain)
    expect(domains).toEqual([...PROSE_DOMAINS, ...PROSE_DOMAINS])
  })

  it('filters by domain, language and origin, and ends where the bank does', () => {
    const german = proseDocuments(seeded(1), { size: 1000, languages: ['de'] })
    expect(german.length).toBe(proseBank.filter((one) => one.language === 'de').length)
    expect(proseDocuments(seeded(1), { size: 3, domains: ['code'] }).every((one) => one.domain === 'code')).toBe(true)
    expect(proseDocuments(seeded(1), { size: 1000, onlyOwn: true }).every((one) => one.origin === 'project')).toBe(true)
    expect(proseDocuments(seeded(1), { size: 5, languages: ['xx'] })).toEqual([])
  })
})
