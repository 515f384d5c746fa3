import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { modelKey, modelUrl, serveHosts } from './model-server.ts'
import { newTenant } from './tenant.ts'

const wish = { name: 'Test model', baseUrl: modelUrl, model: 'test-model', dialect: 'vllm', apiKey: modelKey }

const stored = async () => (await env.DB.prepare('select * from targets').all()).results

describe('POST /v1/targets', () => {
  it('probes the server, stores what was found and seals the key', async () => {
    const received = serveHosts()
    const tenant = await newTenant()
    const made = await tenant.send('POST', '/v1/targets', { body: wish })
    expect(made.status, made.text).toBe(201)
    expect(made.body).toMatchObject({ name: 'Test model', hasApiKey: true, probeError: null, reasoningTags: ['think'] })
    expect(made.body.capabilities).toMatchObject({ text: true, logprobs: true, prompt_logprobs: true })
    expect(received.length).toBeGreaterThan(3)
    const shown = await tenant.send('GET', `/v1/targets/${made.body.id}`)
    expect(shown.body).toEqual(made.body)
    expect(made.text + shown.text + JSON.stringify(await stored())).not.toContain(modelKey)
  })

  it.each([
    ['an unreachable server', { baseUrl: 'https://down.example.com/v1' }, 'target-unreachable', '/baseUrl'],
    ['a wrong key', { apiKey: 'provider-key-that-is-wrong' }, 'target-unauthorized', '/apiKey'],
    ['a model that is not there', { model: 'other-model' }, 'model-not-found', '/model'],
    ['a server that answers HTML', { baseUrl: 'https://html.example.com/v1' }, 'target-unusable', '/dialect'],
  ])('stores nothing for %s, and points at the field', async (_, change, kind, pointer) => {
    serveHosts({
      'html.example.com': () => new Response('<html>hello</html>', { headers: { 'content-type': 'text/html' } }),
    })
    const tenant = await newTenant()
    const refused = await tenant.send('POST', '/v1/targets', { body: { ...wish, ...change } })
    expect(refused.status, refused.text).toBe(422)
    expect(refused.body.type).toBe(`urn:assay:problem:${kind}`)
    expect(refused.body.errors[0].pointer).toBe(pointer)
    expect(refused.text).not.toContain('provider-key')
    expect(await stored()).toHaveLength(0)
  })

  it('stores an unreachable target with ?force=true, and its probe error', async () => {
    serveHosts()
    const tenant = await newTenant()
    const body = { ...wish, baseUrl: 'https://down.example.com/v1' }
    const made = await tenant.send('POST', '/v1/targets?force=true', { body })
    expect(made.status, made.text).toBe(201)
    expect(made.body.capabilities).toBeNull()
    expect(made.body.probeError).toMatch(/\w/)
    const again = await tenant.send('POST', `/v1/targets/${made.body.id}/probe`)
    expect(again.status).toBe(422)
  })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:10.0.0.1]/v1',
    'http://0x7f.1/v1',
    'http://localhost:8000/v1',
    'https://user:pass@model.example.com/v1',
    'https://model.example.com:22/v1',
  ])('refuses the address %s before anything is sent', async (baseUrl) => {
    const received = serveHosts()
    const tenant = await newTenant()
    const refused = await tenant.send('POST', '/v1/targets?force=true', {
      body: { ...wish, baseUrl },
      bindings: { ALLOW_PRIVATE_TARGETS: undefined },
    })
    expect(refused.status, refused.text).toBe(422)
    expect(refused.body.errors[0].pointer).toBe('/baseUrl')
    expect(received).toHaveLength(0)
    expect(await stored()).toHaveLength(0)
  })

  it('refuses file addresses and unknown fields by shape', async () => {
    const tenant = await newTenant()
    const refused = await tenant.send('POST', '/v1/targets', {
      body: { ...wish, baseUrl: 'file:///etc/passwd', colour: 'red' },
    })
    expect(refused.status).toBe(422)
    const pointers = refused.body.errors.map((entry: { pointer: string }) => entry.pointer).sort()
    expect(pointers).toEqual(['/baseUrl', '/colour'])
  })

  it('says which setting is missing where a key cannot be sealed', async () => {
    const received = serveHosts()
    const tenant = await newTenant()
    const refused = await tenant.send('POST', '/v1/targets', { body: wish, bindings: { ENCRYPTION_KEY: undefined } })
    expect(refused.status).toBe(503)
    expect(refused.body.detail).toContain('ENCRYPTION_KEY')
    expect(received).toHaveLength(0)
  })
})

describe('a target', () => {
  it('is probed again when what it asks changes, and not when its name does', async () => {
    const received = serveHosts()
    const tenant = await newTenant()
    const { body: made } = await tenant.send('POST', '/v1/targets', { body: wish })
    const after = received.length
    const renamed = await tenant.send('PATCH', `/v1/targets/${made.id}`, { body: { name: 'Other' } })
    expect(renamed.body.name).toBe('Other')
    expect(received).toHaveLength(after)
    const moved = await tenant.send('PATCH', `/v1/targets/${made.id}`, { body: { model: 'gone' } })
    expect(moved.status).toBe(422)
    expect(received.length).toBeGreaterThan(after)
    const shown = await tenant.send('GET', `/v1/targets/${made.id}`)
    expect(shown.body.model).toBe('test-model')
    expect(shown.body.capabilities).not.toBeNull()
  })

  it('is not removed, nor moved, while a run of it is open', async () => {
    serveHosts()
    const tenant = await newTenant()
    const { body: made } = await tenant.send('POST', '/v1/targets', { body: wish })
    const { body: run } = await tenant.send('POST', '/v1/runs', {
      body: { targetId: made.id, benchmarks: [{ id: 'exact-match', size: 1 }] },
    })
    await env.DB.prepare("update runs set status = 'running', finished_at = null where id = ?").bind(run.id).run()
    expect((await tenant.send('DELETE', `/v1/targets/${made.id}`)).status).toBe(409)
    const moved = await tenant.send('PATCH', `/v1/targets/${made.id}`, { body: { baseUrl: `${modelUrl}/x` } })
    expect(moved.status).toBe(409)
    const reread = await tenant.send('PATCH', `/v1/targets/${made.id}`, { body: { reasoningTags: ['plan'] } })
    expect(reread.status).toBe(409)
    const same = { name: 'Other', reasoningTags: made.reasoningTags }
    expect((await tenant.send('PATCH', `/v1/targets/${made.id}`, { body: same })).status).toBe(200)
    await env.DB.prepare("update runs set status = 'done' where id = ?").bind(run.id).run()
    expect((await tenant.send('DELETE', `/v1/targets/${made.id}`)).status).toBe(204)
    expect((await tenant.send('GET', `/v1/targets/${made.id}`)).status).toBe(404)
    expect((await tenant.send('GET', '/v1/targets')).body.items).toEqual([])
    expect((await stored())[0]?.sealed_key).toBeNull()
  })
})
