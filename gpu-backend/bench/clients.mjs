// OpenAI's Node client against a running backend: node clients.mjs <base URL> <model>
import OpenAI from 'openai'

const [baseURL, model] = process.argv.slice(2)
const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 })
const messages = [{ role: 'user', content: 'What is the capital of France? Answer in one word.' }]
const show = (name, value) => process.stdout.write(`  ${name.padEnd(28)} ${JSON.stringify(value)}\n`)

const models = await client.models.list()
show('models.list', models.data.map((entry) => entry.id))

const chat = await client.chat.completions.create({
  model, messages, temperature: 0, max_completion_tokens: 12, logprobs: true, top_logprobs: 2,
})
show('chat', chat.choices[0].message.content)
const first = chat.choices[0].logprobs.content[0]
show('chat, first token', first.top_logprobs.map(({ token, logprob }) => [token, Number(logprob.toFixed(4))]))

let streamed = ''
let usage = null
const stream = await client.chat.completions.create({
  model, messages, temperature: 0, max_completion_tokens: 12, stream: true, stream_options: { include_usage: true },
})
for await (const chunk of stream) {
  streamed += chunk.choices[0]?.delta?.content ?? ''
  usage = chunk.usage ?? usage
}
if (streamed !== chat.choices[0].message.content) throw new Error(`The stream differs: ${streamed}`)
show('chat, streamed', [streamed, usage])

const schema = {
  type: 'object', additionalProperties: false, required: ['city', 'country'],
  properties: { city: { type: 'string', maxLength: 20 }, country: { enum: ['France', 'Italy'] } },
}
const held = await client.chat.completions.create({
  model, messages, temperature: 0, max_completion_tokens: 40,
  response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } },
})
const place = JSON.parse(held.choices[0].message.content)
if (Object.keys(place).join() !== 'city,country') throw new Error('The answer does not fit its schema.')
show('chat, json_schema', place)

const completion = await client.completions.create({
  model, prompt: ['The capital of France is', 'Two plus two is'], temperature: 0, max_tokens: 3, logprobs: 1, echo: true,
})
show('completions, two, echoed', completion.choices.map((choice) => choice.text))

const texts = ['A cat sleeps.', 'A kitten naps.', 'Shares fell.']
const { data } = await client.embeddings.create({ model: 'all-minilm-l6-v2', input: texts })
const [cat, kitten, shares] = data.map((entry) => entry.embedding)
const product = (one, other) => one.reduce((sum, value, index) => sum + value * other[index], 0)
if (!(product(cat, kitten) > product(cat, shares))) throw new Error('The embeddings do not tell meanings apart.')
show('embeddings', { size: cat.length, near: Number(product(cat, kitten).toFixed(3)), far: Number(product(cat, shares).toFixed(3)) })

try {
  await client.chat.completions.create({ model, messages: [], max_tokens: 1 })
  throw new Error('An empty list of messages was answered.')
} catch (error) {
  if (!(error instanceof OpenAI.BadRequestError) || error.param !== 'messages') throw error
  show('an empty list', `${error.status} ${error.code} param=${error.param}`)
}
