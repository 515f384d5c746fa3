import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Assay, startAssay, startBrowser } from './assay.ts'
import { audit, contentWidth, contrasts, focusedId, focusedText } from './in-page.mjs'

/** Where pictures of the pages go; left out: none are taken. */
const pictures = process.env.ASSAY_SCREENSHOTS

let assay: Assay
let browser: Browser

beforeAll(async () => {
  ;[assay, browser] = await Promise.all([startAssay(), startBrowser()])
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await assay?.close()
})

const places = () => ({
  leaderboard: '/',
  run: `/runs/${assay.fullRun}`,
  running: `/runs/${assay.runningRun}`,
  item: `/runs/${assay.fullRun}/items/idk-token/1`,
  benchmarks: '/benchmarks',
  benchmark: '/benchmarks/idk-token',
  trust: '/trust',
  login: '/login?error=key&next=%2Fruns',
  missing: '/runs/run_none',
})

/** Opens a page for as long as `look` takes; JavaScript is off unless asked for. */
async function visit<T>(path: string, options: BrowserContextOptions, look: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ javaScriptEnabled: false, ...options })
  try {
    const page = await context.newPage()
    await page.goto(assay.url + path)
    return await look(page)
  } finally {
    await context.close()
  }
}

const phone = { viewport: { width: 360, height: 780 } }
const desk = { viewport: { width: 1280, height: 900 } }

describe('pages in a real browser', { timeout: 120_000 }, () => {
  it('say everything without JavaScript', async () => {
    await visit('/', desk, async (page) => {
      expect(await page.locator('h1').textContent()).toBe('Leaderboard')
      expect(await page.locator('table.board tbody tr').count()).toBe(5)
      expect(await page.locator('table.board svg.whisker').count()).toBeGreaterThan(25)
    })
    await visit(places().run, desk, async (page) => {
      expect(await page.locator('section.benchmark figure.curve svg.plot path.stroke').count()).toBeGreaterThan(0)
      expect(await page.locator('#idk-token .item').first().textContent()).toContain('Port Amsel')
      await page.locator('#idk-token .item details summary').first().click()
      expect(await page.locator('#idk-token .item details .words').first().isVisible()).toBe(true)
    })
  })

  it('never scroll sideways as a whole at 360 pixels', async () => {
    for (const path of Object.values(places())) {
      const width = await visit(path, { ...phone, javaScriptEnabled: true }, (page) => page.evaluate(contentWidth))
      expect(width, path).toBeLessThanOrEqual(360)
    }
  })

  it('follow the light or dark wish of the browser, with contrast in both', async () => {
    const looks = await Promise.all(
      (['light', 'dark'] as const).map((colorScheme) =>
        visit('/', { ...desk, colorScheme, javaScriptEnabled: true }, (page) => page.evaluate(contrasts)),
      ),
    )
    expect(looks[0]?.paper).toBeGreaterThan(0.8)
    expect(looks[1]?.paper).toBeLessThan(0.05)
    for (const { ratios } of looks)
      for (const { selector, ratio } of ratios) expect(ratio, selector).toBeGreaterThanOrEqual(4.5)
  })

  it('sort by the links in the heads of columns, and turn round when followed again', async () => {
    await visit('/', desk, async (page) => {
      const firstCells = async () =>
        (await page.locator('table.board tbody tr td.family-likelihood .value').allTextContents()).map((text) =>
          Number.parseFloat(text),
        )
      const head = page.locator('th', { has: page.locator('a[href="/benchmarks/perplexity-suite"]') })
      await head.locator('a.sorter').click()
      expect(await head.getAttribute('aria-sort')).toBe('descending')
      const best = await firstCells()
      expect(best).toEqual(best.toSorted((a, b) => a - b))
      await head.locator('a.sorter').click()
      expect(await firstCells()).toEqual(best.toReversed())
    })
  })

  it('filter by family and keep the rest of the address', async () => {
    await visit('/?revisions=all', desk, async (page) => {
      await page.getByRole('link', { name: 'Refusal', exact: true }).click()
      expect(new URL(page.url()).searchParams.get('revisions')).toBe('all')
      expect(await page.locator('table.board thead .family').allTextContents()).toEqual(['Refusal'])
      expect(await page.locator('table.board tbody tr').count()).toBe(6)
    })
  })

  it('log in, show own runs, and log out', async () => {
    await visit('/runs', desk, async (page) => {
      expect(new URL(page.url()).pathname).toBe('/login')
      await page.getByLabel('API key').fill('ask_wrong')
      await page.getByRole('button', { name: 'Log in' }).click()
      expect(await page.getByRole('alert').textContent()).toContain('not known')
      await page.getByLabel('API key').fill(assay.key)
      await page.getByRole('button', { name: 'Log in' }).click()
      expect(new URL(page.url()).pathname).toBe('/runs')
      expect(await page.locator('tbody tr').count()).toBe(7)
      const cookie = (await page.context().cookies()).find(({ name }) => name === 'assay_session')
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
      await page.getByRole('button', { name: 'Log out' }).click()
      expect(await page.getByRole('link', { name: 'Log in' }).count()).toBe(1)
    })
  })

  it('run nothing that a model wrote, and break no rule of their own content policy', async () => {
    await visit(places().run, { ...desk, javaScriptEnabled: true }, async (page) => {
      const alarms: string[] = []
      page.on('dialog', (dialog) => {
        alarms.push(`dialog ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on('console', (message) => alarms.push(message.text()))
      page.on('pageerror', (error) => alarms.push(error.message))
      await page.reload()
      expect(await page.locator('#idk-token').textContent()).toContain('<script>document.body.innerHTML')
      expect(await page.locator('main script, main img').count()).toBe(0)
      expect(alarms).toEqual([])
    })
  })

  it('have one h1, headings in order, names for controls, and landmarks', async () => {
    for (const [name, path] of Object.entries(places())) {
      const found = await visit(path, { ...desk, javaScriptEnabled: true }, (page) => page.evaluate(audit))
      expect(found, name).toEqual({
        lang: 'en',
        mode: 'CSS1Compat',
        firstHeadings: 1,
        skipped: [],
        nameless: [],
        twice: [],
        dead: [],
        missingLandmarks: [],
      })
    }
  })

  it('lead keyboards over the skip link into the page and into scrolling boxes', async () => {
    await visit('/', { ...phone, javaScriptEnabled: true }, async (page) => {
      await page.keyboard.press('Tab')
      expect(await page.evaluate(focusedText)).toBe('Skip to content')
      await page.keyboard.press('Enter')
      expect(await page.evaluate(focusedId)).toBe('main')
      expect(await page.locator('.scroll').first().getAttribute('tabindex')).toBe('0')
    })
  })

  it.runIf(pictures)('have their pictures taken', async () => {
    mkdirSync(pictures as string, { recursive: true })
    for (const [name, path] of Object.entries(places()))
      for (const width of [1280, 390])
        for (const colorScheme of ['light', 'dark'] as const)
          await visit(path, { viewport: { width, height: 900 }, colorScheme }, (page) =>
            page.screenshot({ path: join(pictures as string, `${name}-${width}-${colorScheme}.png`), fullPage: true }),
          )
  })
})
