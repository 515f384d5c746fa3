/**
 * `npm run bench:orchestration`: how much of the platform's own speed is left once plans, leases, evidence keys,
 * scoring and reports are paid for. Each row is a normal run of `exact-match`, from POST /v1/runs to its report, beside
 * a bare loop in the same workerd that only fetches, inserts and stores. Ratios within one run are what counts.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineCommand, runMain } from 'citty'
import type { Run } from '../../schema/run.ts'
import { finishedStatuses } from '../../schema/states.ts'
import { freePort } from '../../src/cli/demo/ports.ts'
import { start, stop } from '../../src/cli/demo/processes.ts'
import { untilHealthy, wranglerEnvironment } from '../../src/cli/demo/servers.ts'
import { projectRoot } from '../../src/cli/setup/root.ts'
import { type Instance, startInstance } from '../end-to-end/instance.ts'
import { watchHeap } from './heap.ts'

interface Setting {
  name: string
  items: number
  latencyMs: number
  connections: number
  /** 1: single chat requests; more: completion lists. */
  listLength: number
  goal: string
}

const settings: Setting[] = [
  { name: 'chat', items: 2_000, latencyMs: 0, connections: 64, listLength: 1, goal: '60 % of the bare loop' },
  { name: 'chat', items: 20_000, latencyMs: 0, connections: 64, listLength: 1, goal: '60 % of the bare loop' },
  { name: 'lists of 64', items: 2_000, latencyMs: 0, connections: 6, listLength: 64, goal: '8,000 items/s' },
  { name: 'lists of 64', items: 20_000, latencyMs: 0, connections: 6, listLength: 64, goal: '8,000 items/s' },
  { name: 'chat', items: 2_000, latencyMs: 50, connections: 16, listLength: 1, goal: '90 % of 320 items/s' },
  { name: 'chat', items: 2_000, latencyMs: 50, connections: 64, listLength: 1, goal: '90 % of 1,280 items/s' },
]

/** The largest resident memory of the workerd processes under `pid`, MiB, sampled while `work` runs. */
async function peakMemory<T>(pid: number, work: () => Promise<T>): Promise<{ value: T; peakMiB: number }> {
  let peak = 0
  const sample = () => {
    const listing = spawnSync('ps', ['-eo', 'pgid=,rss=,comm='], { encoding: 'utf8' }).stdout
    for (const line of listing.split('\n')) {
      const [group, rss, name] = line.trim().split(/\s+/)
      if (Number(group) === pid && name?.includes('workerd')) peak = Math.max(peak, Number(rss) / 1024)
    }
  }
  sample()
  const timer = setInterval(sample, 250)
  try {
    return { value: await work(), peakMiB: Math.round(peak) }
  } finally {
    clearInterval(timer)
  }
}

