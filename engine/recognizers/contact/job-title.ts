/** Job titles: behind a word for one, or the chiefs of a company by name. */
import { contextWords } from '../../scan/context.ts';
import { namedValue } from '../../scan/named-value.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const NOUNS = `Accountant|Actuary|Administrator|Advisor|Adviser|Agent|Analyst|Architect|Assistant|Associate|Attorney|Auditor|Banker|
Bookkeeper|Broker|Buyer|Captain|Cashier|Chef|Clerk|Coach|Consultant|Controller|Coordinator|Counsel|Dean|Dentist|Designer|
Developer|Director|Doctor|Driver|Economist|Editor|Electrician|Engineer|Executive|Farmer|Firefighter|Founder|Head|Inspector|
Instructor|Intern|Investigator|Journalist|Judge|Lawyer|Lead|Lecturer|Librarian|Manager|Mechanic|Midwife|Nurse|Officer|Operator|
Paralegal|Partner|Pharmacist|Photographer|Physician|Physiotherapist|Pilot|Planner|Plumber|President|Principal|Producer|Professor|
Programmer|Psychologist|Receptionist|Recruiter|Representative|Researcher|Scientist|Secretary|Specialist|Strategist|Superintendent|
Supervisor|Surgeon|Surveyor|Teacher|Technician|Technologist|Therapist|Trader|Trainer|Translator|Treasurer|Underwriter|
Veterinarian|Waiter|Waitress|Writer|CEO|CFO|CTO|COO|CIO|CISO|Ingenieur(?:in)?|Buchhalter(?:in)?|Lehrer(?:in)?|Arzt|Geschäftsführer(?:in)?|
Abteilungsleiter(?:in)?|Sachbearbeiter(?:in)?|Ingenier[oa]|Gerente|Contador[a]?|Abogad[oa]|Médic[oa]|Profesor[a]?|Director[a]|Directeur|
Directrice|Ingénieure?|Comptable|Infirmi[a-z]+|Avvocato|Ingegnere|Responsabile|Impiegat[oa]`;

function bytes(list: string): string {
  return Buffer.from(list.replace(/\s*\n/g, ''), 'utf8').toString('latin1');
}

export const jobTitle = namedValue({
  name: 'job-title',
  entity: 'TITLE_JOB',
  category: 'personal',
  countries: [],
  reach: { words: 8, maxLength: 120 },
  names: [
    'job title',
    'job',
    'title',
    'position',
    'occupation',
    'profession',
    'role',
    'job role',
    'works as',
    'work as',
    'working as',
    'worked as',
    'employed as',
    'hired as',
    'promoted to',
    'serves as',
    'berufsbezeichnung',
    'beruf',
    'puesto',
    'cargo',
    'ocupación',
    'poste',
    'qualifica',
    'functie',
    '*jobtitle',
  ],
  labels: ['job title, title, position, occupation, profession, role, job, job role, beruf, puesto, cargo, poste'],
  value: bytes(
    `(?:an? |the |our )?(?:[A-Z][A-Za-z&/\x80-\xff-]{1,20} (?:of |and |& |for |de )?){0,4}(?:${NOUNS})(?: (?:of|for|de|in|at) [A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+){0,2})?(?: [IVX]{1,3})?`,
  ),
  isExact: true,
  score: 0.6,
  hits: [
    { text: 'Job title: Senior Accountant', value: 'Senior Accountant' },
    { text: '{"position":"Software Engineer"}', value: 'Software Engineer' },
    { text: 'Puesto: Gerente', value: 'Gerente' },
    { text: 'Vice President of Sales', label: 'jobTitle', value: 'Vice President of Sales' },
  ],
  misses: [
    { text: 'position: absolute' },
    { text: 'role: assistant' },
    { text: 'title: Getting started' },
    { text: 'Senior Accountant' },
  ],
});

const CHIEF = /^Chief (?:[A-Z][a-z]+ (?:and |& )?){1,3}Officer(?![A-Za-z])/;

export const chiefOfficer: Recognizer = {
  name: 'chief-officer',
  entity: 'TITLE_JOB',
  category: 'personal',
  countries: [],
  reach: { words: 8, maxLength: 120 },
  cues: [{ literal: 'Chief ', exact: true, startsWord: true }],
  context:
    contextWords(`mr, mrs, ms, dr, appointed, hired, joined, resigned, his, her, he, she, our, position, job title, title,
role, employee, signed, reports to, colleague, cargo, poste, position of`),
  findAtCue(passage: Passage, start: number): void {
    const found = CHIEF.exec(passage.ascii(start, Math.min(passage.text.length, start + 72)));
    if (found !== null) passage.report(chiefOfficer, start, start + found[0].length, 0.35, 0.6);
  },
  hits: [
    { text: 'She was appointed Chief Financial Officer in May.', value: 'Chief Financial Officer' },
    { text: '{"title": "Chief Information Security Officer"}', value: 'Chief Information Security Officer' },
    { text: 'cargo actual: Chief Executive Officer', value: 'Chief Executive Officer' },
  ],
  misses: [{ text: 'Chief Executive Officer' }, { text: 'Chief reasons for it' }, { text: 'Chiefs of staff' }],
};
