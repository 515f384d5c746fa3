import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { modelKey, modelUrl, serveHosts } from './model-server.ts'
import { newTenant } from './tenant.ts'

async function tenantWithTarget() {
  const tenant = await newTenant()
  const { body: target } = await tenant.send('POST', '/v1/targets', {
    body: { name: 'Test model', baseUrl: modelUrl, model: 'test-model', dialect: 'vllm', apiKey: modelKey },
  })
  return { ...tenant, targetId: target.id as string }
}

describe('outbound hooks', () => {
  const wish = { direction: 'out', name: 'CI', url: 'https://ci.example.com/hook' }

  it('show their secret once and keep it sealed', async () => {
    const tenant = await newTenant()
    const made = await tenant.send('POST', '/v1/hooks', { body: wish })
    expect(made.status, made.text).toBe(201)
    expect(made.body.secret).toMatch(/^whsec_/)
    const shown = await tenant.send('GET', `/v1/hooks/${made.body.id}`)
    expect(shown.body).not.toHaveProperty('secret')
    const rows = JSON.stringify((await env.DB.prepare('select * from hooks').all()).results)
    expect(rows).not.toContain(made.body.secret.slice(6))
  })

  it('send a test message that the standardwebhooks package verifies, and note the answer', async () => {
    const received = serveHosts({ 'ci.example.com': () => new Response('thanks', { status: 202 }) })
    const tenant = await newTenant()
    const { body: hook } = await tenant.send('POST', '/v1/hooks', { body: wish })
    const sent = await tenant.send('POST', `/v1/hooks/${hook.id}/test`)
    expect(sent.body).toMatchObject({ status: 'delivered', responseStatus: 202, attempts: 1, event: 'webhook.test' })
    const [message] = received
    const event = new Webhook(hook.secret).verify(message?.body ?? '', Object.fromEntries(message?.headers ?? []))
    expect(event).toMatchObject({ type: 'webhook.test', data: { runId: null } })
    const { body: page } = await tenant.send('GET', `/v1/hooks/${hook.id}/deliveries`)
    expect(page.items).toEqual([sent.body])
  })

  it('sign with both secrets for a day after a rotation', async () => {
    const received = serveHosts({ 'ci.example.com': () => new Response(null, { status: 204 }) })
    const tenant = await newTenant()
    const { body: hook } = await tenant.send('POST', '/v1/hooks', { body: wish })
    const { body: rotated } = await tenant.send('POST', `/v1/hooks/${hook.id}/rotate`)
    expect(rotated.secret).not.toBe(hook.secret)
    await tenant.send('POST', `/v1/hooks/${hook.id}/test`)
    const headers = Object.fromEntries(received[0]?.headers ?? [])
    for (const secret of [hook.secret, rotated.secret]) {
      expect(() => new Webhook(secret).verify(received[0]?.body ?? '', headers)).not.toThrow()
    }
  })

  it.each(['http://10.0.0.1/hook', 'http://169.254.169.254/', 'https://user:pw@ci.example.com/'])(
    'refuse the address %s',
    async (url) => {
      const tenant = await newTenant()
      const bindings = { ALLOW_PRIVATE_TARGETS: undefined }
      const refused = await tenant.send('POST', '/v1/hooks', { body: { ...wish, url }, bindings })
      expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/url'])
      const { body: hook } = await tenant.send('POST', '/v1/hooks', { body: wish, bindings })
      const changed = await tenant.send('PATCH', `/v1/hooks/${hook.id}`, { body: { url }, bindings })
      expect([changed.status, changed.body.errors[0].pointer]).toEqual([422, '/url'])
    },
  )

  it('refuse a weak secret and fields of the other direction', async () => {
    const tenant = await newTenant()
    const weak = await tenant.send('POST', '/v1/hooks', { body: { ...wish, secret: 'whsec_c2hvcnQtc2VjcmV0' } })
    expect([weak.status, weak.body.errors[0].pointer]).toEqual([422, '/secret'])
    const { body: hook } = await tenant.send('POST', '/v1/hooks', { body: wish })
    const wrong = await tenant.send('PATCH', `/v1/hooks/${hook.id}`, { body: { environments: ['production'] } })
    expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([422, '/environments'])
  })

  it('can be disabled, enabled and removed', async () => {
    const tenant = await newTenant()
    const { body: hook } = await tenant.send('POST', '/v1/hooks', { body: wish })
    const off = await tenant.send('PATCH', `/v1/hooks/${hook.id}`, { body: { disabled: true } })
    expect(off.body.disabledAt).not.toBeNull()
    expect((await tenant.send('POST', `/v1/hooks/${hook.id}/test`)).status).toBe(409)
    const on = await tenant.send('PATCH', `/v1/hooks/${hook.id}`, { body: { disabled: false } })
    expect(on.body.disabledAt).toBeNull()
    expect((await tenant.send('DELETE', `/v1/hooks/${hook.id}`)).status).toBe(204)
    expect((await tenant.send('GET', `/v1/hooks/${hook.id}`)).status).toBe(404)
    expect((await tenant.send('GET', '/v1/hooks')).body.items).toEqual([])
  })
})

describe('inbound hooks', () => {
  it('need a target of their tenant', async () => {
    serveHosts()
    const [tenant, other] = [await tenantWithTarget(), await newTenant('other')]
    const body = {
      direction: 'in',
      provider: 'github',
      name: 'Deployments',
      runTemplate: { targetId: tenant.targetId, suite: 'smoke' },
    }
    const foreign = await other.send('POST', '/v1/hooks', { body })
    expect([foreign.status, foreign.body.errors[0].pointer]).toEqual([422, '/runTemplate/targetId'])
    const made = await tenant.send('POST', '/v1/hooks', { body })
    expect(made.body).toMatchObject({ receives: `/v1/hooks/${made.body.id}/github`, environments: [] })
  })

  it('refuse a template that could start no run, with the places, and take one whose target is not there yet', async () => {
    serveHosts()
    const tenant = await tenantWithTarget()
    const { targetId } = tenant
    const hook = (runTemplate: object) => ({ direction: 'in', provider: 'github', name: 'x', runTemplate })
    for (const [template, place] of [
      [{ targetId, benchmarks: [{ id: 'no-such-benchmark' }] }, '/runTemplate/benchmarks/0/id'],
      [
        { targetId, benchmarks: [{ id: 'factor', params: { passage: 3 } }] },
        '/runTemplate/benchmarks/0/params/passage',
      ],
      [{ targetId, suite: 'smoke', budget: { microUsd: 5 } }, '/runTemplate/budget/microUsd'],
    ] as const) {
      const refused = await tenant.send('POST', '/v1/hooks', { body: hook(template) })
      expect([refused.status, refused.body.errors?.[0].pointer]).toEqual([422, place])
    }
    const { body: made } = await tenant.send('POST', '/v1/hooks', { body: hook({ targetId, suite: 'smoke' }) })
    const changed = await tenant.send('PATCH', `/v1/hooks/${made.id}`, {
      body: { runTemplate: { targetId, benchmarks: [{ id: 'nothing' }] } },
    })
    expect(changed.status).toBe(422)
    await env.DB.prepare('update targets set capabilities = null').run()
    const early = await tenant.send('POST', '/v1/hooks', { body: hook({ targetId, suite: 'smoke' }) })
    expect(early.status, early.text).toBe(201)
  })
})
