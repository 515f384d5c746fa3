import { env as real } from 'cloudflare:workers'
import { z } from 'zod'
import type { Bindings, QueueMessage } from '../../schema/bindings.ts'
import type { Capabilities } from '../../schema/capabilities.ts'
import { type RunRequestInput, runRequest } from '../../schema/run.ts'
import type { Price } from '../../schema/states.ts'
import { targets, tenants } from '../../schema/tables.ts'
import { type AnyBenchmark, defineBenchmark } from '../../src/benchmarks/define.ts'
import type { Transport } from '../../src/model/connection.ts'
import { type Origin, startRun } from '../../src/runs/plan.ts'
import { handleQueue, type WorkOptions } from '../../src/runs/work.ts'
import { newId, openDatabase } from '../../src/store/database.ts'
import { getRunForWork, type RunRow } from '../../src/store/runs.ts'
import { answerTo, capable } from '../servers/in-process.ts'

/** A place to run in: a tenant with a probed target, a queue in memory, and a target that answers from a function. */

export const allCapabilities = capable({
  batchInvariant: true,
  missing: { full: 'the server shows no full vocabulary' },
  fingerprint: 'test',
})

interface Question {
  id: string
  cluster?: string
  text: string
}

/** One greedy question an item; the score is the length of the answer's text. */
export const oneCall = defineBenchmark({
  id: 'one-call',
  family: 'robustness',
  version: 1,
  title: 'One call',
  question: 'What is said?',
  formula: 'mean length',
  source: { title: 'none', card: 'none' },
  needs: ['text'],
  params: z.object({ maxTokens: z.number().int().min(1).max(100).default(16), prefix: z.string().default('') }),
  item: z.object({ id: z.string(), cluster: z.string().optional(), text: z.string() }),
  row: z.object({ text: z.string() }),
  sizes: { smoke: 3, demo: 5, full: 20 },
  callsPerItem: () => ({ typical: 1, most: 1 }),
  builtin: (random, size): Question[] =>
    Array.from({ length: size }, (_, index) => ({
      id: `q${index}`,
      cluster: `c${index % 7}`,
      text: `What is ${random.integer(1, 99)} plus ${index}?`,
    })),
  async evaluate({ item, target, params }) {
    const [sample] = await target.complete(`${params.prefix}Question: ${item.text}\nAnswer:`, {
      maxTokens: params.maxTokens,
    })
    const text = sample?.text ?? ''
    return { status: 'scored', score: text.length, detail: { text } }
  },
  report: (rows) => {
    const scored = rows.filter((row) => row.status === 'scored')
    const value = scored.length === 0 ? null : scored.reduce((sum, row) => sum + (row.score ?? 0), 0) / scored.length
    return {
      headline: {
        id: 'meanLength',
        title: 'Mean length',
        value,
        ...(value === null ? { reason: 'no_items' as const } : {}),
        n: scored.length,
        unit: 'count',
        direction: 'neutral',
        reading: 'Characters.',
      },
      metrics: [],
      curves: [],
      tables: [
        {
          id: 'all',
          title: 'All',
          columns: [{ title: 'text' }],
          rows: scored.map((row) => [row.detail?.text ?? null]),
        },
      ],
      caveats: [],
      worst: [],
    }
  },
})

/** A chat, then a sampled follow-up that needs the first answer. */
export const twoCalls = defineBenchmark({
  ...oneCall,
  id: 'two-calls',
  callsPerItem: () => ({ typical: 2, most: 2 }),
  async evaluate({ item, target, params, random }) {
    const [first] = await target.chat([{ role: 'user', content: item.text }], { maxTokens: params.maxTokens })
    const [second] = await target.chat(
      [{ role: 'user', content: `${item.text} ${first?.text} ${random.integer(0, 9)}?` }],
      { maxTokens: params.maxTokens, temperature: 1 },
    )
    const text = `${first?.text}|${second?.text}`
    return { status: 'scored', score: text.length, detail: { text } }
  },
})

/** The same with log-probabilities. */
export const withLogprobs = defineBenchmark({
  ...oneCall,
  id: 'with-logprobs',
  async evaluate({ item, target }) {
    const [sample] = await target.complete(`Question: ${item.text}\nAnswer:`, { maxTokens: 4, topLogprobs: 1 })
    const text = sample?.text ?? ''
    return { status: 'scored', score: text.length, detail: { text } }
  },
})

/** Asks the target and, where one is given, a second one the same. */
export const compared = defineBenchmark({
  ...oneCall,
  id: 'compared',
  roles: ['second'],
  async evaluate({ item, target, roles, params }) {
    const ask = async (model: typeof target | undefined) =>
      (await model?.complete(item.text, { maxTokens: params.maxTokens }))?.[0]?.text ?? ''
    const [own, other] = await Promise.all([ask(target), ask(roles.second)])
    return { status: 'scored', score: own.length, detail: { text: `${own}|${other}` } }
  },
})

/** Needs what the target lacks. */
export const needsFull = defineBenchmark({ ...oneCall, id: 'needs-full', needs: ['full'] })

