import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { requestOf } from '../../src/cli/commands/run.ts'

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
  const requests: { line: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    requests.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization })
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
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
    [['nonsense'], /Unknown command/],
    [['run', '--target', 'x', '--sut', 'core'], /no flag --sut/],
    [['run', '--target', 'x'], /either --suite or --benchmark/],
    [['rows', 'run_1', 'extra'], /one argument too many/],
    [['benchmarks', 'show', 'nothing'], /no benchmark “nothing”/],
  ])('ends with 2 for %j', async (args, words) => {
    const { code, stderr } = await assay(args)
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
    expect(requests).toEqual([{ line: 'POST /v1/targets?force=false', authorization: 'Bearer ask_k' }])
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
