import { type ArgsDef, type CommandDef, defineCommand } from 'citty'
import { type Client, createClient } from '../client/client.ts'

/** 0: as wished. 1: it ended otherwise, or the server said no. 2: wrong usage. 3: the server cannot be reached. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unreachable: 3 } as const

/** The command line itself is wrong. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** Ends the command with this exit code, all having been said. */
export class Exit extends Error {
  readonly code: number
  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** Flags of every command that talks to a server. */
export const serverArgs = {
  server: { type: 'string', description: 'Where the service answers (ASSAY_URL, else http://127.0.0.1:8787)' },
  'api-key': { type: 'string', description: 'API key; better left to ASSAY_API_KEY, as other users can see flags' },
  json: { type: 'boolean', description: 'Print JSON on standard output' },
} as const satisfies ArgsDef

type ServerFlags = { server?: string | undefined; 'api-key'?: string | undefined }

/** Where the service answers and the key, by flags or environment. */
export const settingsOf = (args: ServerFlags) => ({
  baseUrl: args.server || process.env.ASSAY_URL || 'http://127.0.0.1:8787',
  apiKey: args['api-key'] || process.env.ASSAY_API_KEY || undefined,
})

/** A client for the server that the flags name. Raises UsageError for an address that is none. */
export function clientOf(args: ServerFlags): Client {
  const settings = settingsOf(args)
  const { baseUrl } = settings
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol))
    throw new UsageError(`${settings.baseUrl} is no URL; give one as http://host:port`)
  return createClient(settings)
}

const camelCase = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

const aliasesOf = (flag: object): string[] => ('alias' in flag ? [flag.alias as string | string[]].flat() : [])

/** Raises UsageError for flags and arguments that the command does not have; citty passes over them. */
function refuseUnknown(definition: ArgsDef, rawArgs: readonly string[], positionals: readonly string[]): void {
  const flags = Object.entries(definition).filter(([, { type }]) => type !== 'positional')
  const known = new Set(flags.flatMap(([name, flag]) => [name, ...aliasesOf(flag)].map(camelCase)))
  for (const raw of rawArgs) {
    if (raw === '--') break
    if (!raw.startsWith('--')) continue
    const name = raw.slice(2).split('=')[0] as string
    if (!known.has(camelCase(name)) && !known.has(camelCase(name.replace(/^no-/, '')))) {
      throw new UsageError(`There is no flag --${name} here; see --help.`)
    }
  }
  const most = Object.values(definition).filter(({ type }) => type === 'positional').length
  const extra = positionals[most]
  if (extra !== undefined) throw new UsageError(`“${extra}” is one argument too many; see --help.`)
}

/** A command that refuses what it does not know. */
export const command = <const T extends ArgsDef>(definition: CommandDef<T> & { args: T }): CommandDef<T> =>
  defineCommand({
    ...definition,
    setup: ({ args, rawArgs }) => refuseUnknown(definition.args, rawArgs, args._),
  })

/** A flag's whole number within bounds; undefined where it is not given. Raises UsageError. */
export function wholeNumber(flag: string, text: string | undefined, low: number, high: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high) {
    throw new UsageError(`--${flag} must be a whole number from ${low} to ${high}, not “${text}”.`)
  }
  return value
}
