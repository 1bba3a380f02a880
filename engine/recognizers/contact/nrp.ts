/**
 * What the law protects most (GDPR article 9): nationality, ethnic origin, religion, politics, and sex. Behind a word
 * for it, or as a word of its own beside one that speaks of a person. Presidio's name for the class is NRP.
 */
import { contextWords } from '../../scan/context.ts';
import { isPartOfIdentifier, standsAlone } from '../../scan/edges.ts';
import { namedValue } from '../../scan/named-value.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const NATIONALITIES = `afghan|albanian|algerian|american|angolan|argentin(?:e|ian)|armenian|australian|austrian|azerbaijani|bahraini|
bangladeshi|belarusian|belgian|bolivian|bosnian|brazilian|british|bulgarian|cambodian|cameroonian|canadian|chilean|chinese|
colombian|congolese|costa rican|croatian|cuban|cypriot|czech|danish|dominican|dutch|ecuadorian|egyptian|english|eritrean|
estonian|ethiopian|filipino|finnish|french|georgian|german|ghanaian|greek|guatemalan|haitian|honduran|hungarian|icelandic|
indian|indonesian|iranian|iraqi|irish|israeli|italian|ivorian|jamaican|japanese|jordanian|kazakh|kenyan|korean|kosovar|kurdish|
kuwaiti|kyrgyz|laotian|latvian|lebanese|liberian|libyan|lithuanian|macedonian|malaysian|maltese|mexican|moldovan|mongolian|
montenegrin|moroccan|mozambican|namibian|nepal(?:i|ese)|new zealander|nicaraguan|nigerian|norwegian|omani|pakistani|palestinian|
panamanian|paraguayan|peruvian|polish|portuguese|puerto rican|qatari|romanian|russian|rwandan|salvadoran|saudi|scottish|
senegalese|serbian|singaporean|slovak|slovenian|somali|south african|spanish|sri lankan|sudanese|swedish|swiss|syrian|
taiwanese|tajik|tanzanian|thai|tunisian|turkish|turkmen|ugandan|ukrainian|uruguayan|uzbek|venezuelan|vietnamese|welsh|yemeni|
zambian|zimbabwean|deutsch|österreichisch|schweizerisch|türkisch|polnisch|russisch|española?|mexicana?|argentina|colombiana?|
peruana?|chilena?|française?|allemande?|italienne?|italiana?|brasileir[oa]|portugues[ae]`;
const ETHNICITIES = `hispanic|latin[oax]|caucasian|african[- ]american|asian|white|black|native american|indigenous|roma|arab|jewish|
pacific islander|mixed race|multiracial|south asian|east asian`;
const RELIGIONS = `muslim|islam|catholic|roman catholic|protestant|lutheran|orthodox|christian|christianity|evangelical|baptist|
methodist|jewish|judaism|hindu|hinduism|buddhist|buddhism|sikh|mormon|atheist|agnostic|jehovah's witness|katholisch|evangelisch|
muslimisch|jüdisch|católic[oa]|musulm[aá]n[a]?|catholique|musulman[e]?|cattolic[oa]`;
const POLITICS = `republican|democrat|socialist|communist|conservative|labour|liberal|green|social democrat|libertarian|independent|
sozialdemokrat|cdu|spd|afd`;
const SEX = `male|female|man|woman|non-?binary|transgender|trans|intersex|m|f|d|männlich|weiblich|divers|masculino|femenino|hombre|
mujer|homme|femme|masculin|féminin|maschio|femmina|heterosexual|homosexual|gay|lesbian|bisexual|queer|straight`;

/** Patterns of UTF-8 read one byte a character. */
function bytes(list: string): string {
  return Buffer.from(list.replace(/\s*\n/g, ''), 'utf8')
    .toString('latin1')
    .replace(/\[a\xc3\xa1\]/g, '(?:a|\xc3\xa1)');
}

export const nrpNamed = namedValue({
  name: 'nrp-named',
  entity: 'NRP',
  category: 'personal',
  countries: [],
  reach: { words: 4, maxLength: 80 },
  names: [
    'nationality',
    'citizenship',
    'ethnicity',
    'ethnic group',
    'ethnic origin',
    'race',
    'religion',
    'religious affiliation',
    'faith',
    'political affiliation',
    'political party',
    'party affiliation',
    'gender',
    'gender identity',
    'sexual orientation',
    'orientation',
    'sex',
    'staatsangehörigkeit',
    'nationalität',
    'konfession',
    'geschlecht',
    'nacionalidad',
    'sexo',
    'nationalité',
    'sexe',
    'nazionalità',
    'sesso',
    'nacionalidade',
  ],
  value: bytes(`(?:${NATIONALITIES}|${ETHNICITIES}|${RELIGIONS}|${POLITICS}|${SEX})`),
  score: 0.7,
  hits: [
    { text: 'Nationality: Mexican', value: 'Mexican' },
    { text: '{"religion":"Roman Catholic"}', value: 'Roman Catholic' },
    { text: 'Geschlecht: weiblich', value: 'weiblich' },
    { text: 'Hispanic', label: 'ethnicity', value: 'Hispanic' },
  ],
  misses: [{ text: 'Mexican' }, { text: 'race condition' }, { text: 'gender: string' }, { text: 'religion: unknown' }],
});

const WORDS =
  `Muslim,Catholic,Protestant,Lutheran,Hindu,Buddhist,Sikh,Mormon,Christian,Jewish,Shia,Sunni,atheist,Republican,Democrat,
Communist,Socialist,Hispanic,Latino,Latina,African American,African-American,Caucasian,transgender,bisexual,lesbian,homosexual`
    .split(/,\s*/)
    .map((word) => word.trim());

export const nrpInText: Recognizer = {
  name: 'nrp-in-text',
  entity: 'NRP',
  category: 'personal',
  countries: [],
  reach: { words: 4, maxLength: 80 },
  cues: WORDS.map((literal) => ({ literal, exact: true, startsWord: true, endsWord: true })),
  context:
    contextWords(`he is, she is, he was, she was, i am, i m, is a practising, is a practicing, practising, practicing, devout,
raised, identifies, identifies as, converted, voted, votes, registered, my husband, my wife, patient, patients, applicant,
candidate, employee, nationality, ethnicity, religion, faith, born, citizen, immigrant, refugee`),
  findAtCue(passage: Passage, start: number, end: number): void {
    if (!standsAlone(passage.text, start, end) || isPartOfIdentifier(passage.text, start, end)) return;
    passage.report(nrpInText, start, end, 0.3, 0.6);
  },
  hits: [
    { text: 'She is Muslim and asked for a halal meal.', value: 'Muslim' },
    { text: 'The applicant identifies as African American.', value: 'African American' },
    { text: '{"note":"candidate is a registered Republican"}', value: 'Republican' },
  ],
  misses: [{ text: 'Christian Bach wrote this' }, { text: 'a Democrat stronghold' }, { text: 'raised by muslim-lib' }],
};
