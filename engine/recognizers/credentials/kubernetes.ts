/**
 * Kubernetes: the private key or token of a user in a kubeconfig, and the values of Secret objects, as YAML or JSON.
 * Base64 hides nothing; every value of a Secret is one.
 */
import { byteSet, runEnd } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { looksRandom } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const BASE64 = byteSet('A-Za-z0-9+/=');
/** How far round `kind` the rest of its object is looked for, bytes. */
const REACH = 4000;

const key = assembled('LS0tLS1CRUdJTi', exampleBody(120));
const token = exampleBody(48);

export const kubeconfig: Recognizer = {
  name: 'kubeconfig',
  entity: 'KUBECONFIG',
  category: 'credential',
  countries: [],
  isWhole: true,
  cues: [
    { literal: 'client-key-data' },
    { literal: 'current-context' },
    { literal: 'kind: Config', exact: true, endsWord: true },
  ],
  findAtCue(passage: Passage, start: number, end: number, cue): void {
    if (cue.literal === 'client-key-data') {
      const at = runEnd(passage.text, end, byteSet(' \t"\':=\\'), 8);
      const to = runEnd(passage.text, at, BASE64, 20_000);
      if (at > end && to - at >= 60 && !isPlaceholder(passage.ascii(at, Math.min(to, at + 200))))
        passage.report(kubeconfig, at, to, 0.98);
      return;
    }
    if (passage.isRead('kubeconfig', start)) return;
    const from = Math.max(0, start - REACH);
    const written = passage.ascii(from, Math.min(passage.text.length, start + REACH));
    passage.markRead('kubeconfig', start + REACH);
    if (!/\busers["']?\s*:/.test(written) || !/\bclusters["']?\s*:/.test(written)) return;
    for (const match of written.matchAll(/\n[ \t]+(?:token|password)["']?\s*:\s*["']?([\w.+/=-]{16,2000})/g)) {
      const value = match[1] ?? '';
      const at = from + match.index + match[0].length - value.length;
      if (!isPlaceholder(value) && looksRandom(value)) passage.report(kubeconfig, at, at + value.length, 0.96);
    }
  },
  hits: [
    { text: `users:\n- name: admin\n  user:\n    client-key-data: ${key}\n`, value: key, atLeast: 0.8 },
    {
      text: `apiVersion: v1\nkind: Config\nclusters:\n- name: a\ncurrent-context: a\nusers:\n- name: b\n  user:\n    token: ${token}\n`,
      value: token,
      atLeast: 0.8,
    },
    { text: `kind: Config\nclusters:\n- name: a\nusers:\n- name: b\n  user:\n    token: ${token}\n`, value: token },
  ],
  misses: [
    { text: `kind: ConfigMap\nclusters:\n- name: a\nusers:\n- name: b\n  user:\n    token: ${token}\n` },
    { text: 'client-key-data: REDACTED' },
    { text: 'kubectl config current-context' },
    { text: `client-certificate-data: ${key}` },
  ],
};

const value = Buffer.from(assembled('h7Kd2', 'Lm9!x')).toString('base64');

export const k8sSecret: Recognizer = {
  name: 'k8s-secret',
  entity: 'K8S_SECRET',
  category: 'credential',
  countries: [],
  cues: [{ literal: 'kind: Secret', endsWord: true }, { literal: 'kind":"Secret"' }, { literal: 'kind": "Secret"' }],
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    // One object holds the word once; the next begins behind a line of dashes, or is out of reach.
    if (passage.isRead('k8s-secret', start)) return;
    const before = passage.ascii(Math.max(0, start - REACH), start);
    const after = passage.ascii(end, Math.min(text.length, end + REACH));
    // A YAML stream holds one object after the other.
    const from = start - (before.length - Math.max(0, before.lastIndexOf('\n---')));
    const stop = after.search(/(?:\n|\\n)---/);
    const to = end + (stop === -1 ? after.length : stop);
    passage.markRead('k8s-secret', to);
    // Line ends of a string in JSON; the text keeps its length.
    const written = passage.ascii(from, to).replaceAll('\\n', ' \n');
    for (const block of written.matchAll(/(?:^|\n)([ \t]*)(data|stringData):[ \t]*\r?\n((?:\1[ \t]+[^\n]*\n?)+)/g)) {
      reportValues(
        passage,
        from + block.index + block[0].length - (block[3] ?? '').length,
        block[3] ?? '',
        block[2] === 'data',
      );
    }
    for (const block of written.matchAll(/"(data|stringData)"\s*:\s*\{([^{}]*)\}/g)) {
      reportValues(
        passage,
        from + block.index + block[0].length - (block[2] ?? '').length - 1,
        block[2] ?? '',
        block[1] === 'data',
      );
    }
  },
  hits: [
    { text: `apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: ${value}\n`, value, atLeast: 0.8 },
    { text: `{"kind":"Secret","data":{"pw":"${value}"}}`, value, atLeast: 0.8 },
    { text: `{"file":"kind: Secret\\ndata:\\n  password: ${value}\\n"}`, value, atLeast: 0.8 },
    { text: `kind: Secret\nstringData:\n  key: ${assembled('h7Kd2', 'Lm9!x')}\n`, value: assembled('h7Kd2', 'Lm9!x') },
  ],
  misses: [
    { text: `kind: ConfigMap\ndata:\n  greeting: ${value}\n` },
    { text: 'kind: Secret\nmetadata:\n  name: x\ndata:\n  key: <base64>\n' },
    { text: 'kind: SecretProviderClass\ndata:\n  a: b\n' },
  ],
};

const PAIR = /["']?[\w.-]+["']?\s*:\s*["']?([^\s"',]{6,8000})/g;

function reportValues(passage: Passage, from: number, block: string, isEncoded: boolean): void {
  for (const match of block.matchAll(PAIR)) {
    const value = match[1] ?? '';
    const at = from + match.index + match[0].length - value.length;
    if (isPlaceholder(value) || isReference(value) || /[{}<>]/.test(value)) continue;
    if (isEncoded && (!/^[A-Za-z0-9+/]+={0,2}$/.test(value) || value.length % 4 !== 0)) continue;
    const plain = isEncoded ? Buffer.from(value, 'base64').toString('latin1') : value;
    if (isPlaceholder(plain) || plain.startsWith('-----BEGIN CERTIFICATE')) continue;
    passage.report(k8sSecret, at, at + value.length, isEncoded ? 0.9 : 0.8);
  }
}
