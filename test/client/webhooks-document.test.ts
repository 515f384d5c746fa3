import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { hookRequest } from '../../schema/hook.ts'
import { makeSecret, sign } from '../../src/hooks/signature.ts'

const text = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8')
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code as string)

it('shows requests that the API takes', () => {
  const bodies = blocks('sh').map((code) => JSON.parse(/-d '([\s\S]*)'/.exec(code)?.[1] ?? ''))
  expect(bodies.map((body) => hookRequest.parse(body).direction)).toEqual(['in', 'out'])
})

it('shows a receiver that verifies what is sent', async () => {
  // Beside node_modules, so that the example finds its package.
  const folder = mkdtempSync(fileURLToPath(new URL('../../node_modules/.webhooks-', import.meta.url)))
  try {
    const path = join(folder, 'receiver.mjs')
    writeFileSync(path, blocks('js')[0] as string)
    const { receive } = await import(/* @vite-ignore */ pathToFileURL(path).href)
    const secret = makeSecret()
    const body = JSON.stringify({ type: 'run.finished', data: { runId: 'run_1' } })
    const timestamp = Math.floor(Date.now() / 1000)
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(timestamp),
      'webhook-signature': await sign([makeSecret(), secret], 'msg_1', timestamp, body),
    }
    expect(receive(secret, headers, body)).toEqual(JSON.parse(body))
    expect(() => receive(makeSecret(), headers, body)).toThrow(/signature/)
    expect(() => receive(secret, headers, `${body} `)).toThrow(/signature/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
