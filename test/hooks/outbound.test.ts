import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { QueueMessage } from '../../schema/bindings.ts'
import { deliver, deliverDue, queueRunFinished, schedule } from '../../src/hooks/outbound.ts'
import { serveHosts } from '../api/model-server.ts'
import { newTenant } from '../api/tenant.ts'

const run = { id: 'run_ended', status: 'done', stopReason: null } as const

/** A tenant with one outbound hook, whose wake-ups are kept instead of sent. */
async function hooked(url = 'https://ci.example.com/hook') {
  const wakeUps: { message: QueueMessage; delaySeconds: number }[] = []
  const queue = {
    send: async (message: QueueMessage, options?: { delaySeconds?: number }) => {
      wakeUps.push({ message, delaySeconds: options?.delaySeconds ?? 0 })
    },
  }
  const bindings = { ...env, QUEUE: queue as unknown as Queue<QueueMessage>, PUBLIC_URL: 'https://assay.example/' }
  const tenant = await newTenant()
  const { body: hook } = await tenant.send('POST', '/v1/hooks', { body: { direction: 'out', name: 'CI', url } })
  await insertRun(tenant.tenantId)
  const delivery = async () => (await tenant.send('GET', `/v1/hooks/${hook.id}/deliveries`)).body.items[0]
  /** Makes what is waiting due now. */
  const hurry = () => env.DB.prepare("update deliveries set next_attempt_at = 0 where status = 'pending'").run()
  return { tenant, hook, bindings, wakeUps, delivery, hurry }
}

async function insertRun(tenantId: string) {
  await env.DB.batch([
    env.DB.prepare(
      `insert into targets (id, tenant_id, name, base_url, model, dialect, limits, reasoning_tags, created_at, updated_at)
       values ('tgt_1', ?, 'x', 'https://x.example', 'x', 'openai', '{}', '[]', 0, 0)`,
    ).bind(tenantId),
    env.DB.prepare(
      `insert into runs (id, tenant_id, target_id, target_revision, target, seed, status, budget, fresh, published,
       source, items_total, created_at, woken_at) values (?, ?, 'tgt_1', 'r', '{}', 0, 'done', '{}', 0, 0, 'api', 0, 0, 0)`,
    ).bind(run.id, tenantId),
  ])
}

const answering = (answer: () => Response | Promise<Response>) => serveHosts({ 'ci.example.com': answer })

