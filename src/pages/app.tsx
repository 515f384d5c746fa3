import { Hono } from 'hono'
import type { Bindings } from '../../schema/bindings.ts'

/** The pages people read: server-rendered, no script needed. */
export function createPages() {
  const app = new Hono<{ Bindings: Bindings }>()
  return app
}
