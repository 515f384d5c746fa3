import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { createApi } from '../../src/api/app.ts'
import { newTenant, send } from './tenant.ts'

describe('problems', () => {
  it('answers 404 where there is nothing', async () => {
    const answer = await send('GET', '/v1/nothing')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ type: 'urn:assay:problem:not-found', status: 404, instance: '/v1/nothing' })
  })

  it('answers 405 with Allow for a path that has other methods', async () => {
    const answer = await send('PUT', '/v1/keys')
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toContain('POST')
    expect(answer.body.type).toBe('urn:assay:problem:method-not-allowed')
  })

  it('answers 415 for a body that is no JSON by its type, 400 for one that is none by its text', async () => {
    const tenant = await newTenant()
    const text = await tenant.send('POST', '/v1/keys', { body: '{}', headers: { 'content-type': 'text/plain' } })
    expect([text.status, text.body.type]).toEqual([415, 'urn:assay:problem:unsupported-media-type'])
    const broken = await tenant.send('POST', '/v1/keys', {
      body: '{"name":',
      headers: { 'content-type': 'application/json' },
    })
    expect([broken.status, broken.body.type]).toEqual([400, 'urn:assay:problem:bad-request'])
  })

  it('answers 413 for a large body, told and untold', async () => {
    const tenant = await newTenant()
    const large = JSON.stringify({ name: 'x'.repeat(1_100_000) })
    const headers = { 'content-type': 'application/json' }
    expect((await tenant.send('POST', '/v1/keys', { body: large, headers })).status).toBe(413)
    const streamed = new Blob([large]).stream()
    expect((await tenant.send('POST', '/v1/keys', { body: streamed, headers })).status).toBe(413)
  })

  it('names every wrong place by a JSON pointer', async () => {
    const tenant = await newTenant()
    const answer = await tenant.send('POST', '/v1/keys', { body: { name: '', 'a/b~c': 1 } })
    expect(answer.status).toBe(422)
    expect(answer.body.errors.map((entry: { pointer: string }) => entry.pointer).sort()).toEqual(['/a~1b~0c', '/name'])
    const query = await tenant.send('GET', '/v1/keys?limit=0')
    expect([query.status, query.body.errors[0].pointer]).toEqual([422, '/limit'])
    const cursor = await tenant.send('GET', '/v1/keys?cursor=zzzz')
    expect([cursor.status, cursor.body.errors[0].pointer]).toEqual([422, '/cursor'])
  })

  it('takes a sane request id of the caller and no other', async () => {
    const sane = await send('GET', '/v1/nothing', { headers: { 'x-request-id': 'trace-1' } })
    expect(sane.body.requestId).toBe('trace-1')
    const forged = await send('GET', '/v1/nothing', { headers: { 'x-request-id': 'a"} {"level":"' } })
    expect(forged.body.requestId).toMatch(/^[\w-]+$/)
  })

  it('says nothing of an unforeseen failure but its request id, and logs no secret', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const broken = { ...env, DB: brokenDatabase() }
    const response = await createApi().request(
      'https://assay.test/v1/keys',
      { headers: { authorization: `Bearer ask_${'s'.repeat(43)}` } },
      broken as unknown as typeof env,
    )
    const body = (await response.json()) as { status: number; detail: string; requestId: string }
    expect(response.status).toBe(500)
    expect(JSON.stringify(body)).not.toContain('disk')
    expect(logged).toHaveBeenCalledOnce()
    const line = String(logged.mock.calls[0]?.[0])
    expect(JSON.parse(line)).toMatchObject({ requestId: body.requestId, method: 'GET', path: '/v1/keys' })
    expect(line).not.toContain('sssss')
    expect(line).not.toMatch(/params:/)
    logged.mockRestore()
  })
})

/** A database whose every statement fails. */
function brokenDatabase() {
  const fail = () => Promise.reject(new Error('D1_ERROR: disk I/O error'))
  const statement = { bind: () => statement, all: fail, first: fail, run: fail, raw: fail }
  return { prepare: () => statement, batch: fail }
}
