import { ScrollBox } from './scroll-box.tsx'

/** The parts of a JSON Schema that a reader of parameters wants to know. */
interface Schema {
  type?: string | string[]
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minItems?: number
  maxItems?: number
  items?: Schema
  anyOf?: Schema[]
  properties?: Record<string, Schema>
}

/** A benchmark's parameters as its JSON Schema states them: name, what it may be, default, meaning. */
export function ParamsTable({ schema }: { schema: Record<string, unknown> }) {
  const properties = Object.entries((schema as Schema).properties ?? {})
  if (properties.length === 0) return <p class="note">It has none.</p>
  return (
    <ScrollBox label="Parameters">
      <table class="params">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May be</th>
            <th scope="col">Default</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {properties.map(([name, property]) => (
            <tr>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>{allowed(property)}</td>
              <td>{property.default === undefined ? '—' : <code>{JSON.stringify(property.default)}</code>}</td>
              <td>{property.description ?? ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

/** What a value may be, in words: `integer, 1 to 20`, `"a" or "b"`. */
export function allowed(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' or ')
  if (schema.anyOf) return schema.anyOf.map(allowed).join(' or ')
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'anything')
  if (type === 'array') {
    const many = bounds(schema.minItems, schema.maxItems)
    return `list of ${schema.items ? allowed(schema.items) : 'anything'}${many === '' ? '' : ` (${many})`}`
  }
  const known = Number.MAX_SAFE_INTEGER
  const low = schema.minimum ?? schema.exclusiveMinimum
  const high = schema.maximum ?? schema.exclusiveMaximum
  const range = bounds(
    low === undefined || low <= -known ? undefined : low,
    high === undefined || high >= known ? undefined : high,
    schema.exclusiveMinimum !== undefined && schema.minimum === undefined,
  )
  return range === '' ? type : `${type}, ${range}`
}

function bounds(low: number | undefined, high: number | undefined, above = false): string {
  if (low !== undefined && high !== undefined) return `${above ? 'above ' : ''}${low} to ${high}`
  if (low !== undefined) return above ? `above ${low}` : `at least ${low}`
  return high === undefined ? '' : `at most ${high}`
}
