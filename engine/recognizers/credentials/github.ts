/**
 * GitHub tokens. All but the fine-grained end in a CRC-32 of what stands before it, in base 62: a right one is certain,
 * a wrong one does not hide the token, since formats change.
 */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { crc32Base62, endsInCrc32 } from '../../scan/checksums.ts';
import { assembled, type HitExample } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const ALNUM = byteSet('a-zA-Z0-9');
const WORD = byteSet('a-zA-Z0-9_');
const JWT_LIKE = byteSet('a-zA-Z0-9_.-');

function scoreOf(body: string): number {
  if (body.length === 36) return endsInCrc32(body) ? 1 : 0.8;
  // Of 2026: the number of the app, then a JWT.
  if (/^\d+_eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(body)) return 0.99;
  return body.length >= 72 || body.length === 40 ? 0.8 : 0.55;
}

/** A token whose checksum is right. */
function valid(prefix: string): string {
  const body = exampleBody(30);
  return assembled(prefix, '_', body, crc32Base62(body, 6));
}

function quoted(value: string, atLeast = 0.8): HitExample {
  return { text: `token = "${value}"`, value, atLeast };
}

const plain = assembled('gh', 'p_', exampleBody(36, 11));

export const githubPat = tokenRecognizer({
  name: 'github-pat',
  entity: 'GITHUB_PAT',
  prefixes: ['ghp_', 'gho_', 'ghu_', 'ghr_'],
  body: ALNUM,
  min: 36,
  max: 251,
  score: scoreOf,
  hits: [
    quoted(valid('ghp')),
    quoted(valid('gho')),
    quoted(valid('ghu')),
    { text: valid('ghp'), value: valid('ghp'), atLeast: 1 },
    { text: `https://x:${plain}@github.com`, value: plain, atLeast: 0.8 },
    { text: `line\\n${plain}\\n`, value: plain },
  ],
  misses: [
    { text: assembled('gh', 'p_', 'x'.repeat(36)) },
    { text: assembled('gh', 'p_', exampleBody(20)) },
    { text: assembled('agh', 'p_', exampleBody(36)) },
    { text: assembled('gh', 'p_', 'your_token_here') },
  ],
});

const stateless = assembled(
  'gh',
  's_',
  '123456_',
  'eyJ',
  exampleBody(60),
  '.',
  'eyJ',
  exampleBody(180, 3),
  '.',
  exampleBody(200, 5),
);

export const githubAppToken = tokenRecognizer({
  name: 'github-app-token',
  entity: 'GITHUB_APP_TOKEN',
  prefixes: ['ghs_'],
  body: JWT_LIKE,
  min: 36,
  max: 2000,
  score: scoreOf,
  hits: [
    quoted(valid('ghs')),
    { text: `GITHUB_TOKEN=${valid('ghs')}`, value: valid('ghs'), atLeast: 1 },
    { text: `Authorization: Bearer ${stateless}.`, value: stateless, atLeast: 0.95 },
  ],
  misses: [{ text: assembled('gh', 's_', 'a'.repeat(36)) }, { text: 'ghs_install' }],
});

const fineGrained = assembled('github', '_pat_', exampleBody(22), '_', exampleBody(59, 5));

export const githubFineGrained = tokenRecognizer({
  name: 'github-fine-grained',
  entity: 'GITHUB_FINE_GRAINED',
  prefixes: ['github_pat_'],
  body: WORD,
  min: 60,
  max: 251,
  score: (body) => (body.length === 82 && body[22] === '_' ? 0.98 : 0.75),
  hits: [quoted(fineGrained), { text: `(${fineGrained})`, value: fineGrained }],
  misses: [{ text: 'github_pat_name' }, { text: assembled('github', '_pat_', 'x'.repeat(82)) }],
});

const before = exampleBody(40, 13, HEX_DIGITS);

/** Tokens before 2021, and secrets of OAuth apps: 40 hexadecimal digits, a hash but for their name. */
export const githubNamed = assignedToken({
  name: 'github-named',
  entity: 'GITHUB_PAT',
  words: [
    'github_token',
    'githubtoken',
    'github_pat',
    'github_secret',
    'github_client_secret',
    'github_access',
    'github_oauth',
    'github_api',
    'github-token',
    'github token',
    'gh_token',
  ],
  body: byteSet('0-9a-f'),
  min: 40,
  max: 40,
  near: 0,
  hits: [
    { text: `GITHUB_TOKEN=${before}`, value: before, atLeast: 0.8 },
    { text: `github_client_secret: "${before}"`, value: before, atLeast: 0.8 },
  ],
  misses: [
    { text: `GITHUB_SHA=${before}` },
    { text: `github_token_sha: ${before}` },
    { text: `github commit ${before}` },
  ],
});
