// Unicode punctuation, and the ASCII symbols that keyboards put beside it.
const PUNCTUATION = /[\p{P}$+<=>^`|~]/gu

/**
 * An answer in the form in which answers are compared: NFKC, lower case, punctuation dropped, the words a, an and the
 * dropped, spaces collapsed. May be empty.
 * After the evaluation script of P. Rajpurkar et al., SQuAD, EMNLP 2016.
 */
export const normalizeAnswer = (text: string): string => answerTokens(text).join(' ')

/** Words of the normalised answer. */
export function answerTokens(text: string): string[] {
  // An em dash parts two words although no space stands there.
  const plain = text.normalize('NFKC').toLowerCase().replaceAll('—', ' ').replace(PUNCTUATION, '')
  return plain.split(/\s+/).filter((word) => word !== '' && word !== 'a' && word !== 'an' && word !== 'the')
}
