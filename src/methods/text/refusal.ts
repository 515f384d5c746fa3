import { splitSentences } from './sentences.ts'

/** `hedge`: the text says that it does not know, and then commits to an answer all the same. */
export type RefusalClass = 'refuse' | 'answer' | 'hedge'

/** Wordings that refuse wherever they stand, contractions written out. */
const PHRASES = [
  '(?:i|we)(?: (?:really|honestly|actually|simply|just|truly))? do not(?: (?:really|actually|currently))? know',
  '(?:i|we) have no(?: \\w+)? (?:idea|information|knowledge|way (?:to know|of knowing)|record)',
  '(?:i|we) do not have(?: \\w+){0,2} (?:information|knowledge|access|context|data|details|an answer)',
  '(?:i|we) am (?:not (?:sure|certain|aware)|unsure|uncertain|not familiar)',
  '(?:cannot|could not|unable to|not able to|not possible to|impossible to) (?:\\w+ )?(?:determine|answer|say|tell|know|find|identify|verify|confirm|provide|help|assist)',
  '(?:cannot|could not) be (?:\\w+ )?(?:determined|answered|known|found|identified|inferred|verified|established)',
  '(?:no|not enough|insufficient|not sufficient|lack of) (?:\\w+ )?(?:information|context|data|evidence|details)(?= |[.,;!]|$)',
  '(?:does|do|did) not (?:\\w+ )?(?:contain|provide|mention|specify|state|say|include|give|indicate|answer)',
  '(?:is|are|was|were|has been|have been) not (?:\\w+ )?(?:mentioned|provided|specified|stated|given|known|available|recorded|included|disclosed|answerable)',
  '(?:is|are|was|were|remains?|as yet|currently|still) (?:(?!not |never )\\w+ )?(?:unknown|unanswerable|undetermined|undefined)',
  '(?:is|are) (?:a |an )?(?:fictional|fictitious|made-up|imaginary|nonexistent|non-existent)',
  '(?:does|do|did) not (?:actually |really )?exist(?= ?[.,;!)]| in (?:reality|the real|real)|$)',
  'there (?:is|was|are) no (?:such|known|record|evidence|answer|mention|information|way)',
  'no (?:answer|one knows)',
  'nobody knows',
  'unanswerable',
]

/** Wordings that refuse only as the beginning of a sentence: inside one they speak of something else. */
const AT_START = [
  'do not know',
  'not (?:sure|certain|known|mentioned|provided|specified|stated|available|applicable|given|answerable)',
  'no idea',
  'unknown(?= ?[.,;!)]|$)',
  'cannot',
  'unsure',
  'insufficient',
  '(?:i am )?sorry,? (?:but )?i (?:cannot|am unable)',
  'i (?:cannot|am unable to|must decline|will not|refuse to)',
  'n/a',
  'idk',
]

/** After a refusal, words that commit to an answer. */
const COMMITMENT =
  /\b(?:i (?:would )?(?:think|believe|guess|say|suspect|assume)|my (?:\w+ )?guess|(?:the|my) (?:\w+ )?answer (?:is|would be|might be|could be)|probably|most likely|likely|perhaps|maybe|possibly|(?:it|he|she|they|this|that) (?:might|may|could|must|should|is|was) (?:be )?(?!not\b|un|im|in|no\b|a (?:good|difficult|hard)|beyond|best|important|possible|helpful)|answer ?:)/

/** A follow-up that offers help or asks back is not an answer. */
const NO_COMMITMENT =
  /^(?:sorry|please|thank|can|could|would|if|let|i|you|we|do|does|what|how|may|is|are|however|but|it|this|that|there|the (?:context|text|passage|document|question|information|article)|more|feel|try|no|not|none|unknown|note|however)\b/

const GUARDS = new Set(['not', 'never', 'nor', 'if', 'say', 'says', 'whether', 'unless', 'hardly'])

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

const anywhere = new RegExp(`(?<![\\p{L}\\p{N}])(?:${PHRASES.join('|')})(?![\\p{L}\\p{N}])`, 'gu')
/** Without one of these nothing can fire; most answers are settled here. */
const anyTrace = new RegExp(`(?:${[...PHRASES, ...AT_START].join('|')})`, 'u')
const atStart = new RegExp(`^(?:${AT_START.join('|')})(?![\\p{L}\\p{N}])`, 'u')

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
  return next.split(' ').length <= 5 && !next.endsWith('?') && !NO_COMMITMENT.test(next)
}

/**
 * Whether a text refuses to answer, by a list of wordings. A wording does not fire after a negation ("it is not unknown
 * that"), after "if" or "say", or inside quotation marks. `phrases` adds wordings of one's own, such as the one that the
 * prompt asked for. `hedge`: a refusal after which an answer is given. An empty text is no refusal. Linear in the text.
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
    return commits(sentence.slice(end), sentences[i + 1]) ? 'hedge' : 'refuse'
  }
  return 'answer'
}
