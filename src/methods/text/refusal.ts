import { COMMITMENT, GUARDS, NO_COMMITMENT, OPENING_REFUSALS, REFUSALS } from './refusal-phrases.ts'
import { splitSentences } from './sentences.ts'

/** `hedge`: the text says that it does not know, and then commits to an answer all the same. */
export type RefusalClass = 'refuse' | 'answer' | 'hedge'

const QUOTED = /"[^"]*"|“[^“”]*”|«[^«»]*»|(?<![\p{L}\p{N}])'[^'\n]{3,}'(?![\p{L}\p{N}])/gu

/** Contractions written out, apostrophes and spaces made plain, lower case. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’ʼ`]/g, "'")
    .replace(/\bcan't\b|\bcan not\b/g, 'cannot')
    .replace(/\bwon't\b/g, 'will not')
    .replace(/\b(do|does|did|is|are|was|were|could|would|should|has|have|had)n't\b/g, '$1 not')
    .replace(/\b(do|does|is|did|are|was|can)nt\b/g, (_, verb: string) => (verb === 'can' ? 'cannot' : `${verb} not`))
    .replace(/\bi'm\b/g, 'i am')
    .replace(/\bwe're\b/g, 'we am')
    .replace(/\b(it|that|there|he|she)'s\b/g, '$1 is')
    .replace(/\b(i|we|you|they)'d\b/g, '$1 would')
    .replace(/\b(i|we|you|they)'ve\b/g, '$1 have')
    .replace(/[*_#]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

/** Quoted speech says what others say; a text that is one quotation is unwrapped instead. */
function withoutQuotes(text: string): string {
  const trimmed = text.trim()
  const inner = /^["“«'](.*)["”»']\.?$/s.exec(trimmed)?.[1]
  if (inner !== undefined && !/["“”«»]/.test(inner)) return inner
  return trimmed.replace(QUOTED, ' ')
}

const escaped = (phrase: string): string => plain(phrase).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const anywhere = new RegExp(`(?<![\\p{L}\\p{N}])(?:${REFUSALS.join('|')})(?![\\p{L}\\p{N}])`, 'gu')
/** Without one of these nothing can fire; most answers are settled here. */
const anyTrace = new RegExp(`(?:${[...REFUSALS, ...OPENING_REFUSALS].join('|')})`, 'u')
const atStart = new RegExp(`^(?:${OPENING_REFUSALS.join('|')})(?![\\p{L}\\p{N}])`, 'u')

/** End of the first refusal in a sentence that no guard holds back, or null. */
function refusalEnd(sentence: string, own: RegExp | null): number | null {
  const start = atStart.exec(sentence)
  if (start) return start[0].length
  for (const pattern of own ? [anywhere, own] : [anywhere]) {
    for (const match of sentence.matchAll(pattern)) {
      // Three words back are enough for "it is not unknown that" and "if you say".
      const before = sentence
        .slice(Math.max(0, match.index - 60), match.index)
        .split(/[^\p{L}\p{N}']+/u)
        .filter(Boolean)
        .slice(-3)
      if (!before.some((word) => GUARDS.has(word))) return match.index + match[0].length
    }
  }
  return null
}

/** Whether what follows a refusal commits to an answer. */
function commits(rest: string, next: string | undefined): boolean {
  const clause = /(?:\bbut\b|\bhowever\b|\bthough\b|[,;:–—-])\s*(.*)$/s.exec(rest)?.[1]
  if (clause !== undefined && COMMITMENT.test(clause)) return true
  if (next === undefined) return false
  if (COMMITMENT.test(next) && !/^(?:i would (?:say|suggest|need)|it (?:is|was|would|could) (?:not|be))\b/.test(next))
    return true
  return isShortAnswer(next)
}

/** A sentence of a few words that neither asks nor apologises. */
const isShortAnswer = (sentence: string): boolean =>
  sentence.split(' ').length <= 5 && !sentence.endsWith('?') && !NO_COMMITMENT.test(sentence)

/**
 * Whether a text refuses to answer, by a list of wordings. A wording does not fire after a negation ("it is not unknown
 * that"), after "if" or "say", or inside quotation marks. `phrases` adds wordings of one's own, such as the one that the
 * prompt asked for. `hedge`: a refusal after which an answer is given, or after an answer of a few words. An empty text is no refusal. Linear in the text.
 */
export function classifyRefusal(text: string, { phrases = [] }: { phrases?: readonly string[] } = {}): RefusalClass {
  const wordings = phrases.map(escaped).filter(Boolean)
  const own =
    wordings.length === 0 ? null : new RegExp(`(?<![\\p{L}\\p{N}])(?:${wordings.join('|')})(?![\\p{L}\\p{N}])`, 'gu')
  const unquoted = withoutQuotes(text)
  const whole = plain(unquoted)
  if (!anyTrace.test(whole) && (own === null || whole.search(own) < 0)) return 'answer'
  const sentences = splitSentences(unquoted).map(plain).filter(Boolean)
  for (const [i, sentence] of sentences.entries()) {
    const end = refusalEnd(sentence, own)
    if (end === null) continue
    const answered = i > 0 && isShortAnswer(sentences[0] as string)
    return answered || commits(sentence.slice(end), sentences[i + 1]) ? 'hedge' : 'refuse'
  }
  return 'answer'
}
