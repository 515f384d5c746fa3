/** One thing that is wrong with a request: where (JSON pointer) and what. */
export interface PlanProblem {
  pointer: string
  detail: string
}

/** A run that cannot start. `not_found`: no such target; `invalid`: the request must change; `conflict`: not now. */
export class PlanError extends Error {
  override name = 'PlanError'
  readonly code: 'not_found' | 'invalid' | 'conflict'
  readonly problems: PlanProblem[]

  constructor(code: PlanError['code'], problems: PlanProblem[]) {
    super(problems.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; '))
    this.code = code
    this.problems = problems
  }
}

/** A JSON pointer (RFC 6901) from path parts. */
export const pointerTo = (...parts: PropertyKey[]): string =>
  parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
