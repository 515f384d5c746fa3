import { expect, test } from 'vitest'
import { stateId } from '../../src/api/run-events.ts'
import { createLoadTeller } from '../../src/runs/load.ts'
import { inOneBatch, openDatabase } from '../../src/store/database.ts'
import { noteLoad, trafficView } from '../../src/store/load.ts'
import { aRun } from '../cli/a-run.ts'
import { openPlace } from './place.ts'

test('workers’ loads are summed, each as it told last, while they are new', async () => {
  const place = await openPlace()
  const db = openDatabase(place.env.DB)
  const { id } = await place.start({})
  const [early, late] = [crypto.randomUUID(), crypto.randomUUID()]
  const load = (at: number, open: number) => ({ at, open, allowed: 4, most: 8, requestsPerMinute: 30 })
  const tell = async (owner: string, at: number, open: number) => {
    await inOneBatch(db, [noteLoad(db, id, owner, load(at, open))])
  }
  const none = { answers: 0, lastAt: null }
  const seenAt = async (now: number) => trafficView(await place.run(id), none, now)
  expect(await seenAt(0)).toMatchObject({ connections: null, requestsPerMinute: null, lastThrottledAt: null })
  await tell(early, 100_000, 1)
  await tell(early, 102_000, 2)
  await tell(late, 103_000, 3)
  expect(await seenAt(103_000)).toMatchObject({
    connections: { open: 5, allowed: 8, most: 16 },
    requestsPerMinute: 60,
  })
  expect((await seenAt(112_500)).connections).toEqual({ open: 3, allowed: 4, most: 8 })
  expect((await seenAt(120_000)).connections).toBeNull()
  // Who has gone is forgotten.
  await tell(late, 120_000, 3)
  expect(Object.keys((await place.run(id)).load ?? {})).toEqual([late])
})

test('a worker tells its rate of the last half minute, and not more often than it is to', () => {
  let now = 0
  const workshop = { connections: { open: 1, allowed: 2, most: 2 }, requests: 0 }
  const tell = createLoadTeller(workshop, 2000, () => now)
  const rates = new Map<number, number | undefined>()
  for (now = 1000; now <= 90_000; now += 1000) {
    // One a second for a minute, then none.
    if (now <= 60_000) workshop.requests++
    const told = tell()
    expect(told === null).toBe(now % 2000 === 0)
    if (told !== null) rates.set(now, told.requestsPerMinute)
  }
  expect([rates.get(5000), rates.get(59_000), rates.get(89_000)]).toEqual([60, 60, 2])
})

test('a refusal is a new state of a run, for those who follow it', () => {
  const connections = { open: 1, allowed: 1, most: 1 }
  const traffic = { connections, requestsPerMinute: 1, throttled: 0, lastThrottledAt: null }
  const name = (more: object) => stateId(aRun('running', [3, 0], { traffic: { ...traffic, ...more } }))
  expect(name({ requestsPerMinute: 9 })).toBe(name({}))
  expect(name({ throttled: 1 })).not.toBe(name({}))
  expect(name({ throttled: 2 })).not.toBe(name({ throttled: 1 }))
})
