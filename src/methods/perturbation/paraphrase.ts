import type { Random } from '../random.ts'

/** Exchangeable words of questions; every member of a row may stand for the others without changing the answer. */
const SYNONYMS: readonly (readonly string[])[] = [
  ['big', 'large'],
  ['small', 'little'],
  ['located', 'situated'],
  ['begin', 'start'],
  ['begins', 'starts'],
  ['began', 'started'],
  ['buy', 'purchase'],
  ['buys', 'purchases'],
  ['bought', 'purchased'],
  ['founded', 'established'],
  ['famous', 'well-known'],
  ['profession', 'occupation'],
  ['job', 'occupation'],
  ['nation', 'country'],
  ['sum', 'total'],
  ['compute', 'calculate'],
  ['picks', 'chooses'],
  ['receives', 'gets'],
  ['gives', 'hands'],
  ['remaining', 'left over'],
  ['entire', 'whole'],
  ['currently', 'at present'],
  ['usually', 'normally'],
  ['also', 'in addition'],
  ['shows', 'displays'],
  ['uses', 'employs'],
]

type Rule = readonly [pattern: RegExp, forms: readonly string[]]

/** Question frames with the same meaning; $1, $2 are the parts that are carried over. */
const FRAMES: readonly Rule[] = [
  [
    /^what is the ([^?]{1,80}?) of ([^?]{1,120})\?$/i,
    ['Can you tell me the $1 of $2?', 'Name the $1 of $2.', 'For $2, what is the $1?'],
  ],
  [
    /^what was the ([^?]{1,80}?) of ([^?]{1,120})\?$/i,
    ['Can you tell me what the $1 of $2 was?', 'For $2, what was the $1?'],
  ],
  [
    /^what is ([^?]{1,160})\?$/i,
    ['Can you tell me what $1 is?', 'Please work out what $1 is.', 'Tell me: what is $1?'],
  ],
  [
    /^which ([^?]{1,60}?) (is|was|has|had) ([^?]{1,120})\?$/i,
    ['Name the $1 that $2 $3.', 'Can you say which $1 $2 $3?'],
  ],
  [
    /^what ([\p{L}-]{1,40}) (is|are|was|were|does|do|did|has|have) ([^?]{1,140})\?$/iu,
    ['Which $1 $2 $3?', 'Please tell me: which $1 $2 $3?'],
  ],
  [/^who (is|was) ([^?]{1,140})\?$/i, ['Can you tell me who $2 $1?', 'What is the name of the person who $1 $2?']],
  [/^who ([^?]{1,140})\?$/i, ['Can you tell me who $1?', 'Name the person who $1.']],
  [/^where (is|was|are|were) ([^?]{1,140})\?$/i, ['In which place $1 $2?', 'Can you tell me where $2 $1?']],
  [/^when (did|was|is|were) ([^?]{1,140})\?$/i, ['At what time $1 $2?', 'Tell me when: $1 $2?']],
  [
    /^in which ([^?]{1,60}?) (is|was|does|did) ([^?]{1,120})\?$/i,
    ['$3: in which $1 $2 this?', 'Can you say in which $1 it $2: $3?'],
  ],
  [/^how many ([^?]{1,160})\?$/i, ['What is the number: how many $1?', 'Tell me, how many $1?']],
  [/^how ([^?]{1,160})\?$/i, ['Can you tell me how $1?', 'I would like to know how $1.']],
  [/^(?:calculate|compute|work out) ([^?]{1,160}?)[.?]?$/i, ['What do you get for $1?', 'Find the value of $1.']],
]

/** Wrappers that fit any question. */
const WRAPPERS: readonly string[] = [
  'I would like to know the following. {q}',
  'Here is a question for you: {q}',
  'Please answer this question. {q}',
  '{q} Please answer.',
  'Someone asked me: {q}',
  'Question: {q}',
]

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The question in other frames of the same meaning. */
export function reframed(question: string): string[] {
  const trimmed = question.trim()
  const rule = FRAMES.find(([pattern]) => pattern.test(trimmed))
  if (!rule) return []
  const [pattern, forms] = rule
  return forms.map((form) => capitalized(trimmed.replace(pattern, form)))
}

/** Word → words that may stand for it. */
const REPLACEMENTS = new Map<string, string[]>()
for (const row of SYNONYMS)
  for (const word of row) REPLACEMENTS.set(word, [...(REPLACEMENTS.get(word) ?? []), ...row.filter((w) => w !== word)])

/** Every word of the synonym table is replaced by another of its row; null when the text has none. */
export function withSynonyms(text: string, random: Random): string | null {
  let replaced = false
  const result = text.replace(/[\p{L}-]+/gu, (word) => {
    // A capital inside a sentence is a name.
    const others = REPLACEMENTS.get(word)
    if (!others) return word
    replaced = true
    return random.pick(others)
  })
  return replaced ? result : null
}

/** "If A, B?" as "B, if A?" and back; null when the text has no such clause. */
export function withClausesTurned(text: string): string | null {
  const trimmed = text.trim()
  const front = /^(if|when|given that|in|suppose that) ([^,?]{3,120}), ([^?]{3,200})\?$/i.exec(trimmed)
  if (front) {
    const [, word, clause, main] = front as unknown as [string, string, string, string]
    return `${capitalized(main)}, ${word.toLowerCase()} ${clause}?`
  }
  const back = /^([^,?]{3,200}),? (if|given that) ([^?]{3,120})\?$/i.exec(trimmed)
  if (!back) return null
  const [, main, word, clause] = back as unknown as [string, string, string, string]
  return `${capitalized(word.toLowerCase())} ${clause}, ${main.charAt(0).toLowerCase()}${main.slice(1)}?`
}

/** Numbers and capitalised words inside sentences: what a paraphrase must not lose. */
export function anchors(text: string): Set<string> {
  const found = new Set<string>()
  for (const match of text.matchAll(/\d+(?:[.,]\d+)*/g)) found.add(match[0])
  for (const match of text.matchAll(/(?<=[\p{L}\p{N},;:]\s)\p{Lu}[\p{L}'-]*/gu)) found.add(match[0].toLowerCase())
  return found
}

/** Whether a paraphrase keeps all numbers and names of the original and adds no number. */
export function keepsAnchors(original: string, paraphrase: string): boolean {
  const lower = paraphrase.toLowerCase()
  for (const anchor of anchors(original)) if (!lower.includes(anchor)) return false
  const numbers = new Set(original.match(/\d+(?:[.,]\d+)*/g) ?? [])
  return (paraphrase.match(/\d+(?:[.,]\d+)*/g) ?? []).every((number) => numbers.has(number))
}

/**
 * Up to `count` distinct paraphrases of a question by rule, the question itself left out: other frames, turned clauses,
 * synonyms, their combinations, and wrappers. All keep the numbers and names of the question.
 */
export function paraphrases(question: string, count: number, random: Random): string[] {
  const turned = withClausesTurned(question)
  const bases = [...reframed(question), ...(turned ? [turned] : [])]
  const synonyms = [question, ...bases].map((text) => withSynonyms(text, random)).filter((text) => text !== null)
  const wrapped = random.shuffle(WRAPPERS).map((wrapper) => wrapper.replace('{q}', () => question.trim()))
  const ordered = [...random.shuffle([...bases, ...synonyms]), ...wrapped]
  const distinct = new Set(ordered.filter((text) => text !== question.trim() && keepsAnchors(question, text)))
  return [...distinct].slice(0, count)
}
