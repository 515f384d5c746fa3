import type { Child } from 'hono/jsx'

/** A box in which wide content scrolls by itself, so that the page never does; keyboards reach it by its tab stop. */
export const ScrollBox = ({ label, children }: { label: string; children?: Child }) => (
  <section class="scroll" tabindex={0} aria-label={label}>
    {children}
  </section>
)