describe('run.finished', () => {
  it('goes out once per hook and run, thin, signed, and with the report’s address', async () => {
    const received = answering(() => new Response(null, { status: 204 }))
    const { tenant, hook, bindings, wakeUps, delivery } = await hooked()
    await Promise.all([1, 2, 3].map(() => queueRunFinished(bindings, tenant.tenantId, run)))
    const { id } = await delivery()
    expect(wakeUps).toEqual([{ message: { kind: 'deliver', deliveryId: id }, delaySeconds: 0 }])
    await Promise.all([deliver(bindings, id), deliver(bindings, id)])
    expect(received).toHaveLength(1)
    const [{ body, headers, method }] = received as [(typeof received)[0]]
    expect(method).toBe('POST')
    const event = new Webhook(hook.secret).verify(body, Object.fromEntries(headers))
    expect(event).toMatchObject({
      type: 'run.finished',
      data: {
        runId: run.id,
        status: 'done',
        stopReason: null,
        reportUrl: `https://assay.example/v1/runs/${run.id}/report`,
      },
    })
    expect(body.length).toBeLessThan(20_000)
    expect(await delivery()).toMatchObject({ status: 'delivered', responseStatus: 204, attempts: 1, runId: run.id })
  })

  it('is tried again by the schedule of Standard Webhooks, with the same id and body, and then given up', async () => {
    const received = answering(() => new Response('no', { status: 500 }))
    const { tenant, hook, bindings, wakeUps, delivery, hurry } = await hooked()
    await queueRunFinished(bindings, tenant.tenantId, run)
    const { id } = await delivery()
    for (let attempt = 1; attempt <= schedule.length; attempt++) {
      const before = Date.now()
      await deliver(bindings, id)
      const { status, attempts, nextAttemptAt, detail } = await delivery()
      expect([attempts, detail]).toEqual([attempt, 'HTTP 500: no'])
      const wait = schedule[attempt]
      if (wait === undefined) expect(status).toBe('failed')
      else {
        expect(status).toBe('pending')
        expect(Date.parse(nextAttemptAt) - before).toBeGreaterThanOrEqual(wait)
        expect(Date.parse(nextAttemptAt) - before).toBeLessThan(wait + 5000)
      }
      await deliver(bindings, id)
      expect(received).toHaveLength(attempt)
      await hurry()
    }
    expect(new Set(received.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    for (const { body, headers } of received) {
      expect(() => new Webhook(hook.secret).verify(body, Object.fromEntries(headers))).not.toThrow()
    }
    // Delays past what a queue can hold wait for the schedule's tick.
    const delays = wakeUps.map(({ delaySeconds }) => delaySeconds)
    expect(delays).toEqual([0, 5, 300, 1800, 7200, 18_000, 36_000])
  })

  it('is found by the schedule’s tick when its wake-up was lost', async () => {
    const received = answering(() => new Response(null, { status: 204 }))
    const { tenant, bindings, delivery } = await hooked()
    await queueRunFinished(bindings, tenant.tenantId, run)
    await deliverDue(bindings, Date.now() + 1)
    expect(received).toHaveLength(1)
    expect((await delivery()).status).toBe('delivered')
    await deliverDue(bindings, Date.now() + 1)
    expect(received).toHaveLength(1)
  })

  it('honours Retry-After of a busy receiver where it is longer, and only there', async () => {
    const { tenant, bindings, delivery, hurry } = await hooked()
    await queueRunFinished(bindings, tenant.tenantId, run)
    const { id } = await delivery()
    const waits: number[] = []
    for (const [status, value] of [
      [429, '3600'],
      [503, new Date(Date.now() + 7_200_000).toUTCString()],
      [500, '90000'],
      [429, '99999999'],
    ] as const) {
      answering(() => new Response(null, { status, headers: { 'retry-after': value } }))
      await deliver(bindings, id)
      waits.push(Math.round((Date.parse((await delivery()).nextAttemptAt) - Date.now()) / 60_000))
      await hurry()
    }
    expect(waits).toEqual([60, 120, 30, 24 * 60])
  })

  it('disables the hook at 410 and sends nothing more', async () => {
    const received = answering(() => new Response(null, { status: 410 }))
    const { tenant, hook, bindings, delivery } = await hooked()
    await queueRunFinished(bindings, tenant.tenantId, run)
    await deliver(bindings, (await delivery()).id)
    expect((await delivery()).status).toBe('failed')
    expect((await tenant.send('GET', `/v1/hooks/${hook.id}`)).body.disabledAt).not.toBeNull()
    await queueRunFinished(bindings, tenant.tenantId, { ...run, id: 'run_other' })
    await deliverDue(bindings, Date.now() + 1)
    expect(received).toHaveLength(1)
  })

  it('follows no redirect, into private space or anywhere', async () => {
    const received = answering(() => Response.redirect('http://169.254.169.254/latest', 307))
    const { tenant, bindings, delivery } = await hooked()
    await queueRunFinished(bindings, tenant.tenantId, run)
    await deliver(bindings, (await delivery()).id)
    expect(received.map(({ url }) => url.hostname)).toEqual(['ci.example.com'])
    expect(received[0]?.init.redirect).toBe('manual')
    expect(await delivery()).toMatchObject({ status: 'pending', responseStatus: 307 })
  })

  it('is not sent to an address that is private by now', async () => {
    const received = serveHosts()
    const { tenant, bindings, delivery } = await hooked('http://10.0.0.1/hook')
    await queueRunFinished(bindings, tenant.tenantId, run)
    await deliver({ ...bindings, ALLOW_PRIVATE_TARGETS: undefined } as typeof bindings, (await delivery()).id)
    expect(received).toHaveLength(0)
    expect(await delivery()).toMatchObject({ status: 'pending', detail: expect.stringMatching(/not sent: .*private/) })
  })

  it('reads no more than the start of an endless answer', async () => {
    let given = 0
    let cancelled = false
    const endless = new ReadableStream({
      pull(controller) {
        given += 512
        controller.enqueue(new TextEncoder().encode('\u001b[31mno\n'.repeat(64)))
      },
      cancel: () => {
        cancelled = true
      },
    })
    answering(() => new Response(endless, { status: 500 }))
    const { tenant, bindings, delivery } = await hooked()
    await queueRunFinished(bindings, tenant.tenantId, run)
    await deliver(bindings, (await delivery()).id)
    expect(cancelled).toBe(true)
    expect(given).toBeLessThan(10_000)
    const { detail } = await delivery()
    expect(detail.length).toBeLessThan(300)
    expect(detail).not.toMatch(/\p{Cc}/u)
  })

  it('waits fifteen seconds for a slow receiver, and tries again later', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout')
    onTestFinished(() => timeout.mockRestore())
    answering(() => Promise.reject(new DOMException('The operation timed out.', 'TimeoutError')))
    const { tenant, bindings, delivery } = await hooked()
    await queueRunFinished(bindings, tenant.tenantId, run)
    await deliver(bindings, (await delivery()).id)
    expect(timeout).toHaveBeenCalledWith(15_000)
    expect(await delivery()).toMatchObject({ status: 'pending', attempts: 1, detail: 'no answer within 15 s' })
  })

  it('survives a receiver that cannot be reached', async () => {
    serveHosts()
    const { tenant, bindings, delivery } = await hooked()
    await queueRunFinished(bindings, tenant.tenantId, run)
    await deliver(bindings, (await delivery()).id)
    expect(await delivery()).toMatchObject({ status: 'pending', detail: 'the receiver cannot be reached' })
  })
})
