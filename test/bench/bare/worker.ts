/**
 * What the platform itself allows: `connections` loops that fetch an answer, collect rows, insert them 200 at a time
 * with one statement and store the answers as gzip JSONL. No plan, no leases, no scoring, no evidence keys.
 */
interface Work {
  baseUrl: string
  items: number
  connections: number
  /** 1: one chat request per item; more: completion lists of this length. */
  listLength: number
}

async function gzip(text: string): Promise<ArrayBuffer> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
}

async function ask(work: Work, indexes: number[]): Promise<string[]> {
  const questions = indexes.map((index) => `What is ${index} + ${index + 1}? Answer with the number only.`)
  const chat = work.listLength === 1
  const response = await fetch(`${work.baseUrl}/${chat ? 'chat/completions' : 'completions'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(
      chat
        ? { model: 'bench', messages: [{ role: 'user', content: questions[0] }], max_tokens: 16, temperature: 0 }
        : { model: 'bench', prompt: questions, max_tokens: 16, temperature: 0 },
    ),
  })
  const answer = (await response.json()) as { choices: { text?: string; message?: { content: string } }[] }
  return answer.choices.map((choice) => choice.message?.content ?? choice.text ?? '')
}

async function loop(work: Work, env: { DB: D1Database; BUCKET: R2Bucket }): Promise<void> {
  await env.DB.exec(
    'create table if not exists scores (run text, item integer, score real, detail text, primary key (run, item))',
  )
  const run = crypto.randomUUID()
  let next = 0
  let rows: { item: number; score: number; detail: string }[] = []
  const writes: Promise<unknown>[] = []
  const commit = () => {
    const batch = rows
    rows = []
    const statement = `insert into scores select ?1, value->>'item', value->>'score', value->>'detail' from json_each(?2) where true on conflict do nothing`
    writes.push(env.DB.prepare(statement).bind(run, JSON.stringify(batch)).run())
    writes.push(
      gzip(batch.map((row) => JSON.stringify(row)).join('\n')).then((body) =>
        env.BUCKET.put(`${run}/${crypto.randomUUID()}`, body),
      ),
    )
  }
  const lane = async () => {
    while (next < work.items) {
      const from = next
      next = Math.min(work.items, next + work.listLength)
      const indexes = Array.from({ length: next - from }, (_, offset) => from + offset)
      const answers = await ask(work, indexes)
      indexes.forEach((item, at) => {
        rows.push({ item, score: answers[at]?.includes(String(2 * item + 1)) ? 1 : 0, detail: answers[at] ?? '' })
      })
      if (rows.length >= 200) commit()
    }
  }
  await Promise.all(Array.from({ length: work.connections }, lane))
  if (rows.length > 0) commit()
  await Promise.all(writes)
}

export default {
  async fetch(request: Request, env: { DB: D1Database; BUCKET: R2Bucket }): Promise<Response> {
    if (new URL(request.url).pathname === '/healthz') return new Response('ok')
    const work = (await request.json()) as Work
    await loop(work, env)
    return Response.json({ done: work.items })
  },
}
