/** Google Cloud: API keys, OAuth tokens and client secrets, and service-account keys as the JSON file that holds them. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const BODY = byteSet('a-zA-Z0-9_-');

const api = assembled('AI', 'za', 'Sy', exampleBody(33));

export const googleAiKey = tokenRecognizer({
  name: 'google-ai-key',
  entity: 'GOOGLE_AI_KEY',
  prefixes: ['AIza'],
  body: BODY,
  min: 35,
  max: 35,
  score: (body) => (/\d/.test(body) && /[a-z]/.test(body) && /[A-Z]/.test(body) ? 0.9 : 0.4),
  hits: [
    { text: `key=${api}&q=1`, value: api, atLeast: 0.8 },
    { text: `const k = "${api}";`, value: api, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('AI', 'za', 'x'.repeat(35)) },
    { text: assembled('AI', 'za', exampleBody(36)) },
    { text: assembled('xAI', 'za', exampleBody(35)) },
  ],
});

const bound = assembled('AQ', '.Ab8', exampleBody(47, 3));

/** API keys bound to a service account; `AQ.` is what they begin with since 2025. */
export const googleBoundKey = tokenRecognizer({
  name: 'google-bound-key',
  entity: 'GOOGLE_AI_KEY',
  prefixes: ['AQ.'],
  body: BODY,
  min: 40,
  max: 160,
  score: (body) => (!isRandom(body) ? 0 : body.startsWith('Ab8') ? 0.95 : 0.7),
  hits: [{ text: `GEMINI_API_KEY=${bound}`, value: bound, atLeast: 0.8 }],
  misses: [{ text: 'AQ.' }, { text: assembled('AQ', '.Ab8', 'x'.repeat(47)) }],
});

const access = assembled('ya', '29.', 'a0', exampleBody(120));
const refresh = assembled('1', '//0', '4', exampleBody(60, 9));
const client = assembled('GOC', 'SPX-', exampleBody(28));

export const gcpOauth = tokenRecognizer({
  name: 'gcp-oauth',
  entity: 'GCP_OAUTH',
  prefixes: ['ya29.', 'GOCSPX-', '1//0'],
  body: byteSet('a-zA-Z0-9_.-'),
  min: 24,
  max: 2048,
  score(body, prefix) {
    if (prefix === 'GOCSPX-') return body.length === 28 ? 0.95 : 0.6;
    // A refresh token.
    if (prefix === '1//0') return body.length >= 40 && isRandom(body) ? 0.9 : 0;
    return body.length >= 40 ? 0.95 : 0.6;
  },
  hits: [
    { text: `Authorization: Bearer ${access}`, value: access, atLeast: 0.8 },
    { text: `"client_secret":"${client}"`, value: client, atLeast: 0.8 },
    { text: `"refresh_token": "${refresh}"`, value: refresh, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('ya', '29.', 'x'.repeat(60)) },
    { text: 'GOCSPX-your-secret' },
    { text: 'ratio 1//0 is an error in this language' },
  ],
});

const secretBefore = assembled(exampleBody(9, 3), '-', exampleBody(14, 5));

/** Secrets of OAuth clients before `GOCSPX-`: 24 characters beside the client's id, or a name that says so. */
export const gcpOauthNamed = assignedToken({
  name: 'gcp-oauth-named',
  entity: 'GCP_OAUTH',
  words: [
    'googleusercontent.com',
    'google_client',
    'google_secret',
    'googleclient',
    'google_oauth',
    'accounts.google.com',
  ],
  body: BODY,
  min: 24,
  max: 24,
  hits: [
    { text: `GOOGLE_CLIENT_SECRET=${secretBefore}`, value: secretBefore, atLeast: 0.8 },
    {
      text: `id = '1-demo.apps.googleusercontent.com';\nclientSecret = '${secretBefore}';`,
      value: secretBefore,
      atLeast: 0.8,
    },
  ],
  misses: [{ text: `google_client_id: ${secretBefore}` }, { text: `clientSecret: ${secretBefore}` }],
});

/** Longest service-account file that is looked for, bytes; they have about 2,400. */
const MAX_FILE = 8192;

const serviceAccount = [
  '{"type": "service_account", "project_id": "demo", "private_key_id": "9f01726eebe77df2c096a65e95acdd02107b2c1e",',
  `"private_key": "${assembled('-----BEGIN ', 'PRIVATE KEY-----')}\\n${exampleBody(64)}\\n-----END PRIVATE KEY-----\\n",`,
  '"client_email": "svc@demo.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token"}',
].join('\n');

export const gcpServiceAccount: Recognizer = {
  name: 'gcp-service-account',
  entity: 'GCP_SERVICE_ACCOUNT_JSON',
  category: 'credential',
  countries: [],
  reach: {
    maxLength: MAX_FILE,
    opens:
      /\{(?:\s*|\s*(?:\\?"|&quot;)(?:[a-z_]{0,24}|(?:type|project_id|private_key|private_key_id|client_email|client_id|auth_uri|token_uri)(?:\\?"|&quot;)[^{}]*))$/,
  },
  isWhole: true,
  cues: [{ literal: 'service_account', exact: true, endsWord: true }],
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    // The value of `type`, also where its quotes are escaped, or written as entities in a page.
    if (!/^(?:\\?"|&quot;)/.test(passage.ascii(end, end + 6))) return;
    const keyAt = passage.indexOf('private_key', Math.max(0, start - MAX_FILE / 2));
    if (keyAt === -1 || keyAt - end > MAX_FILE) return;
    const pemAt = passage.indexOf('PRIVATE KEY-----', keyAt);
    if (pemAt === -1 || pemAt - keyAt > 400) return;
    const from = openingBrace(text, Math.min(start, keyAt));
    const to = closingBrace(passage, Math.max(end, pemAt));
    if (from !== -1 && to !== -1) passage.report(gcpServiceAccount, from, to, 0.98);
  },
  hits: [
    { text: `key file:\n${serviceAccount}\nend`, value: serviceAccount, atLeast: 0.8 },
    { text: serviceAccount, value: serviceAccount },
    { text: `<td>${serviceAccount.replaceAll('"', '&quot;')}</td>`, value: serviceAccount.replaceAll('"', '&quot;') },
  ],
  misses: [
    { text: '{"type": "service_account", "project_id": "demo"}' },
    { text: 'Set type to "service_account" and add private_key.' },
  ],
};

function openingBrace(text: Buffer, at: number): number {
  const first = Math.max(0, at - MAX_FILE / 2);
  const brace = text.subarray(first, at + 1).lastIndexOf(0x7b);
  return brace === -1 ? -1 : first + brace;
}

function closingBrace(passage: Passage, at: number): number {
  const brace = passage.indexOf('}', at);
  return brace === -1 || brace - at >= MAX_FILE ? -1 : brace + 1;
}
