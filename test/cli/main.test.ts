import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Run } from '../../schema/run.ts'
import type { RunStatus } from '../../schema/states.ts'
import { requestOf } from '../../src/cli/commands/run.ts'
import { aReport, aRun } from './a-run.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Runs the command line as a user would. */
function assay(args: string[], variables: Record<string, string> = {}) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const { PATH, HOME } = process.env
    const child = spawn(process.execPath, [main, ...args], { env: { PATH, HOME, NO_COLOR: '1', ...variables } })
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (text) => (output[stream] += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output }))
  })
}

/** A server that answers every request alike, and the requests that it got. */
async function answering(status: number, body: object) {
  const requests: { line: string; authorization: string | undefined; body: unknown }[] = []
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join('')
    const line = `${request.method} ${request.url}`
    requests.push({ line, authorization: request.headers.authorization, body: text === '' ? null : JSON.parse(text) })
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** A server that tells the states of a run as events, then its report. */
async function telling(states: Run[]): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/events')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(states.map((state, place) => `id: ${place}\ndata: ${JSON.stringify(state)}\n\n`).join(''))
      return
    }
    const body = request.url?.endsWith('/report') ? { ...aReport(), run: states.at(-1) } : states[0]
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('assay', { timeout: 30_000 }, () => {
  it('prints the catalogue without a server', async () => {
    const { code, stdout } = await assay(['catalogue', '--json'])
    expect(code).toBe(0)
    const benchmarks = JSON.parse(stdout)
    expect(benchmarks.length).toBeGreaterThan(0)
    for (const benchmark of benchmarks) {
      expect(benchmark).toMatchObject({
        id: expect.any(String),
        version: expect.any(Number),
        params: { type: 'object' },
      })
    }
  })

  it.each([
    [['nonsense'], /Unknown command nonsense\nThere are: run, follow, .*doctor\.\nSee `assay --help`/],
    [['targets'], /There are: add, list, show, update, probe, remove\.\nSee `assay targets --help`/],
    [['targets', 'lst'], /Unknown command lst\nThere are: add/],
    [['targets', 'add', '--name', 'x'], /--base-url\nSee `assay targets add --help`/],
    [['targets', 'update', 'tgt_1'], /Nothing was named/],
    [['targets', 'update', 'tgt_1', '--price-prompt', '1'], /both --price-prompt and --price-completion/],
    [['datasets', 'add', '/no/such/file.csv', '--benchmark', 'factor'], /^\/no\/such\/file\.csv cannot be read\.\nSee/],
    [['targets', 'list', '--server', 'localhost:8787'], /localhost:8787 is no URL/],
    [['run', '--target', 'x', '--sut', 'core'], /no flag --sut/],
    [['run', '--target', 'x'], /either --suite or --benchmark/],
    [['rows', 'run_1', 'extra'], /one argument too many/],
    [['benchmarks', 'show', 'nothing'], /no benchmark “nothing”/],
  ])('ends with 2 for %j', async (args, words) => {
    const { url } = await answering(200, { id: 'tgt_1', limits: {} })
    const { code, stderr } = await assay(args, { ASSAY_URL: url })
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)])
  })

  it('ends with 3 where nobody answers, and says what to do', async () => {
    const { code, stderr } = await assay(['targets', 'list'], { ASSAY_URL: 'http://127.0.0.1:9' })
    expect([code, stderr]).toEqual([3, expect.stringMatching(/cannot be reached[\s\S]*ASSAY_URL/)])
    const doctor = await assay(['doctor', '--json'], { ASSAY_URL: 'http://127.0.0.1:9' })
    expect(doctor.code).toBe(3)
    expect(JSON.parse(doctor.stdout)).toMatchObject([
      { what: 'Node', ok: true },
      { what: 'Server', ok: false },
    ])
  })

  it('ends with 1 for a problem, shown with its places and without control characters', async () => {
    const { url, requests } = await answering(422, {
      type: 'urn:assay:problem:invalid-request',
      title: 'Some values are not valid',
      status: 422,
      detail: 'No \u001b[2Jway',
      errors: [{ pointer: '/model', detail: 'Give another.' }],
      requestId: 'r-1',
    })
    const flags = ['--name', 'x', '--base-url', 'https://x.example', '--model', 'm']
    const { code, stderr } = await assay(['targets', 'add', ...flags], { ASSAY_URL: url, ASSAY_API_KEY: 'ask_k' })
    expect(code).toBe(1)
    expect(stderr).toContain('No  [2Jway')
    expect(stderr).toContain('  /model: Give another.')
    expect(requests).toMatchObject([{ line: 'POST /v1/targets?force=false', authorization: 'Bearer ask_k' }])
  })

  it('says a problem’s one place once, and asks whether the address is right where something else answers', async () => {
    const detail = 'The body is not valid: /size: Too small.'
    const problem = { type: 'urn:assay:problem:invalid-request', title: 'No', status: 422, detail, requestId: 'r' }
    const one = await answering(422, { ...problem, errors: [{ pointer: '/size', detail: 'Too small.' }] })
    const said = await assay(['run', '--target', 'tgt_1', '--suite', 'smoke'], { ASSAY_URL: one.url })
    expect(said.stderr.match(/Too small/g)).toHaveLength(1)
    expect(said.stderr.match(/\/size/g)).toHaveLength(1)
    const other = await answering(404, { error: 'no such page' })
    const lost = await assay(['leaderboard'], { ASSAY_URL: other.url })
    expect([lost.code, lost.stderr]).toEqual([1, expect.stringMatching(/Is this the address of an Assay\?/)])
  })

  it('points to `follow` where a report is not there yet, and follows to the report', async () => {
    const conflict = { type: 'urn:assay:problem:conflict', title: 'No', status: 409, detail: 'x', requestId: 'r' }
    const { url } = await answering(409, conflict)
    const early = await assay(['report', 'run_1'], { ASSAY_URL: url })
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('`assay follow run_1`')])
    const states = (end: RunStatus) => [aRun('running', [20, 0]), aRun(end, [60, 12])]
    for (const [end, code] of [
      ['done', 0],
      ['degraded', 1],
    ] as const) {
      const followed = await assay(['follow', states(end)[0]?.id as string], { ASSAY_URL: await telling(states(end)) })
      expect(followed.code, followed.stderr).toBe(code)
      expect(followed.stdout).toContain(aReport().benchmarks[0]?.report.headline.title)
      expect(followed.stderr).toMatch(end === 'done' ? /72\/72/ : /The run is degraded/)
    }
  })

  it('changes only what flags name, and keeps the other limits of a target', async () => {
    const { url, requests } = await answering(200, {
      id: 'tgt_1',
      name: 'x',
      baseUrl: 'https://x.example/v1',
      model: 'm',
      dialect: 'openai',
      hasApiKey: false,
      capabilities: null,
      probeError: null,
      limits: { maxConnections: 4, maxBatch: 8 },
    })
    const flags = ['--max-batch', '2', '--price-prompt', '0.15', '--price-completion', '0.6']
    expect((await assay(['targets', 'update', 'tgt_1', ...flags], { ASSAY_URL: url })).code).toBe(0)
    expect(requests.at(-1)).toMatchObject({
      line: 'PATCH /v1/targets/tgt_1?force=false',
      body: { limits: { maxConnections: 4, maxBatch: 2 }, price: { prompt: 150_000, completion: 600_000 } },
    })
    expect(Object.keys(requests.at(-1)?.body as object).sort()).toEqual(['limits', 'price'])
  })

  it('prints a list, and JSON when asked', async () => {
    const { url } = await answering(200, { items: [], next: null })
    expect((await assay(['targets', 'list'], { ASSAY_URL: url })).stdout).toMatch(/No targets yet/)
    expect(JSON.parse((await assay(['targets', 'list', '--json', '--server', url])).stdout)).toEqual([])
  })
})

