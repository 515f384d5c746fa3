/** Nouns for what was given to read. */
const TEXT =
  '(?:context|passages?|texts?|documents?|article|information|paragraphs?|question|records?|report|sources?|data|prompt|story|excerpt|statement)'

/**
 * Wordings that refuse wherever they stand in a sentence: regular expressions over lower-case text with contractions
 * written out ("don't" is "do not", "can't" is "cannot").
 */
export const REFUSALS: readonly string[] = [
  // The speaker does not know.
  '(?:i|we)(?: (?:really|honestly|actually|simply|just|truly))? do not(?: (?:really|actually|currently|exactly))? know',
  '(?:i|we) have no(?: \\w+)? (?:idea|information|knowledge|way (?:to know|of knowing)|record|access)',
  '(?:i|we) do not(?: currently| actually)? have(?: \\w+){0,3} (?:information|knowledge|access|context|data|details|answer|ability|capability|opinions|experiences)',
  '(?:i|we) am (?:not (?:\\w+ )?(?:sure|certain|aware|able|capable|allowed|familiar|at liberty)|unsure|uncertain|unaware|unfamiliar)',
  // The speaker cannot.
  '(?:i|we|one) (?:cannot|could not) (?:\\w+ )?(?:say|tell|know|find|identify|verify|confirm|provide|help|assist|give|comply|fulfill|discuss|recall)',
  '(?:cannot|could not) (?:\\w+ )?(?:determine|answer)',
  '(?:unable to|not able to|not possible to|impossible to|no way (?:to|of)) (?:\\w+ )?(?:determin(?:e|ing)|answer(?:ing)?|say(?:ing)?|tell(?:ing)?|know(?:ing)?|identify|verify|confirm|provide|help|assist)',
  '(?:cannot|could not) be (?:\\w+ )?(?:determined|answered|known|identified|inferred|verified|established)',
  // What is known does not suffice.
  '(?:not enough|insufficient|not sufficient|lack of|lacks) (?:\\w+ )?(?:information|context|data|evidence|details)',
  'no (?:\\w+ )?(?:information|context|details|mention|data)(?: (?:is|was|are|about|on|of|regarding|in|available|provided|given|to)|[.,;!]|$)',
  `${TEXT}(?: \\w+){0,3} (?:does|do|did) not (?:\\w+ )?(?:contain|provide|mention|specify|state|say|include|give|indicate|answer|reveal|tell)`,
  '(?:it|that) (?:does|did) not (?:\\w+ )?(?:mention|specify)',
  '(?:is|are|was|were|has been|have been) not (?:\\w+ )?(?:mentioned|specified|stated|disclosed|answerable|determinable)',
  `(?:is|are|was|were|has been|have been) not (?:\\w+ )?(?:provided|given|recorded|available|included)(?: (?:by|here|to me|in (?:the|this|your) (?:\\w+ )?${TEXT})|[.,;!]|$)`,
  '(?:is|are|was|were) not (?:yet |currently |publicly |well |exactly |precisely )?known(?: (?:to me|at this time|yet)|[.,;!]|$)',
  '(?:is|are|was|were|remains?|as yet|currently|still) (?:(?!not |never )\\w+ )?(?:unknown|unanswerable|undetermined|undefined)',
  'unanswerable',
  '(?:nobody|no one|no-one) (?:can )?knows?',
  'there (?:is|was|are) no (?:\\w+ )?(?:answer|information|record|mention)',
  // There is no such thing.
  'there (?:is|was|are) no such',
  '(?:is|are) (?:fictional|fictitious|made[ -]up|imaginary|non-?existent)(?: (?:and|so|with)|[.,;!)]|$)',
  '(?:is|are) (?:a |an )?(?:fictional|fictitious|made[ -]up|imaginary|non-?existent) \\w+(?: \\w+)?,? (?:so|and (?:does|do|has|have|there|thus|therefore|therefor))',
  '(?:is|are) not (?:a |an )?real',
  '(?:does|do|did) not (?:actually |really )?exist(?: in (?:reality|the real|real)|[.,;!)]|$)',
]

/** Wordings that refuse only as the beginning of a sentence: inside one they speak of something else. */
export const OPENING_REFUSALS: readonly string[] = [
  'do not know',
  'not (?:sure|certain|known|mentioned|provided|specified|stated|available|applicable|given|answerable|enough)',
  'no (?:idea|answer)',
  'none (?:given|known|provided|mentioned)',
  'unknown(?: ?[.,;!)]|$)',
  'cannot',
  'unsure',
  'insufficient',
  '(?:i am )?sorry,? (?:but )?i (?:cannot|am unable|do not)',
  '(?:i|we) (?:cannot|am unable to|must decline|will not|refuse to|would rather not)',
  'n/a',
  'idk',
]

/** After a refusal, words that commit to an answer. */
export const COMMITMENT =
  /\b(?:i (?:would )?(?:think|believe|guess|say|suspect|assume)|my (?:\w+ )?guess|(?:the|my) (?:\w+ )?answer (?:is|would be|might be|could be)|probably|most likely|likely|perhaps|maybe|possibly|(?:it|he|she|they|this|that) (?:might|may|could|must|should|is|was) (?:be )?(?!not\b|un|im|in|no\b|a (?:good|difficult|hard)|beyond|best|important|possible|helpful|fictional)|answer ?:)/

/** A sentence that apologises, offers help, asks back or speaks of the question is no answer. */
export const NO_COMMITMENT =
  /^(?:sorry|please|thank|can|could|would|if|let|i|you|we|do|does|what|how|may|is|are|however|but|it|this|that|there|the (?:context|text|passage|document|question|information|article)|more|feel|try|no|not|none|unknown|note|unfortunately|apologies|my apologies|hello|hi|sure|of course|okay|ok|well)\b/

/** Words shortly before a refusal that take it back or put it into someone's mouth. */
export const GUARDS: ReadonlySet<string> = new Set('not never nor if say says said whether unless hardly'.split(' '))
