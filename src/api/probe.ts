import type { Capabilities } from '../../schema/capabilities.ts'
import { AddressError, assertAllowedAddress } from '../model/address.ts'
import type { TargetConnection } from '../model/connection.ts'
import { ModelError } from '../model/errors.ts'
import type { ModelErrorKind } from '../model/model.ts'
import { probeTarget } from '../model/probe.ts'
import { ProblemError, type ProblemKind } from './problem.ts'

/** What a failed probe says of the request's fields, and the way out. */
const failures: Partial<Record<ModelErrorKind, { kind: ProblemKind; pointer: string; way: string }>> = {
  unreachable: {
    kind: 'target-unreachable',
    pointer: '/baseUrl',
    way: 'Check the address and that the server runs and can be reached from here.',
  },
  timeout: {
    kind: 'target-unreachable',
    pointer: '/baseUrl',
    way: 'The server took too long; check that its model is loaded, or raise `limits.requestTimeoutSeconds`.',
  },
  unauthorized: {
    kind: 'target-unauthorized',
    pointer: '/apiKey',
    way: 'Check the key, and that it may use this model.',
  },
  model_not_found: {
    kind: 'model-not-found',
    pointer: '/model',
    way: 'The server lists its models at /models.',
  },
  rate_limited: {
    kind: 'target-unusable',
    pointer: '/baseUrl',
    way: 'The server asks for fewer requests; try again later.',
  },
}
const otherFailure = {
  kind: 'target-unusable',
  pointer: '/dialect',
  way: 'Check that the base URL ends where the API begins (often in /v1) and that the dialect is right.',
} as const

/** Asks the target what it can do. Raises a problem that points at the field to mend. */
export async function probe(connection: TargetConnection): Promise<Capabilities> {
  refuseAddress(connection.baseUrl, connection.allowPrivate, '/baseUrl')
  try {
    return await probeTarget(connection)
  } catch (error) {
    if (error instanceof AddressError) refuseAddress(connection.baseUrl, connection.allowPrivate, '/baseUrl')
    if (!(error instanceof ModelError)) throw error
    const { kind, pointer, way } = failures[error.kind] ?? otherFailure
    const detail = `${error.message} ${way} To store the target all the same, add ?force=true.`
    throw new ProblemError(kind, detail, [{ pointer, detail: `${error.message} ${way}` }])
  }
}

/** Raises a problem for an address that may not be called. */
export function refuseAddress(address: string, allowPrivate: boolean, pointer: string): void {
  try {
    assertAllowedAddress(address, allowPrivate)
  } catch (error) {
    if (!(error instanceof AddressError)) throw error
    throw new ProblemError('address-refused', error.message, [{ pointer, detail: error.message }])
  }
}
