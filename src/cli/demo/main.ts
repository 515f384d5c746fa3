import { defineCommand, runMain } from 'citty'
import { SetupError } from '../setup/root.ts'
import { demo } from './demo.ts'

const command = defineCommand({
  meta: {
    name: 'demo',
    description:
      'Measures a real small language model on this machine: starts gpu-backend and the Worker, runs a suite, prints the report.',
  },
  args: {
    once: { type: 'boolean', description: 'Exit after the report (0 where the run finished) instead of staying up' },
    suite: { type: 'string', default: 'core', description: 'core or smoke' },
    size: {
      type: 'string',
      description: 'Items per benchmark: smoke, demo, full or a number (default: fixed per benchmark by cost)',
    },
    seed: { type: 'string', default: '0', description: 'Decides every draw' },
    fresh: { type: 'boolean', description: 'Ask the model anew instead of reusing stored answers' },
    port: { type: 'string', description: 'Port of the Worker (default 8787, else the next free)' },
    'backend-port': { type: 'string', description: 'Port of gpu-backend (default 8000, else the next free)' },
    json: { type: 'boolean', description: 'Print the report as JSON on standard output' },
  },
  run: async ({ args }) => {
    try {
      const code = await demo({
        once: args.once === true,
        suite: oneOf('suite', args.suite, ['core', 'smoke'] as const),
        size: args.size === undefined ? undefined : sizeOf(args.size),
        seed: wholeNumber('seed', args.seed, 0, 2_147_483_647),
        fresh: args.fresh === true,
        port: args.port === undefined ? null : wholeNumber('port', args.port, 1, 65_535),
        backendPort:
          args['backend-port'] === undefined ? null : wholeNumber('backend-port', args['backend-port'], 1, 65_535),
        json: args.json === true,
      })
      process.exit(code)
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      process.stderr.write(`\n${error.message}\n${error.wayOut}\n`)
      process.exit(1)
    }
  },
})

function oneOf<T extends string>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text)
  if (!found) throw new SetupError(`--${flag} ${text} is not known.`, `Known: ${allowed.join(', ')}.`)
  return found
}

function wholeNumber(flag: string, text: string, low: number, high: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new SetupError(`--${flag} ${text} is not a whole number from ${low} to ${high}.`, 'See --help.')
  }
  return value
}

const sizeOf = (text: string): 'smoke' | 'demo' | 'full' | number =>
  text === 'smoke' || text === 'demo' || text === 'full' ? text : wholeNumber('size', text, 1, 100_000)

runMain(command)
