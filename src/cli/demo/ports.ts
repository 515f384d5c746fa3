import { createServer } from 'node:net'
import { SetupError } from '../setup/root.ts'

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })

/** `preferred` where it is free on loopback, else the next free port within 100. Raises SetupError where none is. */
export async function freePort(preferred: number, taken: readonly number[] = []): Promise<number> {
  for (let port = preferred; port < preferred + 100 && port < 65_536; port++) {
    if (!taken.includes(port) && (await isFree(port))) return port
  }
  throw new SetupError(
    `None of the ports ${preferred} to ${preferred + 99} is free.`,
    'Stop what listens there, or choose others with --port and --backend-port.',
  )
}
