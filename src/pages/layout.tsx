import { html } from 'hono/html'
import type { Child } from 'hono/jsx'
import { stylePath } from './style.ts'

export interface PageProps {
  title: string
  /** The path of the page itself: marks its place in the navigation. */
  path: string
  loggedIn: boolean
  /** Seconds until the page asks for itself again; left out: never. */
  refreshSeconds?: number | undefined
  children?: Child
}

const places = [
  { path: '/', title: 'Leaderboard' },
  { path: '/benchmarks', title: 'Benchmarks' },
  { path: '/runs', title: 'Runs' },
  { path: '/docs', title: 'API' },
] as const

/** A whole HTML document: head, skip link, header with navigation, main, footer. */
export const Page = (props: PageProps) => html`<!DOCTYPE html>${<Document {...props} />}`

function Document({ title, path, loggedIn, refreshSeconds, children }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {refreshSeconds === undefined ? null : <meta http-equiv="refresh" content={String(refreshSeconds)} />}
        <title>{title === 'Assay' ? title : `${title} · Assay`}</title>
        <link rel="icon" type="image/svg+xml" href="/icon.svg" />
        <link rel="stylesheet" href={stylePath} />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header class="site">
          <div class="site-inner">
            <a class="wordmark" href="/">
              <Mark />
              Assay
            </a>
            <nav aria-label="Main">
              {places.map((place) => (
                <a href={place.path} aria-current={isWithin(path, place.path) ? 'page' : undefined}>
                  {place.title}
                </a>
              ))}
            </nav>
            {loggedIn ? (
              <form class="session" method="post" action="/logout">
                <button type="submit">Log out</button>
              </form>
            ) : (
              <a class="session" href={`/login?next=${encodeURIComponent(path)}`}>
                Log in
              </a>
            )}
          </div>
        </header>
        <main id="main" tabindex={-1}>
          {children}
        </main>
        <footer class="site">
          <p>
            Assay measures whether a language model can be relied on. Every number comes with the interval it may lie
            in, and says so where it cannot be known.
          </p>
        </footer>
      </body>
    </html>
  )
}

/** True where `path` is the place itself or lies under it. */
const isWithin = (path: string, place: string) => path === place || (place !== '/' && path.startsWith(`${place}/`))

/** The mark: a balance drawn as two pans of an interval. */
const Mark = () => (
  <svg class="mark" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
    <path d={markPath} fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />
    <circle cx="14" cy="12" r="3.6" fill="currentColor" />
  </svg>
)
const markPath = 'M3 6v12M21 6v12M3 12h18'

/** The browser's icon. */
export const iconSvg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="5" fill="#12555f"/><path d="M5 8v8M19 8v8M5 12h14" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round"/><circle cx="13.5" cy="12" r="3" fill="#fff"/></svg>`
