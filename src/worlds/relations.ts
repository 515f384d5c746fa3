/** The wording of every relation of the fact tables. What the facts are stands in facts.ts. */

export type RelationId =
  | 'country-capital'
  | 'element-symbol'
  | 'country-continent'
  | 'country-currency'
  | 'country-alpha3'
  | 'country-calling-code'
  | 'element-number'
  | 'element-period'
  | 'country-alpha2'
  | 'element-group'
  | 'capital-country'
  | 'symbol-element'
  | 'number-element'
  | 'currency-country'
  | 'alpha3-country'
  | 'alpha2-country'
  | 'calling-code-country'

export type ValueKind =
  | 'country'
  | 'city'
  | 'continent'
  | 'currency'
  | 'isoCode'
  | 'callingCode'
  | 'element'
  | 'symbol'
  | 'number'

export interface Relation {
  id: RelationId
  /** The forward relation that this one turns round, or null. Only facts whose value has one bearer are turned round. */
  inverseOf: RelationId | null
  subjectKind: ValueKind
  valueKind: ValueKind
  /** Eight wordings with {subject}. */
  questions: readonly string[]
  /** Openings that the answer completes, without a final space. */
  clozes: readonly string[]
}

/**
 * Forward relations come first, in the order that benchmarks count them by (relations 1–4, 5–8), then their inverses.
 */
