import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CreatedHook, InboundAnswer, RunFinishedEvent } from '../../schema/hook.ts'
import type { Run } from '../../schema/run.ts'
import { projectRoot } from '../../src/cli/setup/root.ts'
import { startServer, type TestServer } from '../servers/openai.ts'
import { type Instance, startInstance, untilFinished } from './instance.ts'

/** The shell example of docs/webhooks.md, run as it stands there; and the message that comes when its run ends. */
let server: TestServer
let instance: Instance

beforeAll(async () => {
  server = await startServer({ dialect: 'openai' })
  instance = await startInstance()
})
afterAll(async () => {
  await instance.close()
  await server.close()
})

function shell(script: string, variables: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-euc', script], { env: { ...process.env, ...variables } })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('exit', (code) => (code === 0 ? resolve(output) : reject(new Error(output))))
  })
}

test('the documented shell script starts a run, and its end is told, signed', async () => {
  const target = await instance.call<{ id: string }>('POST', '/v1/targets', {
    name: 'deterministic',
    baseUrl: server.url,
    model: 'test-model',
    dialect: 'openai',
  })
  const received = Promise.withResolvers<{ headers: Record<string, string>; body: string }>()
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      received.resolve({ headers: request.headers as Record<string, string>, body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const out = await instance.call<CreatedHook>('POST', '/v1/hooks', {
    direction: 'out',
    name: 'receiver',
    url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/assay`,
  })
  const into = await instance.call<CreatedHook>('POST', '/v1/hooks', {
    direction: 'in',
    provider: 'standard',
    name: 'deployments',
    runTemplate: { targetId: target.id, benchmarks: [{ id: 'exact-match', size: 5 }] },
  })
  const document = readFileSync(join(projectRoot, 'docs/webhooks.md'), 'utf8')
  const script = document.match(/```bash\n# start-run\.sh[\s\S]*?```/)?.[0].replace(/^```bash\n|```$/g, '') ?? ''
  const answer = await shell(script, {
    HOOK_URL: `${instance.url}${into.receives}`,
    HOOK_SECRET: into.secret,
    DEPLOYMENT_ID: 'release-1',
  })
  const { runId } = JSON.parse(answer) as InboundAnswer
  const run = await untilFinished(instance, runId as string, 60)
  expect(run.status).toBe('done')
  expect((await instance.call<Run>('GET', `/v1/runs/${runId}`)).target.deploymentId).toBe('release-1')

  const message = await received.promise
  const event = new Webhook(out.secret).verify(message.body, message.headers) as RunFinishedEvent
  expect(event).toMatchObject({ type: 'run.finished', data: { runId, status: 'done' } })
  receiver.close()
})
