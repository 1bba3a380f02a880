/** Contracts: the phrases of their recitals, clauses and signatures, several different ones close together. Licences of software are none. */
import { documentKind } from './document.ts';

const PHRASES = [
  'this agreement',
  'hereinafter',
  'witnesseth',
  'whereas,',
  'in witness whereof',
  'now, therefore',
  'entered into as of',
  'made and entered into',
  'the parties agree',
  'the parties hereto',
  'governing law',
  'force majeure',
  'entire agreement',
  'severability',
  'confidential information',
  'shall indemnify',
  'term and termination',
  'effective date',
  'termination for convenience',
  'binding upon',
  'in consideration of',
  'party of the first part',
  'executed in counterparts',
  'waiver of',
  'notwithstanding',
  'vertragsparteien',
  'gerichtsstand',
  'dieser vertrag',
  'le présent contrat',
  'les parties conviennent',
  'el presente contrato',
  'las partes acuerdan',
];
/** Phrases of software's licences; the first cues, so that their bits are the lowest. */
const NO_CONTRACT = [
  'open source',
  'gnu general public',
  'apache license',
  'source code form',
  'redistribution and use',
];
const NO_CONTRACT_BITS = (1 << NO_CONTRACT.length) - 1;

const contract = `This Agreement is made and entered into as of 1 March by and between A and B, hereinafter the parties hereto.
WHEREAS, A sells; NOW, THEREFORE, the parties agree: Governing Law is that of Ireland. Entire Agreement. Force Majeure.`;

export const legalContract = documentKind({
  name: 'legal-contract',
  entity: 'LEGAL_CONTRACT',
  cues: [...NO_CONTRACT, ...PHRASES].map((literal) => ({ literal, startsWord: true })),
  gap: 3000,
  score: ({ distinct, count, kinds }) => {
    if ((kinds & NO_CONTRACT_BITS) !== 0) return 0;
    if (distinct >= 8) return 0.9;
    return distinct >= 5 && count >= 6 ? 0.7 : 0;
  },
  hits: [{ text: contract, value: contract, atLeast: 0.5 }],
  misses: [
    { text: 'This agreement between colours is subject to governing law in art. Notwithstanding, we like it.' },
    { text: `Apache License. ${contract}` },
  ],
});
