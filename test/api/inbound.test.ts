import { env } from 'cloudflare:workers'
import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { modelKey, modelUrl, serveHosts } from './model-server.ts'
import { newTenant, send } from './tenant.ts'

async function hookOf(provider: 'github' | 'standard', more: object = {}) {
  serveHosts()
  const tenant = await newTenant()
  const { body: target } = await tenant.send('POST', '/v1/targets', {
    body: { name: 'Test model', baseUrl: modelUrl, model: 'test-model', dialect: 'vllm', apiKey: modelKey },
  })
  const runTemplate = { targetId: target.id, benchmarks: [{ id: 'exact-match', size: 2 }] }
  const { body: hook } = await tenant.send('POST', '/v1/hooks', {
    body: { direction: 'in', provider, name: 'Deployments', runTemplate, ...more },
  })
  return { tenant, hook: hook as { id: string; secret: string; receives: string } }
}
const runs = async () =>
  (await env.DB.prepare('select id, source, hook_key, deployment_id from runs order by id').all()).results

const sha = 'a'.repeat(40)
const event = (state: string, more: { environment?: string; sha?: string; repository?: string } = {}) => ({
  deployment_status: { id: 1, state, environment: more.environment ?? 'production', target_url: 'https://x.example' },
  deployment: {
    id: 2,
    sha: more.sha ?? sha,
    ref: 'main',
    task: 'deploy',
    environment: more.environment ?? 'production',
  },
  repository: { full_name: more.repository ?? 'acme/bot', private: true },
})

let deliveryCount = 0
function github(hook: { receives: string; secret: string }, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  deliveryCount += 1
  return send('POST', hook.receives, {
    body: text,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'deployment_status',
      'x-github-delivery': `delivery-${deliveryCount}`,
      'x-hub-signature-256': `sha256=${createHmac('sha256', hook.secret).update(text).digest('hex')}`,
      ...headers,
    },
  })
}

describe('a GitHub deployment', () => {
  it('starts its run at success only, once per repository, sha and environment, in whatever order', async () => {
    const { hook } = await hookOf('github')
    const success = await github(hook, event('success'))
    expect(success.status, success.text).toBe(202)
    expect(success.body).toMatchObject({ status: 'accepted', runId: expect.stringMatching(/^run_/) })
    const pending = await github(hook, event('pending'))
    expect(pending.body).toMatchObject({ status: 'ignored', runId: null, detail: expect.stringContaining('pending') })
    const again = await github(hook, event('success'))
    expect(again.body.runId).toBe(success.body.runId)
    const stored = await runs()
    expect(stored).toEqual([
      { id: success.body.runId, source: 'hook', hook_key: `acme/bot@${sha}@production`, deployment_id: sha },
    ])
  })

  it('counts two environments, a new sha and another repository each by itself', async () => {
    const { hook } = await hookOf('github')
    await Promise.all([
      github(hook, event('success')),
      github(hook, event('success')),
      github(hook, event('success', { environment: 'staging' })),
      github(hook, event('success', { sha: 'b'.repeat(40) })),
      github(hook, event('success', { repository: 'acme/other' })),
    ])
    expect(await runs()).toHaveLength(4)
  })

  it('answers the replay of a delivery alike and starts nothing', async () => {
    const { tenant, hook } = await hookOf('github')
    const headers = { 'x-github-delivery': 'the-same' }
    const first = await github(hook, event('success'), headers)
    const replay = await github(hook, event('success'), headers)
    expect(replay.body).toEqual(first.body)
    expect(await runs()).toHaveLength(1)
    const { body } = await tenant.send('GET', `/v1/hooks/${hook.id}/deliveries`)
    expect(body.items).toHaveLength(1)
    expect(body.items[0]).toMatchObject({ key: 'the-same', status: 'accepted', runId: first.body.runId })
  })

  it('believes only the exact body under its own secret', async () => {
    const { hook } = await hookOf('github')
    const { hook: other } = await hookOf('github')
    const body = JSON.stringify(event('success'))
    const signature = (secret: string, text: string) =>
      `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`
    const spaced = JSON.stringify(event('success'), null, 2)
    for (const forged of [
      signature(other.secret, body),
      signature(hook.secret, spaced),
      signature(hook.secret, body).replace('sha256=', 'sha1='),
      'sha256=',
      '',
    ]) {
      const refused = await github(hook, body, { 'x-hub-signature-256': forged })
      expect(refused.status, forged).toBe(401)
    }
    expect(await runs()).toHaveLength(0)
    expect((await env.DB.prepare('select count(*) as n from deliveries').first<{ n: number }>())?.n).toBe(0)
  })

  it('answers a ping, ignores other events and environments, and names what it cannot read', async () => {
    const { hook } = await hookOf('github', { environments: ['production'] })
    const ping = await github(hook, { zen: 'x' }, { 'x-github-event': 'ping' })
    expect([ping.status, ping.body.detail]).toEqual([202, 'pong'])
    const push = await github(hook, { ref: 'x' }, { 'x-github-event': 'push' })
    expect([push.status, push.body.status]).toEqual([202, 'ignored'])
    const staging = await github(hook, event('success', { environment: 'staging' }))
    expect(staging.body).toMatchObject({ status: 'ignored', detail: expect.stringContaining('staging') })
    expect((await github(hook, 'payload=%7B%7D')).status).toBe(400)
    expect((await github(hook, {})).status).toBe(400)
    expect(await runs()).toHaveLength(0)
  })

  it('takes the old secret for a day after a rotation, and no longer', async () => {
    const { tenant, hook } = await hookOf('github')
    const { body: rotated } = await tenant.send('POST', `/v1/hooks/${hook.id}/rotate`)
    expect((await github(hook, event('pending'))).status).toBe(202)
    expect((await github({ ...hook, secret: rotated.secret }, event('pending'))).status).toBe(202)
    await tenant.send('POST', `/v1/hooks/${hook.id}/rotate`)
    expect((await github(hook, event('pending'))).status).toBe(401)
  })

  it('keeps a start that failed, and starts when its sender tries again after it was mended', async () => {
    const { tenant, hook } = await hookOf('github')
    const headers = { 'x-github-delivery': 'once-more' }
    await env.DB.prepare("update targets set capabilities = null, probe_error = 'down'").run()
    const failed = await github(hook, event('success'), headers)
    expect(failed.status).toBe(409)
    const { body: page } = await tenant.send('GET', `/v1/hooks/${hook.id}/deliveries`)
    expect(page.items[0]).toMatchObject({ status: 'failed', runId: null })
    const { body: targets } = await tenant.send('GET', '/v1/targets')
    await tenant.send('POST', `/v1/targets/${targets.items[0].id}/probe`)
    const retried = await github(hook, event('success'), headers)
    expect(retried.body).toMatchObject({ status: 'accepted', deliveryId: page.items[0].id })
  })

  it('is not there for a disabled, deleted, outbound or foreign hook', async () => {
    const { tenant, hook } = await hookOf('github')
    expect((await github({ ...hook, receives: `/v1/hooks/${hook.id}/standard` }, event('success'))).status).toBe(404)
    await tenant.send('PATCH', `/v1/hooks/${hook.id}`, { body: { disabled: true } })
    expect((await github(hook, event('success'))).status).toBe(409)
    await tenant.send('DELETE', `/v1/hooks/${hook.id}`)
    expect((await github(hook, event('success'))).status).toBe(404)
  })
})

