import { describe, expect, it } from 'vitest'
import { classifyRefusal } from '../../../src/methods/text/refusal.ts'

describe('classifyRefusal', () => {
  it.each([
    "I don't know.",
    'I don’t know',
    'I do not actually know the answer.',
    "I'm sorry, but I don't have enough information to answer.",
    'Unknown',
    'unknown.',
    "I don't know. Please provide more context.",
    "I don't know, but you could check the official website.",
    '"I don\'t know"',
    "**I don't know**",
    'The context does not mention the founder.',
    'It is impossible to answer this question.',
    'The capital of Zubrowka is unknown.',
    'As an AI language model, I cannot provide that information.',
    'I cannot determine the population from the given text.',
    'There is no information about that in the passage.',
    'There is not enough information to tell.',
    'Zubrowka is a fictional country, so it has no capital.',
    'There is no such person.',
    'Not mentioned in the text.',
    'Cannot be determined.',
    'No one knows.',
    'I am unable to answer that.',
    "Sorry, I can't help with that.",
    'The question cannot be answered because the information is not provided.',
    'Dont know',
    'The information is not available.',
    'That is not mentioned anywhere in the text.',
    'I am not able to browse the internet.',
    'Narnia is a fictional country, so it has no real capital.',
    'The firm was founded in 1990 by two sisters. The passage does not say who they were.',
    'There is no way to know that.',
    'It is not possible to determine the answer.',
    'Unfortunately, I cannot find that.',
    'I apologize, but I do not have access to that information.',
    'N/A',
  ])('refuse: %s', (text) => {
    expect(classifyRefusal(text)).toBe('refuse')
  })

  it.each([
    '',
    'Paris',
    'No',
    'No, it does not.',
    'Cannes',
    'It is not unknown that Paris is the capital of France.',
    'It would not be impossible to answer: 42.',
    'He said "I don\'t know" and left.',
    'The Tomb of the Unknown Soldier',
    'The unknown author wrote it in 1850.',
    'If you do not know the answer, say so. The answer is Rome.',
    'I know that the answer is Rome.',
    'Decaffeinated coffee does not contain caffeine.',
    'There is no evidence that vaccines cause autism.',
    'Switzerland is not included in the union.',
    'Sherlock Holmes is a fictional detective.',
    'He is not known for his patience; his brother is.',
    'She was not given a prize in 1990, but in 1991.',
    'There is no known cure, but rest helps.',
    'Oxygen does not exist as a solid at room temperature',
  ])('answer: %s', (text) => {
    expect(classifyRefusal(text)).toBe('answer')
  })

  it.each([
    "I don't know, but I think it is Paris.",
    "I'm not sure, but the answer is probably 42.",
    "I don't know. Paris.",
    "Paris. I don't know more than that.",
    'I am not certain, however it might be Berlin.',
    "I don't know for sure. My best guess is 1912.",
  ])('hedge: %s', (text) => {
    expect(classifyRefusal(text)).toBe('hedge')
  })

  it("knows the prompt's own wording", () => {
    expect(classifyRefusal('PASS')).toBe('answer')
    expect(classifyRefusal('PASS', { phrases: ['pass'] })).toBe('refuse')
    expect(classifyRefusal('We had to pass the bridge', { phrases: ['no answer (N.A.)'] })).toBe('answer')
    expect(classifyRefusal('No answer (N.A.)', { phrases: ['no answer (N.A.)'] })).toBe('refuse')
  })
})
