/** Ages: a number of years behind a word for age, or before one for years of life. */
import { byteAt, isAlnum, isDigit } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { namedValue } from '../../scan/named-value.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const OLDEST = 125;

const PERSON =
  contextWords(`patient, patients, man, woman, male, female, boy, girl, he, she, his, her, who, born, birthday, gender,
sex, aged, mother, father, son, daughter, person, name, mann, frau, hombre, mujer, paciente, homme, femme, uomo, donna`);

export const ageNamed = namedValue({
  name: 'age-named',
  entity: 'AGE',
  category: 'personal',
  countries: [],
  reach: { words: 4, maxLength: 60 },
  names: ['age', 'aged', 'alter', 'edad', 'idade', 'leeftijd', 'eta', 'patient age', 'alder', 'wiek'],
  labels: [`age, patient age, customer age, edad, alter, idade, leeftijd, age years`],
  value:
    '\\d{1,3}(?:[ -]?(?:years?|yrs?|y/o|yo|jahre|ans|a\\xc3\\xb1os|anni|anos|jaar)(?:[ -]?old| of age)?)?(?![.,:%/]\\d|-\\d| (?:and|to|or) \\d| ?(?:seconds|minutes|hours|days|ms|s|h|d)(?![a-z]))',
  isValue: (value) => Number(/^\d+/.exec(value)?.[0]) <= OLDEST,
  score: 0.55,
  context: PERSON,
  inContext: 0.75,
  hits: [
    { text: 'Age: 34', value: '34' },
    { text: '{"age":"47"}', value: '47' },
    { text: 'paciente, edad: 62 años', value: '62 años' },
    { text: '29', label: 'patientAge', value: '29' },
    { text: 'a woman aged 81', value: '81' },
  ],
  misses: [
    { text: '34' },
    { text: 'max-age=60' },
    { text: 'age: 3600' },
    { text: 'page 34' },
    { text: 'the age of 5 days' },
    { text: 'men between the ages of 18 and 65' },
  ],
});

const UNITS = [
  'years old',
  'year old',
  'year-old',
  'years of age',
  'yrs old',
  'yr old',
  'y/o',
  'jahre alt',
  'ans et demi',
  'anos de idade',
];

/** Tells of software and companies as well, so that alone it is low. */
export const ageInText: Recognizer = {
  name: 'age-in-text',
  entity: 'AGE',
  category: 'personal',
  countries: [],
  reach: { words: 4, maxLength: 60 },
  cues: UNITS.map((literal) => ({ literal, endsWord: true })),
  context: PERSON,
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    let to = start;
    if (byteAt(text, to - 1) === 0x20 || byteAt(text, to - 1) === 0x2d) to--;
    let from = to;
    while (from > 0 && to - from < 4 && isDigit(byteAt(text, from - 1))) from--;
    if (from === to || isAlnum(byteAt(text, from - 1)) || byteAt(text, from - 1) === 0x2e) return;
    if (Number(passage.ascii(from, to)) > OLDEST) return;
    passage.report(ageInText, from, end, 0.4, 0.7);
  },
  hits: [
    { text: 'The patient is 42 years old.', value: '42 years old' },
    { text: 'a 7-year-old boy', value: '7-year-old' },
    { text: 'Die Frau ist 51 Jahre alt', value: '51 Jahre alt' },
  ],
  misses: [{ text: 'a 10 years old bug' }, { text: 'he is years old' }, { text: 'she found a 1500 year old coin' }],
};
