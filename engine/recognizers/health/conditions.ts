/** Diagnoses and drugs: codes (ICD-10, NDC) behind a word for them, and names of conditions that say much of a person. */
import { byteAt, isAlnum, isLetter, isUpper, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { isPartOfIdentifier, standsAlone } from '../../scan/edges.ts';
import { idNumber } from '../../scan/id-number.ts';
import { namedValue } from '../../scan/named-value.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Last number of the chapters of ICD-10 that do not go up to 99. */
const LAST: Readonly<Record<string, number>> = { C: 97, D: 89, E: 90, H: 95, K: 95, P: 96, T: 98 };

function isIcd10(value: string): boolean {
  // A few have a letter in third place: C4A, M1A, Z3A.
  const number = /^\d\d/.test(value.slice(1)) ? Number(value.slice(1, 3)) : 0;
  return number <= (LAST[value.charAt(0)] ?? 99);
}

const ICD_NAMES = [
  'icd',
  'icd-10',
  'icd 10',
  'icd10',
  'icd-10-cm',
  'icd-10-gm',
  'icd-10 code',
  'icd code',
  'diagnosis',
  'diagnosis code',
  'diagnoses',
  'dx',
  'dx code',
  'diagnose',
  'hauptdiagnose',
  'diagnosecode',
  'diagnóstico',
  'diagnostico',
  'diagnostic',
  'cie-10',
  'cie10',
  'cim-10',
  'cid-10',
  'diagnosi',
];

export const icd10 = namedValue({
  name: 'icd10-code',
  entity: 'ICD10_CODE',
  category: 'health',
  countries: [],
  names: ICD_NAMES,
  value: '[A-Z]\\d[0-9AB](?:\\.[0-9A-KX]{1,4})?(?!\\.[A-Za-z0-9])',
  isExact: true,
  isValue: isIcd10,
  score: 0.75,
  context: contextWords(
    'patient, patients, hospital, clinic, disease, doctor, treatment, patiente, paciente, code, codes',
  ),
  inContext: 0.85,
  hits: [
    { text: 'diagnosis: E11.9', value: 'E11.9' },
    { text: '{"icd10":"J45.20"}', value: 'J45.20' },
    { text: 'paciente con diagnóstico I10', value: 'I10', atLeast: 0.8 },
    { text: 'C50.911', label: 'diagnosisCode', value: 'C50.911' },
  ],
  misses: [{ text: 'E11.9' }, { text: 'diagnosis: e2e failed' }, { text: 'ICD F00.12345' }, { text: 'diagnosis: ABC' }],
});

export const ndc = idNumber({
  name: 'ndc-drug-code',
  entity: 'NDC_DRUG_CODE',
  category: 'health',
  countries: ['US'],
  forms: ['#####-####-##', '####-####-##', '#####-###-##', '#####-####-#'],
  chance: 1,
  evidence: 'context',
  context: contextWords(`ndc, ndcs, ndc code, ndc number, national drug code, drug code, medicamento ndc`),
  hits: [
    { text: 'NDC 0002-8215-01', value: '0002-8215-01' },
    { text: '{"ndc":"00777310502"}', value: '00777310502' },
    { text: 'medicamento, national drug code 50580-506-02', value: '50580-506-02' },
  ],
  misses: [{ text: '0002-8215-01' }, { text: 'NDC 0002-82' }, { text: 'NDC 0002-8215-011' }],
});

/** Conditions and treatments that set a person apart; the beginning of a word or phrase in English or another language. */
const TERMS = `hiv positive,hiv-positive,hiv/aids,aids diagnosis,chlamydia,gonorrh,syphilis,hepatitis b,hepatitis c,
schizophreni,bipolar disorder,borderline personality,major depress,depressive disorder,anxiety disorder,ptsd,
post-traumatic stress,anorexia nervosa,bulimia,suicidal ideation,suicide attempt,substance abuse,alcohol use disorder,
opioid use disorder,methadone,chemotherap,radiotherap,metasta,carcinoma,lymphoma,leukemia,leukaemia,melanoma,breast cancer,
lung cancer,prostate cancer,colon cancer,parkinson's disease,alzheimer,multiple sclerosis,amyotrophic lateral,epilep,
cystic fibrosis,sickle cell,diabetes mellitus,type 1 diabetes,type 2 diabetes,insulin-dependent,myocardial infarct,
congestive heart failure,coronary artery disease,atrial fibrillation,chronic kidney disease,hemodialysis,haemodialysis,
cirrhosis,crohn's disease,ulcerative colitis,rheumatoid arthritis,lupus erythematosus,tuberculosis,miscarriage,
in vitro fertili,hysterectomy,mastectomy,asthma,copd,hypertension,schwangerschaftsabbruch,schizophrenie,krebserkrankung,
brustkrebs,zuckerkrankheit,depressionen,cáncer de,esquizofrenia,diabetes tipo,cancer du,schizophrénie,diabète`
  .split(/,\s*/)
  .map((term) => term.trim());

const ABOUT_A_PERSON =
  contextWords(`patient, patients, diagnosed, diagnosis, diagnoses, diagnosed with, history, treated, treatment, suffers, suffering,
admitted, discharged, prescribed, prescription, symptoms, prognosis, hospital, clinic, physician, surgery, medical history,
patientin, diagnostiziert, leidet, behandelt, paciente, diagnosticado, diagnosticada, padece, patiente, souffre, atteint,
she has, he has, his, her, my, mrn, dob`);

export const medicalTerms: Recognizer = {
  name: 'medical-terms',
  entity: 'MEDICAL_TERMS',
  category: 'health',
  countries: [],
  reach: { words: 8, maxLength: 120 },
  cues: TERMS.filter((term) => /^[ -~]+/.test(term)).map((literal) => ({ literal, startsWord: true })),
  context: ABOUT_A_PERSON,
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    let to = end;
    // The rest of the word: `metastases`, `epileptic`.
    while (to < end + 12 && (isLetter(byteAt(text, to)) || byteAt(text, to) >= 0x80)) to++;
    if (isAlnum(byteAt(text, to)) || byteAt(text, to) === 0x5f || touchesWordBefore(text, start)) return;
    // An identifier of code: `asthmaScore`, `copd-model`.
    for (let i = end; i < to; i++) if (isUpper(byteAt(text, i)) && !isUpper(byteAt(text, start + 1))) return;
    if (!standsAlone(text, start, to) || isPartOfIdentifier(text, start, to)) return;
    passage.report(medicalTerms, start, to, 0.3, 0.6);
  },
  hits: [
    { text: 'The patient was diagnosed with schizophrenia in 2019.', value: 'schizophrenia' },
    { text: '{"diagnosis":"type 2 diabetes"}', value: 'type 2 diabetes' },
    { text: 'la paciente padece esquizofrenia', value: 'esquizofrenia' },
    { text: 'breast cancer', label: 'medicalHistory', value: 'breast cancer' },
  ],
  misses: [
    { text: 'a survey of asthma in cities' },
    { text: 'metastable states' },
    { text: 'const copdModel = load()' },
    { text: 'a data set on tuberculosis' },
  ],
};
