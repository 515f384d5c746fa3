import { runMain } from 'citty'
import { suiteNames } from '../../../schema/benchmark.ts'
import { command, exitCodes, UsageError, wholeNumber } from '../command.ts'
import { SetupError } from '../setup/root.ts'
import { demo } from './demo.ts'

const demoCommand = command({
  meta: {
    name: 'demo',
    description:
      'Measures a real small language model on this machine: starts gpu-backend and the Worker, runs a suite, prints the report.',
  },
  args: {
    once: { type: 'boolean', description: 'Exit after the report (0 where the run finished) instead of staying up' },
    suite: { type: 'string', default: 'core', description: suiteNames.join(', ') },
    size: {
      type: 'string',
      description: 'Items per benchmark: smoke, demo, full or a number (default: fixed per benchmark by cost)',
    },
    seed: { type: 'string', default: '0', description: 'Decides every draw' },
    fresh: { type: 'boolean', description: 'Ask the model anew instead of reusing stored answers' },
    port: { type: 'string', description: 'Port of the Worker (default 8787, else the next free)' },
    'backend-port': { type: 'string', description: 'Port of gpu-backend (default 8000, else the next free)' },
    reference: {
      type: 'boolean',
      description: 'Also train, measure and show the reference standard: models whose knowledge is known',
    },
    json: { type: 'boolean', description: 'Print the report as JSON on standard output' },
  },
  run: async ({ args }) => {
    try {
      const code = await demo({
        once: args.once === true,
        suite: oneOf('suite', args.suite, suiteNames),
        size: sizeOf(args.size),
        seed: wholeNumber('seed', args.seed, 0, 2_147_483_647) ?? 0,
        fresh: args.fresh === true,
        port: wholeNumber('port', args.port, 1, 65_535) ?? null,
        backendPort: wholeNumber('backend-port', args['backend-port'], 1, 65_535) ?? null,
        json: args.json === true,
        reference: args.reference === true,
      })
      process.exit(code)
    } catch (error) {
      if (error instanceof SetupError) process.stderr.write(`\n${error.message}\n${error.wayOut}\n`)
      else if (error instanceof UsageError) process.stderr.write(`${error.message}\n`)
      else throw error
      process.exit(error instanceof UsageError ? exitCodes.usage : exitCodes.failed)
    }
  },
})

function oneOf<T extends string>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text)
  if (!found) throw new UsageError(`--${flag} must be one of ${allowed.join(', ')}, not “${text}”.`)
  return found
}

const sizeOf = (text: string | undefined): 'smoke' | 'demo' | 'full' | number | undefined =>
  text === 'smoke' || text === 'demo' || text === 'full' ? text : wholeNumber('size', text, 1, 100_000)

runMain(demoCommand)
