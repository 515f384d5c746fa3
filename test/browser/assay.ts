import chromium from '@sparticuz/chromium'
import { type Browser, chromium as driver } from 'playwright-core'
import { createTestHarness } from 'wrangler'
import type { Bindings } from '../../schema/bindings.ts'
import { openDatabase } from '../../src/store/database.ts'
import { insertKey } from '../../src/store/keys.ts'
import { type Showcase, seedShowcase } from './showcase.ts'

export interface Assay extends Showcase {
  url: string
  /** An API key of the seeded tenant. */
  key: string
  close: () => Promise<void>
}

/** The real Worker in the local runtime, on a free port, with a database of its own that holds the showcase. */
export async function startAssay({ seeded = true } = {}): Promise<Assay> {
  const harness = createTestHarness({
    workers: [
      {
        configPath: new URL('../../wrangler.toml', import.meta.url),
        secrets: {
          BOOTSTRAP_SECRET: 'bootstrap-secret-of-the-tests',
          ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
        },
      },
    ],
  })
  const { url } = await harness.listen()
  const worker = harness.getWorker<Bindings & Record<string, unknown>>()
  await worker.applyD1Migrations('DB')
  const db = openDatabase((await worker.getEnv()).DB)
  const close = () => harness.close()
  if (!seeded) return { url: url.origin, key: '', tenantId: '', fullRun: '', runningRun: '', close }
  const showcase = await seedShowcase(db)
  const { key } = await insertKey(db, showcase.tenantId, 'browser', 0)
  return { url: url.origin, key, ...showcase, close }
}

// Of the package's arguments these are for serverless hosts: one process dies with its first closed context.
const unfit = ['--single-process', '--no-zygote', '--disable-web-security', '--allow-running-insecure-content']

/** A headless Chromium that needs nothing installed on the machine. */
export const startBrowser = async (): Promise<Browser> =>
  driver.launch({
    executablePath: await chromium.executablePath(),
    args: [...chromium.args.filter((argument) => !unfit.includes(argument)), '--no-sandbox'],
    headless: true,
  })
