import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's top folder. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '../../..')

/** What went wrong, and what the person at the keyboard can do. Shown without a stack trace. */
export class SetupError extends Error {
  readonly wayOut: string
  constructor(what: string, wayOut: string) {
    super(what)
    this.wayOut = wayOut
  }
}