const known = new Map<string, AnyBenchmark>(
  [oneCall, twoCalls, withLogprobs, compared, needsFull].map((one) => [one.id, one]),
)
export const find = (id: string) => known.get(id)

export interface Place {
  env: Bindings
  tenantId: string
  targetId: string
  /** Messages not taken yet. */
  queue: { message: QueueMessage; delaySeconds: number }[]
  /** Requests that arrived, as path and body. */
  requests: { path: string; body: Record<string, unknown> }[]
  /** Replaces how the target answers; null: as usual. */
  behave: ((path: string, body: Record<string, unknown>) => Response | null | Promise<Response | null>) | null
  options: WorkOptions
  start(request: Partial<RunRequestInput>, origin?: Partial<Origin>): Promise<RunRow>
  /** Takes messages, `perBatch` at a time, until none is left; delays are passed over. */
  drain(perBatch?: number): Promise<void>
  /** Time passes until every shard may be taken that nobody holds. */
  letRest(): Promise<void>
  run(id: string): Promise<RunRow>
}

/** Adds a target to the tenant of a place. */
export async function addTarget(
  place: Pick<Place, 'tenantId'>,
  change: Partial<typeof targets.$inferInsert>,
): Promise<string> {
  const id = newId('tgt')
  await openDatabase(real.DB)
    .insert(targets)
    .values({ ...targetRow(place.tenantId), id, ...change })
  return id
}

const targetRow = (tenantId: string) => {
  const now = Date.now()
  return {
    tenantId,
    name: 'test',
    baseUrl: 'http://model.test/v1',
    model: 'test-model',
    dialect: 'vllm',
    sealedKey: null,
    price: null,
    limits: {},
    reasoningTags: ['think'],
    capabilities: allCapabilities,
    probedAt: now,
    probeError: null,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  } satisfies Omit<typeof targets.$inferInsert, 'id'>
}

/** Makes a tenant and its target. `change` alters what the target can do. */
export async function openPlace(
  change: { capabilities?: Partial<Capabilities>; price?: Price; connections?: number; env?: Partial<Bindings> } = {},
): Promise<Place> {
  const db = openDatabase(real.DB)
  const tenantId = newId('ten')
  await db.insert(tenants).values({ id: tenantId, name: 'test', createdAt: Date.now() })
  const targetId = await addTarget(
    { tenantId },
    {
      price: change.price ?? null,
      limits: { maxConnections: change.connections ?? 16 },
      capabilities: { ...allCapabilities, ...change.capabilities },
    },
  )
  const queue: Place['queue'] = []
  const requests: Place['requests'] = []
  const env = {
    ...real,
    DB: real.DB,
    EVIDENCE: real.EVIDENCE,
    QUEUE: {
      send: async (message: QueueMessage, options?: { delaySeconds?: number }) => {
        queue.push({ message, delaySeconds: options?.delaySeconds ?? 0 })
      },
      sendBatch: async (messages: Iterable<{ body: QueueMessage; delaySeconds?: number }>) => {
        for (const { body, delaySeconds } of messages) queue.push({ message: body, delaySeconds: delaySeconds ?? 0 })
      },
    },
    ...change.env,
  } as unknown as Bindings
  const transport: Transport = async (url, init) => {
    const path = new URL(url).pathname
    const body = JSON.parse(String(init.body ?? 'null')) as Record<string, unknown>
    requests.push({ path, body })
    const own = (await place.behave?.(path, body)) ?? null
    if (init.signal?.aborted) throw init.signal.reason
    if (own !== null) return own
    const told = answerTo({ method: init.method ?? 'GET', path, body })
    return Response.json(told.body, { status: told.status })
  }
  const place: Place = {
    env,
    tenantId,
    targetId,
    queue,
    requests,
    behave: null,
    options: { find, transport, jitter: () => 0 },
    start: (request, origin = {}) =>
      startRun(
        env,
        tenantId,
        runRequest.parse({ targetId, ...(request.suite ? {} : { benchmarks: [{ id: 'one-call' }] }), ...request }),
        { source: 'api', ...origin },
        find,
      ),
    async drain(perBatch = 10) {
      while (queue.length > 0) {
        const taken = queue.splice(0, perBatch)
        if (taken.some(({ delaySeconds }) => delaySeconds > 0)) await place.letRest()
        await handleQueue(batchOf(taken), env, place.options)
      }
    },
    async letRest() {
      await env.DB.prepare('update shards set not_before = 0').run()
    },
    async run(id) {
      return (await getRunForWork(db, id)) as RunRow
    },
  }
  return place
}

/** A batch as the queue would hand it over; acknowledgements are dropped, since D1 is the truth. */
export function batchOf(taken: Place['queue'], retried: string[] = []): MessageBatch<QueueMessage> {
  const messages = taken.map(({ message }, index) => ({
    id: String(index),
    timestamp: new Date(),
    body: message,
    attempts: 1,
    ack() {},
    retry() {
      retried.push(JSON.stringify(message))
    },
  }))
  return { queue: 'assay-work', messages, ackAll() {}, retryAll() {} } as unknown as MessageBatch<QueueMessage>
}
