/**
 * One line for the log: what failed, and why. Of a failed query only the database's own words: its message would
 * repeat the parameters, which hold what models said.
 */
export function logFailure(what: string, about: string, error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const why = cause instanceof Error ? cause.message : String(cause)
  console.error(JSON.stringify({ what, about, why: why.slice(0, 500) }))
}