describe('the request that flags state', () => {
  it('takes a suite, or benchmarks with commas between', () => {
    expect(requestOf('tgt_1', { suite: 'core', size: '20', seed: '7', 'budget-usd': '0.5', publish: true })).toEqual({
      targetId: 'tgt_1',
      suite: 'core',
      size: 20,
      seed: 7,
      budget: { microUsd: 500_000 },
      fresh: false,
      published: true,
    })
    expect(requestOf('tgt_1', { benchmark: 'factor, idk-token' })).toMatchObject({
      benchmarks: [{ id: 'factor' }, { id: 'idk-token' }],
      seed: 0,
    })
    expect(requestOf('tgt_1', { benchmark: 'factor', params: '{"a":1}', dataset: 'ds_1' })).toMatchObject({
      benchmarks: [{ id: 'factor', params: { a: 1 }, datasetId: 'ds_1' }],
    })
  })

  it.each([
    [{}],
    [{ suite: 'core', benchmark: 'factor' }],
    [{ suite: 'core', params: '{}' }],
    [{ benchmark: 'factor', params: '[1]' }],
    [{ benchmark: 'factor', params: '{' }],
    [{ suite: 'core', size: 'huge' }],
    [{ suite: 'core', size: '0' }],
    [{ suite: 'core', seed: '1.5' }],
    [{ suite: 'core', 'budget-calls': '' }],
    [{ suite: 'core', 'budget-usd': '-1' }],
  ])('refuses %j', (flags) => {
    expect(() => requestOf('tgt_1', flags)).toThrow(/--/)
  })
})