export const relations: readonly Relation[] = [
  {
    id: 'country-capital',
    inverseOf: null,
    subjectKind: 'country',
    valueKind: 'city',
    questions: [
      'What is the capital of {subject}?',
      'Which city is the capital of {subject}?',
      'What city serves as the capital of {subject}?',
      'Name the capital city of {subject}.',
      'What is the name of the capital city of {subject}?',
      'In {subject}, which city is the capital?',
      'Can you tell me the capital of {subject}?',
      'What is the capital city called in {subject}?',
    ],
    clozes: ['The capital of {subject} is', 'The capital city of {subject} is called'],
  },
  {
    id: 'element-symbol',
    inverseOf: null,
    subjectKind: 'element',
    valueKind: 'symbol',
    questions: [
      'What is the chemical symbol of {subject}?',
      'What is the symbol for the element {subject}?',
      'Which symbol stands for {subject} in the periodic table?',
      'Give the chemical symbol for {subject}.',
      'How is the element {subject} abbreviated in chemistry?',
      'In chemical formulas, what is the symbol for {subject}?',
      'Can you tell me the chemical symbol of {subject}?',
      'Which letters are the chemical symbol of {subject}?',
    ],
    clozes: ['The chemical symbol for {subject} is', 'In the periodic table, {subject} has the symbol'],
  },
  {
    id: 'country-continent',
    inverseOf: null,
    subjectKind: 'country',
    valueKind: 'continent',
    questions: [
      'On which continent is {subject}?',
      'Which continent is {subject} part of?',
      'What continent does {subject} belong to?',
      'Name the continent on which {subject} lies.',
      'In which continent is {subject} located?',
      'Can you tell me which continent {subject} is in?',
      '{subject} is a country on which continent?',
      'Of which continent is {subject} a part?',
    ],
    clozes: ['{subject} is a country on the continent of', 'The continent to which {subject} belongs is'],
  },
  {
    id: 'country-currency',
    inverseOf: null,
    subjectKind: 'country',
    valueKind: 'currency',
    questions: [
      'What is the currency of {subject}?',
      'Which currency is used in {subject}?',
      'What money do people pay with in {subject}?',
      'Name the official currency of {subject}.',
      'What is the official currency of {subject} called?',
      'In {subject}, which currency is in use?',
      'Can you tell me the currency of {subject}?',
      'In which currency are prices given in {subject}?',
    ],
    clozes: ['The currency of {subject} is the', 'In {subject}, people pay with the'],
  },
  {
    id: 'country-alpha3',
    inverseOf: null,
    subjectKind: 'country',
    valueKind: 'isoCode',
    questions: [
      'What is the three-letter ISO country code of {subject}?',
      'What is the ISO 3166-1 alpha-3 code for {subject}?',
      'Which three letters stand for {subject} in ISO 3166-1 alpha-3?',
      'Give the alpha-3 country code of {subject}.',
      'How is {subject} abbreviated in the three-letter ISO code?',
      'In ISO 3166, what is the three-letter code for {subject}?',
      'Can you tell me the ISO alpha-3 code of {subject}?',
      'Which ISO alpha-3 code belongs to {subject}?',
    ],
    clozes: ['The three-letter ISO country code of {subject} is', 'The ISO 3166-1 alpha-3 code for {subject} is'],
  },
  {
    id: 'country-calling-code',
    inverseOf: null,
    subjectKind: 'country',
    valueKind: 'callingCode',
    questions: [
      'What is the international calling code of {subject}?',
      'What is the country calling code for {subject}?',
      'Which dialling code is used to call {subject} from abroad?',
      'Give the telephone country code of {subject}.',
      'With which country code do phone numbers in {subject} begin?',
      'To call {subject} from abroad, which country code do you dial?',
      'Can you tell me the calling code of {subject}?',
      'Which telephone prefix belongs to {subject}?',
    ],
    clozes: [
      'The international calling code of {subject} is +',
      'Phone numbers in {subject} begin with the country code +',
    ],
  },
  {
    id: 'element-number',
    inverseOf: null,
    subjectKind: 'element',
    valueKind: 'number',
    questions: [
      'What is the atomic number of {subject}?',
      'Which atomic number does {subject} have?',
      'How many protons are in an atom of {subject}?',
      'Give the atomic number of {subject}.',
      'What number is {subject} in the periodic table?',
      'In the periodic table, what is the atomic number of {subject}?',
      'Can you tell me the atomic number of {subject}?',
      'How many protons does the nucleus of {subject} contain?',
    ],
    clozes: ['The atomic number of {subject} is', 'The number of protons in an atom of {subject} is'],
  },
  {
    id: 'element-period',
    inverseOf: null,
    subjectKind: 'element',
    valueKind: 'number',
    questions: [
      'In which period of the periodic table is {subject}?',
      'Which period of the periodic table does {subject} belong to?',
      'What is the period number of {subject} in the periodic table?',
      'Give the periodic-table period of the element {subject}.',
      'In which row of the periodic table does {subject} stand?',
      'In the periodic table, what period is {subject} in?',
      'Can you tell me the periodic-table period of {subject}?',
      'Which row of the periodic table holds {subject}?',
    ],
    clozes: [
      'In the periodic table, {subject} stands in period',
      'In the periodic table, the period of {subject} is number',
    ],
  },
  {
    id: 'country-alpha2',
    inverseOf: null,
    subjectKind: 'country',
    valueKind: 'isoCode',
    questions: [
      'What is the two-letter ISO country code of {subject}?',
      'What is the ISO 3166-1 alpha-2 code for {subject}?',
      'Which two letters stand for {subject} in ISO 3166-1 alpha-2?',
      'Give the alpha-2 country code of {subject}.',
      'How is {subject} abbreviated in the two-letter ISO code?',
      'In ISO 3166, what is the two-letter code for {subject}?',
      'Can you tell me the ISO alpha-2 code of {subject}?',
      'Which ISO alpha-2 code belongs to {subject}?',
    ],
    clozes: ['The two-letter ISO country code of {subject} is', 'The ISO 3166-1 alpha-2 code for {subject} is'],
  },
  {
    id: 'element-group',
    inverseOf: null,
    subjectKind: 'element',
    valueKind: 'number',
    questions: [
      'In which group of the periodic table is {subject}?',
      'Which numbered group of the periodic table does {subject} belong to?',
      'What is the group number of {subject} in the periodic table?',
      'Give the periodic-table group number of the element {subject}.',
      'In which column of the periodic table does {subject} stand?',
      'In the modern periodic table, what group is {subject} in?',
      'Can you tell me the periodic-table group of {subject}?',
      'Which column of the periodic table, counted from the left, holds {subject}?',
    ],
    clozes: [
      'In the periodic table, {subject} stands in group',
      'In the periodic table, the group of {subject} is number',
    ],
  },
  {
    id: 'capital-country',
    inverseOf: 'country-capital',
    subjectKind: 'city',
    valueKind: 'country',
    questions: [
      'Which country has {subject} as its capital?',
      '{subject} is the capital of which country?',
      'Of which country is {subject} the capital?',
      'Name the country whose capital is {subject}.',
      'What country is {subject} the capital city of?',
      'What is the name of the country whose capital is {subject}?',
      'Can you tell me which country has the capital {subject}?',
      'The city of {subject} is the capital of what country?',
    ],
    clozes: ['{subject} is the capital of', 'The country whose capital is {subject} is called'],
  },
  {
    id: 'symbol-element',
    inverseOf: 'element-symbol',
    subjectKind: 'symbol',
    valueKind: 'element',
    questions: [
      'Which chemical element has the symbol {subject}?',
      'What element does the symbol {subject} stand for?',
      'In the periodic table, which element is written {subject}?',
      'Name the element with the chemical symbol {subject}.',
      'What is the name of the element whose symbol is {subject}?',
      'In chemical formulas, which element does {subject} mean?',
      'Can you tell me which element has the symbol {subject}?',
      'The chemical symbol {subject} belongs to which element?',
    ],
    clozes: ['The chemical element with the symbol {subject} is', 'In chemistry, {subject} is the symbol for'],
  },
  {
    id: 'number-element',
    inverseOf: 'element-number',
    subjectKind: 'number',
    valueKind: 'element',
    questions: [
      'Which chemical element has atomic number {subject}?',
      'What element has {subject} as its atomic number?',
      'In the periodic table, which element has number {subject}?',
      'Name the element with atomic number {subject}.',
      'What is the name of the element whose atomic number is {subject}?',
      'An atom with an atomic number of {subject} is which element?',
      'Can you tell me which element has atomic number {subject}?',
      'The atomic number {subject} belongs to which element?',
    ],
    clozes: ['The chemical element with atomic number {subject} is', 'In the periodic table, number {subject} is'],
  },
  {
    id: 'currency-country',
    inverseOf: 'country-currency',
    subjectKind: 'currency',
    valueKind: 'country',
    questions: [
      'Which country uses the {subject} as its currency?',
      'The {subject} is the currency of which country?',
      'Of which country is the {subject} the currency?',
      'Name the country whose currency is the {subject}.',
      'In which country do people pay with the {subject}?',
      'What is the name of the country whose currency is the {subject}?',
      'Can you tell me which country has the {subject} as its currency?',
      'In what country are prices given in the {subject}?',
    ],
    clozes: ['The {subject} is the currency of', 'The country whose currency is the {subject} is called'],
  },
  {
    id: 'alpha3-country',
    inverseOf: 'country-alpha3',
    subjectKind: 'isoCode',
    valueKind: 'country',
    questions: [
      'Which country has the three-letter ISO code {subject}?',
      'The ISO 3166-1 alpha-3 code {subject} stands for which country?',
      'In ISO 3166, which country is written {subject}?',
      'Name the country with the alpha-3 code {subject}.',
      'What country does the three-letter ISO code {subject} stand for?',
      'What is the name of the country whose alpha-3 code is {subject}?',
      'Can you tell me which country has the ISO code {subject}?',
      'The country code {subject} belongs to which country?',
    ],
    clozes: ['The country with the three-letter ISO code {subject} is', 'The ISO country code {subject} stands for'],
  },
  {
    id: 'alpha2-country',
    inverseOf: 'country-alpha2',
    subjectKind: 'isoCode',
    valueKind: 'country',
    questions: [
      'Which country has the two-letter ISO code {subject}?',
      'The ISO 3166-1 alpha-2 code {subject} stands for which country?',
      'In ISO 3166, which country has the two letters {subject}?',
      'Name the country with the alpha-2 code {subject}.',
      'What country does the two-letter ISO code {subject} stand for?',
      'What is the name of the country whose alpha-2 code is {subject}?',
      'Can you tell me which country has the two-letter code {subject}?',
      'The two-letter country code {subject} belongs to which country?',
    ],
    clozes: ['The country with the two-letter ISO code {subject} is', 'The two-letter ISO code {subject} stands for'],
  },
  {
    id: 'calling-code-country',
    inverseOf: 'country-calling-code',
    subjectKind: 'callingCode',
    valueKind: 'country',
    questions: [
      'Which country has the international calling code +{subject}?',
      'The calling code +{subject} belongs to which country?',
      'Phone numbers that begin with +{subject} are in which country?',
      'Name the country with the calling code +{subject}.',
      'What country do you reach with the dialling code +{subject}?',
      'What is the name of the country whose calling code is +{subject}?',
      'Can you tell me which country has the calling code +{subject}?',
      'A phone number starting with +{subject} is from which country?',
    ],
    clozes: ['The country with the calling code +{subject} is', 'The international calling code +{subject} belongs to'],
  },
]

const byId = new Map(relations.map((relation) => [relation.id, relation]))

/** The relation of that id. */
export const relationOf = (id: RelationId): Relation => byId.get(id) as Relation

/** The ten forward relations, in counting order. */
export const forwardRelations: readonly RelationId[] = relations.filter((one) => !one.inverseOf).map((one) => one.id)

/** The relations that turn a forward one round. */
export const inverseRelations: readonly RelationId[] = relations.filter((one) => one.inverseOf).map((one) => one.id)
