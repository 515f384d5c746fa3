import { defineCommand } from 'citty'
import { capabilityNames, dialectNames } from '../../../schema/capabilities.ts'
import type { Target, TargetPatch } from '../../../schema/target.ts'
import { collect } from '../../client/client.ts'
import { clientOf, command, serverArgs, UsageError, wholeNumber } from '../command.ts'
import { findTarget } from '../find-target.ts'
import { plain, renderTable } from '../format.ts'

const which = { type: 'positional', required: true, description: 'Id or name of the target' } as const

const abilities = ({ capabilities, probeError }: Target): string =>
  capabilities ? capabilityNames.filter((name) => capabilities[name]).join(' ') || 'nothing' : `? ${probeError ?? ''}`

function describe(target: Target): string {
  const { capabilities } = target
  const missing = Object.entries(capabilities?.missing ?? {}).map(([name, why]) => `  – ${name}: ${plain(why)}`)
  return [
    `${target.id}  ${plain(target.name)}`,
    `  ${plain(target.model)} at ${target.baseUrl} (${target.dialect})${target.hasApiKey ? ', with a key' : ''}`,
    `  can: ${plain(abilities(target))}`,
    ...missing,
  ].join('\n')
}

/** A flag's amount of money in US dollars as micro-USD. */
function microUsd(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const dollars = Number(text)
  if (text.trim() === '' || !Number.isFinite(dollars) || dollars < 0)
    throw new UsageError(`--${flag} is an amount in US dollars, not “${text}”.`)
  return Math.round(dollars * 1e6)
}

/** Flags of what a target is beside its address. */
const settings = {
  'provider-key-env': { type: 'string', description: "Environment variable that holds the provider's key" },
  'price-prompt': { type: 'string', description: 'US dollars per million prompt tokens' },
  'price-completion': { type: 'string', description: 'US dollars per million completion tokens' },
  'max-connections': { type: 'string', description: 'Most requests open at once' },
  'max-batch': { type: 'string', description: 'Most prompts in one request: fewer for a slow server' },
  'timeout-seconds': { type: 'string', description: 'Longest wait for one answer' },
} as const

/** What those flags state; what none states is left out. Raises UsageError. */
export function settingsOf(
  args: {
    [flag in keyof typeof settings]?: string | undefined
  },
): Pick<TargetPatch, 'apiKey' | 'price' | 'limits'> {
  const variable = args['provider-key-env']
  const apiKey = variable === undefined ? null : process.env[variable]
  if (apiKey === undefined || apiKey === '') throw new UsageError(`The environment variable ${variable} is not set.`)
  const prompt = microUsd('price-prompt', args['price-prompt'])
  const completion = microUsd('price-completion', args['price-completion'])
  if ((prompt === undefined) !== (completion === undefined)) {
    throw new UsageError('Give both --price-prompt and --price-completion, or neither.')
  }
  const limits = {
    maxConnections: wholeNumber('max-connections', args['max-connections'], 1, 1024),
    maxBatch: wholeNumber('max-batch', args['max-batch'], 1, 1024),
    requestTimeoutSeconds: wholeNumber('timeout-seconds', args['timeout-seconds'], 1, 600),
  }
  const limited = Object.values(limits).some((limit) => limit !== undefined)
  return {
    ...(apiKey === null ? {} : { apiKey }),
    ...(prompt === undefined || completion === undefined ? {} : { price: { prompt, completion } }),
    ...(limited ? { limits } : {}),
  }
}

const dialect = { type: 'enum' as const, options: [...dialectNames], description: 'What the server speaks' }

const add = command({
  meta: { name: 'add', description: 'Register a target; it is probed at once' },
  args: {
    name: { type: 'string', required: true, description: 'What to call it' },
    'base-url': { type: 'string', required: true, description: 'Where its server answers, as https://host/v1' },
    model: { type: 'string', required: true, description: 'The model, as the server names it' },
    dialect: { ...dialect, default: 'openai' },
    ...settings,
    force: { type: 'boolean', description: 'Store it even where it does not answer' },
    ...serverArgs,
  },
  run: async ({ args }) => {
    const { name, 'base-url': baseUrl, model } = args
    const request = { name, baseUrl, model, dialect: args.dialect as Target['dialect'], ...settingsOf(args) }
    const made = await clientOf(args).targets.create(request, { force: args.force === true })
    console.log(args.json ? JSON.stringify(made, null, 2) : describe(made))
  },
})

const update = command({
  meta: { name: 'update', description: 'Change what the flags name; it is probed again where that matters' },
  args: {
    target: which,
    name: { type: 'string', description: 'What to call it' },
    'base-url': { type: 'string', description: 'Where its server answers, as https://host/v1' },
    model: { type: 'string', description: 'The model, as the server names it' },
    dialect,
    ...settings,
    force: { type: 'boolean', description: 'Store it even where it does not answer' },
    ...serverArgs,
  },
  run: async ({ args }) => {
    const { limits, ...stated } = settingsOf(args)
    const plainly = { name: args.name, baseUrl: args['base-url'], model: args.model, dialect: args.dialect }
    const given = Object.fromEntries(Object.entries(plainly).filter(([, value]) => value !== undefined))
    const client = clientOf(args)
    const target = await findTarget(client, args.target)
    const told = Object.fromEntries(Object.entries(limits ?? {}).filter(([, value]) => value !== undefined))
    const patch = { ...given, ...stated, ...(limits ? { limits: { ...target.limits, ...told } } : {}) }
    if (Object.keys(patch).length === 0) throw new UsageError('Nothing was named that is to change.')
    const changed = await client.targets.update(target.id, patch, { force: args.force === true })
    console.log(args.json ? JSON.stringify(changed, null, 2) : describe(changed))
  },
})

const list = command({
  meta: { name: 'list', description: 'List targets' },
  args: { ...serverArgs },
  run: async ({ args }) => {
    const targets = await collect(clientOf(args).targets.all())
    if (args.json) return console.log(JSON.stringify(targets, null, 2))
    if (targets.length === 0) return console.log('No targets yet; `assay targets add --help` says how to add one.')
    const rows = targets.map((target) => [target.id, target.name, target.model, target.dialect, abilities(target)])
    console.log(renderTable(['id', 'name', 'model', 'dialect', 'can'], rows))
  },
})

const show = command({
  meta: { name: 'show', description: 'Show a target and what it can do' },
  args: { target: which, ...serverArgs },
  run: async ({ args }) => {
    const target = await findTarget(clientOf(args), args.target)
    console.log(args.json ? JSON.stringify(target, null, 2) : describe(target))
  },
})

const probe = command({
  meta: { name: 'probe', description: 'Ask a target anew what it can do' },
  args: { target: which, ...serverArgs },
  run: async ({ args }) => {
    const client = clientOf(args)
    const target = await client.targets.probe((await findTarget(client, args.target)).id)
    console.log(args.json ? JSON.stringify(target, null, 2) : describe(target))
  },
})

const remove = command({
  meta: { name: 'remove', description: 'Remove a target; its finished runs stay' },
  args: { target: which, ...serverArgs },
  run: async ({ args }) => {
    const client = clientOf(args)
    const target = await findTarget(client, args.target)
    await client.targets.remove(target.id)
    console.log(args.json ? JSON.stringify({ removed: target.id }) : `Removed ${target.id}.`)
  },
})

export const targets = defineCommand({
  meta: { name: 'targets', description: 'Models on inference servers' },
  subCommands: { add, list, show, update, probe, remove },
})
