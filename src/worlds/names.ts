import type { Random } from '../methods/random.ts'
import { countries, elements } from './tables.ts'
import { capitalised, wordsOf } from './wording.ts'

const onsets = 'b br d dr f fl g gr h j k kl kr l m n p pl qu r s sk sl st t th tr v vr w y z zh'.split(' ')
const vowels = 'a e i o u ae ei ou'.split(' ')
const middles = 'l r n m s d v k t ld rn lm sk nd rv st lv mb rg th'.split(' ')
const codas = 'n r l s th k m nd rn sk x lt rd ss ng v'.split(' ')

/** Given names, cities and everyday words that two or three syllables could hit by chance. */
const commonNames =
  `adam adel alan alba albert alex alma amal amar amir ana anas andrea anna ara aria aron arthur asan basil ben boris bran brad brandon
bruno carla dana daniel dara daria david dennis derek diana dora doris edith elena elias ella elsa emma erik eva fiona flora franz frank
fred gina glen gloria greta hana hans hassan helena hector hugo ian igor ilan ina inge ira iris isla ivan ivor jana jana janos jared jason
joan jonas jordan joris josef julia karen karim karl karla kevin kira klara lana lara laura leila lena leon lidia lila lina lisa lora loren
luis lukas magda mala mara marcel maria marina mark marta martin maya mira mona nadia nora olga omar oscar otto paula peter petra quinn rada
ralf ramon rana rita robert roland roman rosa roza ruth samir sandra sara selma simon sofia sonia stella stefan susan tamar tania tara thea
thomas tina tom vera victor viola vivian walter wanda yara yusuf zara zoe berlin bilbao bologna boston bremen bristol brno delhi dresden
dubai durban faro gdansk geneva ghent granada graz haifa havana izmir jena kobe kolding krakow kyoto lagos leeds leiden leipzig lille lodz
lyon malaga malmo mecca milan minsk mumbai munich nantes naples odessa osaka oslo palermo parma pisa poznan quito reno rostock salem seville
siena split sydney tartu texas toledo torino tromso turin turku utrecht varna verona vilna york zadar zurich forest garden monday river
saturn silver summer table venus winter wonder yellow salad melon lemon lotus pasta panda koala zebra tiger lion puma sultan vandal
scandal mental normal moral mortal metal pedal sandal total vital rural thermal formal festival marvel level label model panel vessel`
    .trim()
    .split(/\s+/)

/** Words that no invented name may contain: every name in the tables, and common given names, cities and words. */
const realWords = new Set([
  ...countries.flatMap((country) =>
    wordsOf(
      [country.name, ...country.aliases, ...country.capitals, ...country.currencies.flatMap((one) => one.names)].join(
        ' ',
      ),
    ),
  ),
  ...elements.flatMap((element) => wordsOf([element.name, ...element.aliases].join(' '))),
  ...commonNames,
])

/** Strings that would make a name a bad joke. */
const unfortunate = /anu|dik|fag|fuk|hitl|isis|kik|kok|kum|kunt|nazi|nig|pis|pus|rap|sek|slut|tit/

/** Whether a word of the text is a name in the tables or a common name. */
export const isReal = (text: string): boolean => wordsOf(text).some((word) => realWords.has(word))

/** A source of invented names. It gives no name twice, and none that is real. */
export interface NameSource {
  /** One invented word of two or three syllables, capitalised, with an optional ending ("holm"). */
  word(ending?: string): string
}

/** Invented names from a syllable grammar: onset–vowel, consonants between, vowel–coda. */
export function nameSource(random: Random): NameSource {
  const used = new Set<string>()
  const word = (ending = ''): string => {
    for (;;) {
      const syllables = ending === '' && random.next() < 0.35 ? 3 : 2
      let text = random.pick(onsets) + random.pick(vowels)
      for (let count = 1; count < syllables; count++) text += random.pick(middles) + random.pick(vowels.slice(0, 5))
      // An ending brings its own consonant.
      text = ending === '' ? text + random.pick(codas) : text + ending
      if (text.length < 5 || text.length > 12 || used.has(text) || realWords.has(text) || unfortunate.test(text))
        continue
      used.add(text)
      return capitalised(text)
    }
  }
  return { word }
}