describe('a Standard Webhooks message', () => {
  const signed = (hook: { secret: string }, id: string, body: string, at = new Date()) => ({
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(hook.secret).sign(id, at, body),
  })

  it('starts the run once per message id, and takes a deployment id', async () => {
    const { hook } = await hookOf('standard')
    const body = JSON.stringify({ type: 'deployed', deploymentId: 'v42' })
    const headers = signed(hook, 'msg_1', body)
    const first = await send('POST', hook.receives, { body, headers })
    expect(first.status, first.text).toBe(202)
    const replay = await send('POST', hook.receives, { body, headers })
    expect(replay.body).toEqual(first.body)
    const empty = await send('POST', hook.receives, { body: '', headers: signed(hook, 'msg_2', '') })
    expect(empty.status, empty.text).toBe(202)
    expect(await runs()).toMatchObject([
      { hook_key: 'msg_1', deployment_id: 'v42' },
      { hook_key: 'msg_2', deployment_id: null },
    ])
  })

  it('is refused when stale, from the future, unsigned, or signed for another id or body', async () => {
    const { hook } = await hookOf('standard')
    const body = '{}'
    const minutes = (count: number) => new Date(Date.now() + count * 60_000)
    const good = signed(hook, 'msg_1', body)
    for (const headers of [
      signed(hook, 'msg_1', body, minutes(-6)),
      signed(hook, 'msg_1', body, minutes(6)),
      { ...good, 'webhook-id': 'msg_2' },
      { ...good, 'webhook-signature': good['webhook-signature'].replace('v1,', 'v2,') },
      { ...good, 'webhook-signature': '' },
      signed(hook, 'msg_1', '{ }'),
    ]) {
      expect((await send('POST', hook.receives, { body, headers })).status).toBe(401)
    }
    const several = { ...good, 'webhook-signature': `v1,${btoa('x'.repeat(32))} ${good['webhook-signature']}` }
    expect((await send('POST', hook.receives, { body, headers: several })).status).toBe(202)
    expect(await runs()).toHaveLength(1)
  })
})
