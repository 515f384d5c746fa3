import { exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { catalogue } from '../../src/benchmarks/catalogue.ts'
import { trustOf } from '../../src/benchmarks/reference/trust.ts'

it('says of every benchmark how far its number is to be trusted, or why that is not known', async () => {
  const response = await exports.default.fetch('https://assay.test/trust')
  expect(response.status).toBe(200)
  const text = await response.text()
  expect(text).toContain('How far to trust this number')
  expect(text).not.toMatch(/NaN|undefined|Infinity/)
  for (const { id } of catalogue) {
    expect(text, id).toContain(`id="${id}"`)
    const { reason, readings } = trustOf(id)
    if (reason === null) for (const { title } of readings.slice(0, 3)) expect(text).toContain(title.split('’')[0])
  }
})
