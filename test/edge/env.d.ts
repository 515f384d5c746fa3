/// <reference types="@cloudflare/vitest-plugin/types" />
import type { D1Migration } from 'cloudflare:test'
import type { Bindings } from '../../schema/bindings.ts'

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {
      TEST_MIGRATIONS: D1Migration[]
      TEST_LIMIT: RateLimit
    }
    interface GlobalProps {
      mainModule: typeof import('../../src/index.ts')
    }
  }
}
