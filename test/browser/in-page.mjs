/** Functions that run inside the page, where there is a document. Each stands alone: only its text travels. */

/** Width of all that the page holds, CSS pixels. */
export const contentWidth = () => document.scrollingElement.scrollWidth

export const focusedText = () => document.activeElement.textContent
export const focusedId = () => document.activeElement.id

/** Relative luminance of the page's ground, and the contrast ratio of texts to it (WCAG 2.2, 1.4.3). */
export function contrasts() {
  const luminance = (colour) => {
    const [r, g, b] = colour
      .match(/[\d.]+/g)
      .map((part) => Number(part) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const paper = luminance(getComputedStyle(document.body).backgroundColor)
  const selectors = ['body', '.lead', '.note', '.cell small', '.interval', '.model a', 'footer p', 'nav a', '.null']
  return {
    paper,
    ratios: selectors
      .filter((selector) => document.querySelector(selector))
      .map((selector) => {
        const ink = luminance(getComputedStyle(document.querySelector(selector)).color)
        return { selector, ratio: (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05) }
      }),
  }
}

/** What a screen reader stumbles over: skipped headings, controls without a name, ids given twice, links to nowhere. */
export function audit() {
  const all = (selector) => [...document.querySelectorAll(selector)]
  const levels = all('h1,h2,h3,h4,h5,h6').map((heading) => Number(heading.tagName[1]))
  const textOf = (ids) =>
    (ids ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join('')
  const nameOf = (element) =>
    element.textContent +
    (element.getAttribute('aria-label') ?? '') +
    textOf(element.getAttribute('aria-labelledby')) +
    (element.labels?.[0]?.textContent ?? '')
  const ids = all('[id]').map(({ id }) => id)
  return {
    lang: document.documentElement.lang,
    mode: document.compatMode,
    firstHeadings: levels.filter((level) => level === 1).length,
    skipped: levels.filter((level, place) => level > (levels[place - 1] ?? 0) + 1),
    nameless: all('a, button, input:not([type=hidden]), progress, svg[role=img]')
      .filter((element) => nameOf(element).trim() === '')
      .map(({ outerHTML }) => outerHTML),
    twice: ids.filter((id, place) => ids.indexOf(id) !== place),
    dead: all('a[href^="#"]')
      .map((link) => link.getAttribute('href').slice(1))
      .filter((id) => !ids.includes(id)),
    missingLandmarks: ['header', 'nav', 'main', 'footer'].filter((tag) => document.querySelector(tag) === null),
  }
}
