import { ApiProblem, ConnectionError } from '../../client/client.ts'
import { clientOf, command, Exit, exitCodes, serverArgs, settingsOf } from '../command.ts'
import { plain } from '../format.ts'

/** One thing that was looked at. */
interface Check {
  what: string
  ok: boolean
  found: string
  /** What to do where it is not well. */
  way?: string
}

const leastNode = 20

const nodeCheck = (): Check => {
  const ok = Number(process.versions.node.split('.')[0]) >= leastNode
  return {
    what: 'Node',
    ok,
    found: process.versions.node,
    ...(ok ? {} : { way: `Install Node ${leastNode} or later.` }),
  }
}

/** Looks at one thing; what is raised becomes a check that failed. */
async function look(what: string, way: string, find: () => Promise<string>): Promise<Check> {
  try {
    return { what, ok: true, found: await find() }
  } catch (error) {
    if (!(error instanceof ApiProblem) && !(error instanceof ConnectionError)) throw error
    return { what, ok: false, found: error.message, way }
  }
}

export const doctor = command({
  meta: { name: 'doctor', description: 'Whether all is well, and what to do where it is not' },
  args: { ...serverArgs },
  run: async ({ args }) => {
    const client = clientOf(args)
    const { baseUrl, apiKey } = settingsOf(args)
    const checks = [nodeCheck()]
    const server = await look(
      'Server',
      `Start it (\`npm run demo\` or \`npm run dev\`), or set ASSAY_URL; now it is ${baseUrl}.`,
      async () => {
        const { version } = await client.health()
        return `${baseUrl} answers, version ${version}`
      },
    )
    checks.push(server)
    if (server.ok) {
      const way = apiKey
        ? 'Make a new key: POST /v1/keys with the bootstrap secret.'
        : 'Set ASSAY_API_KEY; the first key comes from POST /v1/keys with the bootstrap secret.'
      const key = await look('API key', way, async () => {
        await client.keys.list({ limit: 1 })
        return 'valid'
      })
      checks.push(key)
      if (key.ok) {
        const { items } = await client.targets.list({ limit: 20 })
        if (items.length === 0)
          checks.push({ what: 'Targets', ok: true, found: 'none yet; `assay targets add` adds one' })
        for (const target of items) {
          const way = `Check its server and key, then \`assay targets probe ${target.id}\`.`
          checks.push(
            await look(`Target ${plain(target.name)}`, way, async () => {
              const { capabilities } = await client.targets.probe(target.id)
              return `answers as ${plain(target.model)}${capabilities?.logprobs ? ', with log-probabilities' : ''}`
            }),
          )
        }
      }
    }
    if (args.json) console.log(JSON.stringify(checks, null, 2))
    else
      for (const { what, ok, found, way } of checks)
        console.log(`${ok ? '✓' : '✗'} ${what}: ${plain(found)}${way ? `\n  → ${way}` : ''}`)
    if (!server.ok) throw new Exit(exitCodes.unreachable)
    if (checks.some(({ ok }) => !ok)) throw new Exit(exitCodes.failed)
  },
})