async function startModelServer(latencyMs: number): Promise<{ url: string; stop: () => void }> {
  const port = await freePort(30_000 + Math.floor(Math.random() * 9000))
  const child = spawn(
    process.execPath,
    [
      'test/servers/openai.ts',
      '--port',
      String(port),
      '--latency',
      String(latencyMs),
      '--dialect',
      'vllm',
      '--model',
      'bench',
    ],
    {
      cwd: projectRoot,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; ; tries++) {
    try {
      const response = await fetch(`${url}/v1/models`)
      await response.body?.cancel()
      if (response.ok) return { url, stop: () => child.kill('SIGKILL') }
    } catch {
      if (tries > 100) throw new Error('the model server did not start')
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Waits for a run's end. Looks again when half of what is left should have passed: looking costs the Worker time. */
async function untilFinished(instance: Instance, runId: string): Promise<Run> {
  const begun = performance.now()
  for (;;) {
    const run = await instance.call<Run>('GET', `/v1/runs/${runId}`)
    if (finishedStatuses.includes(run.status)) return run
    const passed = performance.now() - begun
    if (passed > 300_000) throw new Error(`the run is still ${run.status} after five minutes`)
    const { done, total } = run.progress
    const left = done === 0 ? Math.max(100, 2 * passed) : (passed * (total - done)) / done
    await new Promise((resolve) => setTimeout(resolve, Math.min(500, Math.max(10, left / 2))))
  }
}

async function measureRun(instance: Instance, targetId: string, setting: Setting, seed: number): Promise<number> {
  const begun = performance.now()
  const run = await instance.call<{ id: string }>('POST', '/v1/runs', {
    targetId,
    benchmarks: [
      { id: 'exact-match', size: setting.items, params: { mode: setting.listLength === 1 ? 'chat' : 'completion' } },
    ],
    seed,
  })
  const finished = await untilFinished(instance, run.id)
  const report = await instance.call<{ benchmarks: { counts: { scored: number } }[] }>(
    'GET',
    `/v1/runs/${run.id}/report`,
  )
  const seconds = (performance.now() - begun) / 1000
  const scored = report.benchmarks[0]?.counts.scored
  if (finished.status !== 'done' || scored !== setting.items) {
    throw new Error(
      `the run ended ${finished.status} with ${scored} of ${setting.items} items scored: ${finished.stopDetail ?? ''}`,
    )
  }
  return setting.items / seconds
}

async function main(chosen: Setting[], repeats: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'))
  const barePort = await freePort(40_000 + Math.floor(Math.random() * 9000))
  const bare = start(
    'bare loop',
    process.execPath,
    [
      join(projectRoot, 'node_modules/wrangler/bin/wrangler.js'),
      'dev',
      '--local',
      '--config',
      'test/bench/bare/wrangler.toml',
      '--port',
      String(barePort),
      '--inspector-port',
      '0',
    ].concat(['--persist-to', join(folder, 'state'), '--show-interactive-dev-session=false', '--log-level', 'warn']),
    { cwd: projectRoot, env: wranglerEnvironment, logFile: join(folder, 'bare.log') },
  )
  const inspectorPort = await freePort(45_000 + Math.floor(Math.random() * 9000))
  const instance = await startInstance({ vars: { MAX_CONNECTIONS: '64' }, inspectorPort })
  const heap = await watchHeap(inspectorPort)
  const lines: string[][] = []
  try {
    await untilHealthy(bare, `http://127.0.0.1:${barePort}/healthz`, 60)
    const measureBare = async (url: string, setting: Setting) => {
      const begun = performance.now()
      const body = JSON.stringify({
        baseUrl: `${url}/v1`,
        items: setting.items,
        connections: setting.connections,
        listLength: setting.listLength,
      })
      const response = await fetch(`http://127.0.0.1:${barePort}/loop`, { method: 'POST', body })
      if (!response.ok) throw new Error(`bare loop: ${await response.text()}`)
      await response.json()
      return setting.items / ((performance.now() - begun) / 1000)
    }
    let seed = 1
    for (const setting of chosen) {
      const server = await startModelServer(setting.latencyMs)
      try {
        const target = await instance.call<{ id: string }>('POST', '/v1/targets', {
          name: `bench ${setting.name} ${setting.latencyMs} ms x ${setting.connections}`,
          baseUrl: `${server.url}/v1`,
          model: 'bench',
          dialect: setting.listLength === 1 ? 'openai' : 'vllm',
          limits: { maxConnections: setting.connections, maxBatch: 64 },
        })
        // One of each first, so that neither pays for compilation.
        await measureBare(server.url, { ...setting, items: 2000 })
        await measureRun(instance, target.id, { ...setting, items: 2000 }, seed++)
        const own: number[] = []
        const floor: number[] = []
        let peak = 0
        for (let repeat = 0; repeat < repeats; repeat++) {
          floor.push(await measureBare(server.url, setting))
          const { value, peakMiB } = await peakMemory(instance.worker.child.pid as number, () =>
            measureRun(instance, target.id, setting, seed++),
          )
          own.push(value)
          peak = Math.max(peak, peakMiB)
        }
        // Apart from the measured ones: collecting garbage takes time.
        const live = await heap.peakLive(() => measureRun(instance, target.id, setting, seed++))
        const rate = median(own)
        const bareRate = median(floor)
        const ideal = setting.latencyMs > 0 ? (setting.connections * 1000) / setting.latencyMs : null
        lines.push([
          setting.name,
          String(setting.items),
          `${setting.latencyMs} ms`,
          String(setting.connections),
          rate.toFixed(0),
          bareRate.toFixed(0),
          `${((100 * rate) / bareRate).toFixed(0)} %`,
          ideal ? `${((100 * rate) / ideal).toFixed(0)} %` : '–',
          `${live?.toFixed(0) ?? '–'} MiB`,
          `${peak} MiB`,
          setting.goal,
        ])
        console.log(lines.at(-1)?.join('  '))
      } finally {
        server.stop()
      }
    }
  } finally {
    heap.stop()
    await Promise.all([instance.close(), stop(bare)])
    rmSync(folder, { recursive: true, force: true })
  }
  print([
    [
      'requests',
      'items',
      'latency',
      'connections',
      'Assay items/s',
      'bare items/s',
      'of bare',
      'of ideal',
      'live heap',
      'whole process',
      'goal',
    ],
    ...lines,
  ])
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

function print(rows: string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  console.log(
    `\n${rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')}`,
  )
  const model = readFileSync('/proc/cpuinfo', 'utf8').match(/model name\s*: (.*)/)?.[1] ?? 'unknown processor'
  console.log(`\n${model}; server, Worker and bare loop on the same machine; medians.`)
}

runMain(
  defineCommand({
    meta: { name: 'bench:orchestration', description: 'Orchestration speed against a bare loop in the same workerd.' },
    args: {
      repeats: { type: 'string', default: '3', description: 'Measured repetitions per row (medians are printed)' },
      rows: { type: 'string', description: 'Only these rows, by number from 1: 1,3' },
    },
    run: async ({ args }) => {
      const wanted = args.rows?.split(',').map((row) => Number(row) - 1)
      await main(wanted ? settings.filter((_, index) => wanted.includes(index)) : settings, Number(args.repeats))
    },
  }),
)
