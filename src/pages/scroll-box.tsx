import type { Child } from 'hono/jsx'

interface ScrollBoxProps {
  label: string
  /** As narrow as its content allows. */
  fitted?: boolean
  children?: Child
}

/** A box in which wide content scrolls by itself, so that the page never does; keyboards reach it by its tab stop. */
export const ScrollBox = ({ label, fitted = false, children }: ScrollBoxProps) => (
  <section class={fitted ? 'scroll fitted' : 'scroll'} tabindex={0} aria-label={label}>
    {children}
  </section>
)
