/** Curricula vitae: their headings, several different ones, each at the start of a line. */
import { documentKind, lineStart } from './document.ts';

const HEADINGS = [
  'curriculum vitae',
  'work experience',
  'professional experience',
  'employment history',
  'work history',
  'education',
  'skills',
  'technical skills',
  'certifications',
  'references',
  'career objective',
  'professional summary',
  'languages',
  'hobbies',
  'publications',
  'berufserfahrung',
  'lebenslauf',
  'ausbildung',
  'kenntnisse',
  'sprachen',
  'expérience professionnelle',
  'formation',
  'compétences',
  'langues',
  'experiencia laboral',
  'formación académica',
  'habilidades',
  'idiomas',
  'esperienze professionali',
  'istruzione',
];
/** Headings that other documents do not have. */
const OWN = 0b11111 | (0b11 << 15) | (1 << 20) | (1 << 24) | (1 << 28) | (0b11 << 10);

const cv = `Jane Doe\n\nProfessional Summary\nEngineer.\n\nWork Experience\n2019-2024 Acme\n\nEducation\nBSc\n\nSkills\nGo\n\nLanguages\nFrench`;

export const resume = documentKind({
  name: 'resume-cv',
  entity: 'RESUME_CV',
  cues: HEADINGS.map((literal) => ({ literal, startsWord: true, endsWord: true })),
  counts: ({ text }, start, end) => {
    // A heading is all of its line, but for signs such as `##`, `**` and a colon.
    const from = lineStart(text, start);
    if (start - from > 6) return false;
    const rest = text.toString('latin1', end, end + 40).split('\n', 1)[0] ?? '';
    return /^[\s:*_#=.&/-]*$/.test(rest) && /^[\s*_#=>\d.-]*$/.test(text.toString('latin1', from, start));
  },
  gap: 3000,
  score: ({ kinds, distinct }) => {
    if ((kinds & OWN) === 0) return 0;
    if (distinct >= 5) return 0.9;
    return distinct >= 4 ? 0.8 : distinct === 3 ? 0.6 : 0;
  },
  hits: [
    { text: cv, value: cv.slice(cv.indexOf('Professional'), cv.length - '\nFrench'.length), atLeast: 0.8 },
    {
      text: 'LEBENSLAUF\n\nBerufserfahrung:\n2020 Firma\n\nAusbildung:\nAbitur\n\nSprachen:\nEnglisch',
      value: 'LEBENSLAUF\n\nBerufserfahrung:\n2020 Firma\n\nAusbildung:\nAbitur\n\nSprachen:',
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: 'Education\nSkills\nLanguages\nReferences\n' },
    { text: 'Her work experience and education gave her skills in languages.' },
  ],
});
