/**
 * URLs that carry their own permission in the query: pre-signed ones of S3 (version 4 and 2), Google Cloud Storage and
 * CloudFront. Azure's are AZURE_SAS.
 */
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { readUrl } from '../../scan/secret-url.ts';
import { exampleBody } from '../../scan/token.ts';

const hex = '9f01726eebe77df2c096a65e95acdd02107b2c1e6f3a4d5b8c7e2f1a0b9d8c7e';
const s3 = assembled(
  'https://corp-files.s3.eu-central-1.amazonaws.com/report.pdf?X-Amz-Algorithm=AWS4-HMAC-SHA256',
  '&X-Amz-Credential=AK',
  'IAIOSFODNN7QWERTYU%2F20240506%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20240506T120000Z&X-Amz-Expires=3600',
  '&X-Amz-SignedHeaders=host&X-Amz-Signature=',
  hex,
);
const gcs = assembled(
  'https://storage.googleapis.com/corp/report.pdf?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Expires=900',
  '&X-Goog-Signature=',
  hex.repeat(4),
);
const front = assembled(
  'https://d111111abcdef8.cloudfront.net/report.pdf?Expires=1767225600&Signature=',
  exampleBody(120),
  '__&Key-Pair-Id=K2JCJMDEHXQW5F',
);

const FORMS: readonly RegExp[] = [
  /[?&]X-Amz-Signature=[0-9a-f]{64}/i,
  /[?&]X-Goog-Signature=[0-9a-f]{64,}/i,
  /[?&]Signature=[\w~%+/=-]{27,}(?:&\S*)?[?&](?:Key-Pair-Id|AWSAccessKeyId|GoogleAccessId|Expires)=|[?&](?:Key-Pair-Id|AWSAccessKeyId|GoogleAccessId)=\S*&Signature=[\w~%+/=-]{27,}/i,
];

export const signedUrl: Recognizer = {
  name: 'signed-url',
  entity: 'SIGNED_URL',
  category: 'credential',
  countries: [],
  reach: { maxLength: 2000 },
  isWhole: true,
  cues: [
    { literal: 'X-Amz-Signature=' },
    { literal: 'X-Goog-Signature=' },
    { literal: 'Signature=', startsWord: true },
  ],
  findAtCue(passage: Passage, start: number, end: number): void {
    if (passage.isRead('signed-url', start)) return;
    const url = readUrl(passage, start, end);
    passage.markRead('signed-url', url.end);
    // In a page the ampersands are written as entities.
    const written = passage.ascii(url.start, url.end).replaceAll('&amp;', '&');
    const form = FORMS.find((one) => one.test(written));
    if (form === undefined || !/^https?:\/\//i.test(written)) return;
    const signature = /Signature=([\w~%+/=-]+)/i.exec(written)?.[1] ?? '';
    if (!isPlaceholder(signature)) passage.report(signedUrl, url.start, url.end, 0.95);
  },
  hits: [s3, gcs, front, s3.replaceAll('&', '&amp;')].map((value) => ({
    text: `download ${value} now`,
    value,
    atLeast: 0.8,
  })),
  misses: [
    { text: 'https://x.s3.amazonaws.com/a?X-Amz-Signature=<signature>' },
    { text: 'Signature=abc&Expires=1' },
    { text: `https://x.s3.amazonaws.com/a?X-Amz-Signature=${'0'.repeat(64)}` },
  ],
};
