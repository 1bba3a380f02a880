/** Azure: storage and Cosmos account keys, shared access signatures, client secrets of Entra applications. */

import { behindName } from '../../scan/behind-name.ts';
import { byteAt, byteSet, isIn, runEnd, runStart } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const BASE64 = byteSet('A-Za-z0-9+/=');

const storage = assembled(exampleBody(86), '==');

export const azureStorageKey: Recognizer = {
  name: 'azure-storage-key',
  entity: 'AZURE_STORAGE_KEY',
  category: 'credential',
  countries: [],
  cues: [
    ...['accountkey', 'account_key', 'account-key', 'account key'].map((literal) => ({ literal })),
    ...['storagekey', 'storage_key', 'storage-key', 'storage key'].map((literal) => ({ literal })),
    { literal: 'sharedaccesskey' },
  ],
  labels: contextWords('account key, accountkey, storage key, storagekey, shared access key, sharedaccesskey'),
  findAtCue(passage: Passage, _start: number, end: number): void {
    const behind = behindName(passage, end);
    if (behind !== null) reportKey(passage, behind.at);
  },
  findLabelled(passage: Passage): void {
    reportKey(passage, 0);
  },
  hits: [
    {
      text: `DefaultEndpointsProtocol=https;AccountName=demo;AccountKey=${storage};EndpointSuffix=core.windows.net`,
      value: storage,
      atLeast: 0.8,
    },
    { text: `azure_storage_key: "${storage}"`, value: storage, atLeast: 0.8 },
    { text: `Azure storage account key ${storage} is out of date`, value: storage, atLeast: 0.8 },
    { text: `Subject: account key\n\nThe one on file is ${storage}. Regards`, value: storage, atLeast: 0.8 },
    { text: storage, label: 'AccountKey', value: storage },
  ],
  misses: [
    { text: 'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==' },
    { text: 'AccountKey=<your-account-key>' },
    { text: 'SharedAccessKey=xxx' },
    { text: storage },
  ],
};

/** The published key of the storage emulator, which opens nothing. */
const EMULATOR = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

function reportKey(passage: Passage, at: number): void {
  const end = runEnd(passage.text, at, BASE64, 200);
  const value = passage.ascii(at, end);
  if (value === EMULATOR || isPlaceholder(value)) return;
  if (/^[A-Za-z0-9+/]{86}==$/.test(value)) passage.report(azureStorageKey, at, end, 0.98);
  else if (/^[A-Za-z0-9+/]{43}=$/.test(value)) passage.report(azureStorageKey, at, end, 0.9);
  else if (/^[A-Za-z0-9+/]{60,}={1,2}$/.test(value)) passage.report(azureStorageKey, at, end, 0.6);
}

const QUERY = byteSet("a-zA-Z0-9%&=+/._~:;,'()-");
const signature = assembled(
  'sv=2022-11-02&ss=b&srt=sco&sp=rwdlac&se=2030-01-01T00:00:00Z&st=2024-01-01T00:00:00Z&spr=https',
  '&sig=',
  exampleBody(43),
  '%3D',
);

export const azureSas: Recognizer = {
  name: 'azure-sas',
  entity: 'AZURE_SAS',
  category: 'credential',
  countries: [],
  alsoEntity: 'SIGNED_URL',
  cues: [{ literal: 'sig=', startsWord: true }],
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    if (passage.isRead('azure-sas', start)) return;
    const before = runStart(text, start, QUERY, 600);
    const after = runEnd(text, end, QUERY, 400);
    passage.markRead('azure-sas', after);
    // In a page the ampersands are written as entities.
    const query = passage.ascii(before, after).replaceAll('&amp;', '&');
    if (!/(?:^|[&])sig=[A-Za-z0-9+/%]{40,}/.test(query)) return;
    const fields = ['sv', 'se', 'sp', 'sr', 'ss', 'srt', 'skoid', 'skn'].filter((name) =>
      new RegExp(`(?:^|&)${name}=`).test(query),
    );
    const isSas = fields.includes('sv') || fields.includes('se') || fields.includes('sr');
    if (isSas && fields.length >= 2 && !isPlaceholder(passage.ascii(end, after)))
      passage.report(azureSas, before, after, 0.95);
  },
  hits: [
    { text: `https://demo.blob.core.windows.net/c/b?${signature}`, value: signature, atLeast: 0.8 },
    { text: `SAS "${signature}"`, value: signature },
    { text: `<td>${signature.replaceAll('&', '&amp;')}</td>`, value: signature.replaceAll('&', '&amp;') },
  ],
  misses: [
    { text: 'https://example.com/?sig=abc&se=1' },
    { text: '?sv=2022-11-02&sig=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' },
    { text: `?sig=${exampleBody(44)}` },
  ],
};

const SECRET = byteSet('a-zA-Z0-9_.~-');
const clientSecret = assembled('aB1', '8Q~', exampleBody(34));

export const azureAdClientSecret: Recognizer = {
  name: 'azure-ad-client-secret',
  entity: 'AZURE_AD_CLIENT_SECRET',
  category: 'credential',
  countries: [],
  cues: [{ literal: 'Q~', exact: true }],
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    const from = start - 4;
    if (from < 0 || (isIn(SECRET, byteAt(text, from - 1)) && byteAt(text, from - 2) !== 0x5c)) return;
    let to = runEnd(text, end, SECRET, 40);
    while (to > end && byteAt(text, to - 1) === 0x2e) to--;
    const value = passage.ascii(from, to);
    if (/^[a-zA-Z0-9_~.]{3}\dQ~[a-zA-Z0-9_~.-]{31,34}$/.test(value) && !isPlaceholder(value)) {
      passage.report(azureAdClientSecret, from, to, 0.95);
    }
  },
  hits: [
    { text: `AZURE_CLIENT_SECRET=${clientSecret}`, value: clientSecret, atLeast: 0.8 },
    { text: `"${clientSecret}"`, value: clientSecret },
  ],
  misses: [
    { text: 'abcdQ~efgh' },
    { text: assembled('xaB1', '8Q~', exampleBody(34)) },
    { text: assembled('aB1', '8Q~', 'x'.repeat(34)) },
  ],
};
