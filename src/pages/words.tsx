import { formatNumber, words } from './format.ts'
import { ScrollBox } from './scroll-box.tsx'

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

/** Names of short texts that a reader looks for, so that they keep a line of their own. */
const soughtName = /question|prompt|query|gold|expected|reference|prefix/i
/** Texts up to this long stand in the line of numbers where nobody looks for them: strata, kinds, languages. */
const shortText = 24

const isShort = ([name, part]: [string, unknown]) =>
  typeof part === 'number' ||
  typeof part === 'boolean' ||
  (typeof part === 'string' &&
    part !== '' &&
    part.length <= shortText &&
    !saidName.test(name) &&
    !soughtName.test(name))

/** A row's detail: texts as names and words, then numbers, yes/no and labels in one line. */
export function Detail({ detail }: { detail: unknown }) {
  if (typeof detail !== 'object' || detail === null) return null
  const parts = Object.entries(detail).filter(
    ([, part]) => part !== undefined && part !== null && !(Array.isArray(part) && part.length === 0),
  )
  return (
    <>
      <Fields value={Object.fromEntries(parts.filter((part) => !isShort(part)))} />
      <Line parts={parts.filter(isShort)} />
    </>
  )
}

function Line({ parts }: { parts: [string, unknown][] }) {
  if (parts.length === 0) return null
  return (
    <ul class="meta">
      {parts.map(([name, part]) => (
        <li>
          {words(name)}: {typeof part === 'string' ? part : <Field name={name} value={part} />}
        </li>
      ))}
    </ul>
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
  if (!Array.isArray(value)) {
    const parts = Object.entries(value)
    return parts.every(([, part]) => isPlain(part) || isNumbers(part)) ? <Line parts={parts} /> : <Json value={value} />
  }
  if (value.length === 0) return <span class="null">none</span>
  if (value.length > longList) return <Json value={value} />
  if (isNumbers(value)) return <>{value.map((part) => formatNumber(part)).join(', ')}</>
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
  return value.every(isRecord) ? <Entries name={name} entries={value} /> : <Json value={value} />
}

const isPlain = (part: unknown) => part === null || typeof part !== 'object'
const isNumbers = (part: unknown): part is number[] =>
  Array.isArray(part) && part.length <= longList && part.every((member) => typeof member === 'number')
const isRecord = (part: unknown): part is Record<string, unknown> =>
  typeof part === 'object' && part !== null && !Array.isArray(part)

/** A list of objects of one kind as a table: candidates, rewordings, options. */
function Entries({ name, entries }: { name: string; entries: Record<string, unknown>[] }) {
  const columns = [...new Set(entries.flatMap((entry) => Object.keys(entry).filter((key) => entry[key] != null)))]
  return (
    <ScrollBox label={words(name)} fitted>
      <table class="entries">
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col">{words(column)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr>
              {columns.map((column) => (
                <td>{entry[column] == null ? '' : <Field name={column} value={entry[column]} />}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
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
