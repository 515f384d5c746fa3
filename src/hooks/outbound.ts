import type { Bindings } from '../../schema/bindings.ts'
import type { RunFinishedEvent } from '../../schema/hook.ts'
import type { RunStatus, StopReason } from '../../schema/states.ts'
import { AddressError, assertAllowedAddress } from '../model/address.ts'
import { type Database, newId, openDatabase } from '../store/database.ts'
import {
  type DeliveryRow,
  dueDeliveries,
  getDelivery,
  insertDelivery,
  runHeadlines,
  takeDelivery,
  updateDelivery,
} from '../store/deliveries.ts'
import { findHook, type HookRow, hookSecrets, outboundHooks, updateHook } from '../store/hooks.ts'
import { readStart, retryAfterMs } from './response.ts'
import { sign } from './signature.ts'

const minute = 60_000
const hour = 60 * minute
/** Waits before each attempt, from the one before: what Standard Webhooks recommends. */
export const schedule: readonly number[] = [
  0,
  5000,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]
const timeoutMs = 15_000
/** Longest delay that a queue message may have; what waits longer is found by the schedule's tick. */
const mostQueueDelayMs = 12 * hour
const dueAtOnce = 20

/** What of a run goes into the message; a row of `runs` and a `Run` both fit. */
export interface FinishedRun {
  id: string
  status: RunStatus
  stopReason: StopReason | null
}

/** A message to one hook, stored and on its way. The same key for the same hook is one delivery. */
async function queueEvent(
  db: Database,
  hook: HookRow,
  message: { key: string; runId: string | null; event: RunFinishedEvent },
): Promise<DeliveryRow | null> {
  const now = Date.now()
  return insertDelivery(db, {
    id: newId('dlv'),
    tenantId: hook.tenantId,
    hookId: hook.id,
    direction: 'out',
    event: message.event.type,
    key: message.key,
    runId: message.runId,
    status: 'pending',
    detail: null,
    body: JSON.stringify(message.event),
    attempts: 0,
    nextAttemptAt: now,
    responseStatus: null,
    createdAt: now,
    finishedAt: null,
  })
}

/**
 * Tells every outbound hook of the tenant that a run ended, in whatever state: a pending delivery each (one per hook
 * and run, however often this is called) and a wake-up. Lost wake-ups are found by `deliverDue`.
 */
export async function queueRunFinished(env: Bindings, tenantId: string, run: FinishedRun): Promise<void> {
  const db = openDatabase(env.DB)
  const hooks = await outboundHooks(db, tenantId)
  if (hooks.length === 0) return
  const event: RunFinishedEvent = {
    type: 'run.finished',
    timestamp: new Date().toISOString(),
    data: {
      runId: run.id,
      status: run.status,
      stopReason: run.stopReason,
      ...(env.PUBLIC_URL ? { reportUrl: `${env.PUBLIC_URL.replace(/\/+$/, '')}/v1/runs/${run.id}/report` } : {}),
      headlines: (await runHeadlines(db, run.id)).slice(0, 60),
    },
  }
  for (const hook of hooks) {
    const delivery = await queueEvent(db, hook, { key: `msg_${run.id}`, runId: run.id, event })
    if (delivery) await env.QUEUE.send({ kind: 'deliver', deliveryId: delivery.id })
  }
}

/** Sends a test message to an outbound hook now and gives back its delivery after the first attempt. */
export async function deliverTest(env: Bindings, hook: HookRow): Promise<DeliveryRow> {
  const db = openDatabase(env.DB)
  const event: RunFinishedEvent = {
    type: 'webhook.test',
    timestamp: new Date().toISOString(),
    data: { runId: null, status: null, stopReason: null, headlines: [] },
  }
  const row = await queueEvent(db, hook, { key: `msg_test_${newId('dlv').slice(4)}`, runId: null, event })
  if (!row) throw new Error('a fresh message id was there already')
  await deliver(env, row.id)
  return (await getDelivery(db, row.id)) as DeliveryRow
}

type Outcome = { status: number | null; detail: string; delivered: boolean; gone: boolean; waitMs: number }

/** One signed POST. Redirects are not followed: the signature would go to whom the secret was not given. */
async function post(hook: HookRow, delivery: DeliveryRow, secrets: string[], allowPrivate: boolean): Promise<Outcome> {
  const failed = { status: null, delivered: false, gone: false, waitMs: 0 }
  const body = delivery.body ?? ''
  const timestamp = Math.floor(Date.now() / 1000)
  try {
    const url = assertAllowedAddress(hook.url ?? '', allowPrivate)
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Assay-Webhooks/1',
        'webhook-id': delivery.key,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': await sign(secrets, delivery.key, timestamp, body),
      },
    })
    const start = await readStart(response)
    return {
      status: response.status,
      detail: `HTTP ${response.status}${response.ok || start === '' ? '' : `: ${start}`}`,
      delivered: response.ok,
      gone: response.status === 410,
      waitMs: retryAfterMs(response, Date.now()),
    }
  } catch (error) {
    if (error instanceof AddressError) return { ...failed, detail: `not sent: ${error.message}` }
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return { ...failed, detail: timedOut ? `no answer within ${timeoutMs / 1000} s` : 'the receiver cannot be reached' }
  }
}

/** One attempt at a delivery that is due; anything else changes nothing. Never raises for what the receiver does. */
export async function deliver(env: Bindings, deliveryId: string): Promise<void> {
  const db = openDatabase(env.DB)
  const now = Date.now()
  const before = await getDelivery(db, deliveryId)
  if (before?.direction !== 'out') return
  const wait = schedule[before.attempts + 1]
  const delivery = await takeDelivery(db, deliveryId, now, now + Math.max(wait ?? 0, 2 * timeoutMs))
  if (!delivery) return
  const hook = await findHook(db, delivery.hookId)
  if (!hook || hook.disabledAt !== null) {
    const detail = hook ? 'the hook is disabled' : 'the hook was deleted'
    return updateDelivery(db, delivery.id, { status: 'failed', detail, finishedAt: now })
  }
  const outcome = await post(hook, delivery, await hookSecrets(env, hook, now), env.ALLOW_PRIVATE_TARGETS === 'true')
  const columns = { responseStatus: outcome.status, detail: outcome.detail }
  const finishedAt = Date.now()
  if (outcome.delivered) return updateDelivery(db, delivery.id, { ...columns, status: 'delivered', finishedAt })
  if (outcome.gone) await updateHook(db, hook.tenantId, hook.id, { disabledAt: finishedAt })
  if (outcome.gone || wait === undefined || delivery.event === 'webhook.test') {
    return updateDelivery(db, delivery.id, { ...columns, status: 'failed', finishedAt })
  }
  const delay = Math.max(wait, outcome.waitMs)
  await updateDelivery(db, delivery.id, { ...columns, nextAttemptAt: finishedAt + delay })
  if (delay <= mostQueueDelayMs) {
    await env.QUEUE.send({ kind: 'deliver', deliveryId }, { delaySeconds: Math.ceil(delay / 1000) })
  }
}

/** Attempts what is due and was not woken: called by the schedule. */
export async function deliverDue(env: Bindings, now: number): Promise<void> {
  const ids = await dueDeliveries(openDatabase(env.DB), now, dueAtOnce)
  await Promise.all(ids.map((id) => deliver(env, id)))
}
