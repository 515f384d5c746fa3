import { expect, test, vi } from 'vitest'
import { normalPace } from '../../src/runs/pace.ts'
import { workOn } from '../../src/runs/work.ts'
import { openDatabase } from '../../src/store/database.ts'
import { runReportView } from '../../src/store/runs.ts'
import { failingStorage, type Plan } from './failing-storage.ts'
import { openPlace } from './place.ts'

const benchmarks = [
  { id: 'one-call', size: 4 },
  { id: 'two-calls', size: 3 },
]
const pace = { ...normalPace, commitMs: 20 }

/** Works on a run with storage that fails by `plan`, then lets its leases run out and works on with sound storage. */
async function runWith(plan: Plan | null, storageWaits: readonly number[]) {
  const place = await openPlace()
  const { id } = await place.start({ benchmarks })
  const storage = failingStorage(place.env.DB, place.env.EVIDENCE, plan)
  const env = { ...place.env, DB: storage.database, EVIDENCE: storage.bucket }
  const options = { ...place.options, pace: { ...pace, storageWaits } }
  await workOn(env, id, 1, options).catch(() => {})
  const { calls } = storage
  for (let turn = 0; turn < 5 && (await place.run(id)).announcedAt === null; turn++) {
    await place.env.DB.prepare(`update shards set lease_until = 0, not_before = 0 where run_id = ?`).bind(id).run()
    await workOn(place.env, id, 1, place.options)
  }
  const { run, benchmarks: reports } = await runReportView(openDatabase(place.env.DB), await place.run(id))
  return { calls, outcome: [run.status, run.progress.done, JSON.stringify(reports)] }
}

/** The same run with storage failing at each of its calls in turn, several trials side by side. */
async function expectSameAtEveryCall(plan: (at: number) => Plan, storageWaits: readonly number[]) {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const undisturbed = await runWith(null, storageWaits)
  expect(undisturbed.outcome.slice(0, 2)).toEqual(['done', 7])
  expect(undisturbed.calls).toBeGreaterThan(12)
  const places = Array.from({ length: undisturbed.calls }, (_, index) => index + 1)
  while (places.length > 0)
    await Promise.all(
      places.splice(0, 8).map(async (at) => {
        const { outcome } = await runWith(plan(at), storageWaits)
        expect([at, ...outcome]).toEqual([at, ...undisturbed.outcome])
      }),
    )
}

test('storage that fails at any one call changes no report', async () => {
  await expectSameAtEveryCall((at) => ({ at, when: at % 2 === 0 ? 'before' : 'after', forGood: false }), [1, 1])
}, 60_000)

test('a worker that dies at any call to storage leaves a run that another ends alike', async () => {
  await expectSameAtEveryCall((at) => ({ at, when: at % 2 === 0 ? 'after' : 'before', forGood: true }), [])
}, 60_000)
