import { formatNumber, words } from './format.ts'

/** Longer texts are folded after their beginning. */
const longText = 600
/** Lists of more texts or numbers than this are folded. */
const longList = 12

/** What a model or an item says: kept as written, line breaks and all, and long ones folded. `said`: a model's own. */
export function Words({ text, said = false }: { text: string; said?: boolean }) {
  const look = said ? 'words said' : 'words'
  if (text.trim() === '') return <span class="null">{text === '' ? 'empty' : 'only white space'}</span>
  if (text.length <= longText) return <p class={look}>{text}</p>
  return (
    <details>
      <summary>
        {text.slice(0, 160).trimEnd()}… ({formatNumber(text.length)} characters)
      </summary>
      <p class={look}>{text}</p>
    </details>
  )
}

/** Names of fields that hold what a model wrote. */
const saidName =
  /^(answer|baseline|repl(y|ies)|responses?|textAnswer|samples?|candidates?|chosen|output|reasoning|forced|(closed|open)Book|raw|said)$/i

/** A row's detail: texts as names and words, numbers and yes/no in one line below. */
export function Detail({ detail }: { detail: unknown }) {
  if (typeof detail !== 'object' || detail === null) return null
  const parts = Object.entries(detail).filter(([, part]) => part !== undefined && part !== null)
  const short = parts.filter(([, part]) => typeof part === 'number' || typeof part === 'boolean')
  const long = parts.filter((part) => !short.includes(part))
  return (
    <>
      <Fields value={Object.fromEntries(long)} />
      {short.length === 0 ? null : (
        <ul class="meta">
          {short.map(([name, part]) => (
            <li>
              {words(name)}: <Field name={name} value={part} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** Any JSON object as names and values; texts as words, the rest as compact as it goes. */
export function Fields({ value }: { value: Record<string, unknown> }) {
  return (
    <dl class="fields">
      {Object.entries(value).map(([name, part]) => (
        <>
          <dt>{words(name)}</dt>
          <dd>
            <Field name={name} value={part} />
          </dd>
        </>
      ))}
    </dl>
  )
}

function Field({ name, value }: { name: string; value: unknown }) {
  if (typeof value === 'string') return <Words text={value} said={saidName.test(name)} />
  if (typeof value === 'number') return <>{formatNumber(value)}</>
  if (typeof value === 'boolean') return <>{value ? 'yes' : 'no'}</>
  if (value === null || value === undefined) return <span class="null">none</span>
  if (!Array.isArray(value)) return <Json value={value} />
  if (value.length === 0) return <span class="null">none</span>
  if (value.length > longList) return <Json value={value} />
  if (value.every((part) => typeof part === 'number')) return <>{value.map((part) => formatNumber(part)).join(', ')}</>
  if (value.every((part) => typeof part === 'string'))
    return (
      <ul class="texts">
        {value.map((part) => (
          <li>
            <Words text={part} said={saidName.test(name)} />
          </li>
        ))}
      </ul>
    )
  return <Json value={value} />
}

/** JSON to look into, folded where it is long. */
export function Json({ value }: { value: unknown }) {
  const text = JSON.stringify(value)
  if (text.length <= 120) return <code>{text}</code>
  return (
    <details>
      <summary>
        {Array.isArray(value) ? `${value.length} entries` : `${Object.keys(value as object).length} fields`}
      </summary>
      <pre class="wrap">{JSON.stringify(value, null, 2)}</pre>
    </details>
  )
}
