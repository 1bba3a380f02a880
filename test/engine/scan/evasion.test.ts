/** A value hidden by an encoding is found where the encoding stands, and what is left after redaction holds it in none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { crc32Base62 } from '../../../engine/scan/checksums.ts';
import { assembled } from '../../../engine/scan/recognizer.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { exampleBody } from '../../../engine/scan/token.ts';

const scanner = createScanner();

const VALUES: readonly (readonly [entity: string, value: string])[] = [
  ['CREDIT_CARD', '4111111111111111'],
  ['IBAN_CODE', 'DE89370400440532013000'],
  ['US_SSN', '536-22-8145'],
  ['EMAIL_ADDRESS', 'jane.doe@acme-corp.com'],
  ['PHONE_NUMBER', '+14155552671'],
  ['BR_CPF', '390.533.447-05'],
  ['CRYPTO', '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'],
  ['AWS_ACCESS_KEY_ID', assembled('AKIA', 'Z7VRSQ5TJN2XMPLQ')],
  ['GITHUB_PAT', assembled('gh', 'p_', exampleBody(30), crc32Base62(exampleBody(30), 6))],
  ['STRIPE', assembled('sk', '_live_', exampleBody(24))],
  ['SLACK_TOKEN', assembled('xox', 'b-', '123456789012-123456789012-', exampleBody(24))],
  ['IP_ADDRESS', '203.0.113.77'],
];

const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const padded = (text: string): string => `value=${text}; kept for the record`;
const fullWidth = (text: string): string =>
  text.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0));
const lookAlike: Readonly<Record<string, string>> = {
  a: 'а',
  e: 'е',
  o: 'о',
  p: 'р',
  c: 'с',
  A: 'А',
  E: 'Е',
  K: 'К',
  P: 'Р',
  M: 'М',
  x: 'х',
  S: 'Ѕ',
};
const wrapped = (text: string): string =>
  base64(`${'lorem ipsum dolor sit amet, '.repeat(4)}${padded(text)}`).replace(/(.{64})/g, '$1\n');

const FORMS: Readonly<Record<string, (value: string) => string>> = {
  'percent-encoding': percent,
  'percent-encoding twice': (value) => percent(percent(value)),
  'one percent escape': (value) => value.slice(0, 3) + percent(value.slice(3, 4)) + value.slice(4),
  '\\u escapes': (value) => [...value].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  '\\u{} escapes': (value) => [...value].map((sign) => `\\u{${sign.charCodeAt(0).toString(16)}}`).join(''),
  '\\x escapes': (value) => [...value].map((sign) => `\\x${sign.charCodeAt(0).toString(16)}`).join(''),
  'decimal HTML entities': (value) => [...value].map((sign) => `&#${sign.charCodeAt(0)};`).join(''),
  'hexadecimal HTML entities': (value) => [...value].map((sign) => `&#x${sign.charCodeAt(0).toString(16)};`).join(''),
  hexadecimal: (value) => Buffer.from(padded(value)).toString('hex'),
  base64: (value) => base64(padded(value)),
  'base64 of the value alone': base64,
  base64url: (value) => Buffer.from(`${padded(value)}~~??>>`).toString('base64url'),
  'base64 twice': (value) => base64(base64(padded(value))),
  'wrapped base64': wrapped,
  'gzip in base64': (value) => gzipSync(padded(value)).toString('base64'),
  'full width': fullWidth,
  'zero-width spaces': (value) => [...value].join('\u200b'),
  'soft hyphen': (value) => `${value.slice(0, 6)}\u00ad${value.slice(6)}`,
  tags: (value) => [...value].map((sign) => String.fromCodePoint(0xe0000 + sign.charCodeAt(0))).join(''),
  homoglyphs: (value) => value.replace(/[aeopcAEKPMxS]/g, (sign) => lookAlike[sign] ?? sign),
  'mathematical digits': (value) => value.replace(/[0-9]/g, (digit) => String.fromCodePoint(0x1d7ce + Number(digit))),
  'Arabic digits': (value) => value.replace(/[0-9]/g, (digit) => String.fromCodePoint(0x660 + Number(digit))),
  'spaced out': (value) => [...value.replace(/[^0-9A-Za-z]/g, '')].join(' '),
  'dotted out': (value) => [...value.replace(/[^0-9A-Za-z]/g, '')].join('.'),
  'base64 of percent-encoding': (value) => base64(padded(percent(value))),
};

/** Values whose own separators are what makes them: they are not spelled out by dropping them. */
const UNSPELLABLE = new Set(['EMAIL_ADDRESS', 'IP_ADDRESS', 'PHONE_NUMBER', 'SLACK_TOKEN', 'GITHUB_PAT', 'STRIPE']);

for (const [form, encode] of Object.entries(FORMS)) {
  test(`12 kinds of data are found in ${form}`, () => {
    for (const [entity, value] of VALUES) {
      if ((form === 'spaced out' || form === 'dotted out') && UNSPELLABLE.has(entity)) continue;
      const carrier = `Please check ${entity.toLowerCase().replaceAll('_', ' ')} here: ${encode(value)} and answer.`;
      const text = Buffer.from(carrier);
      const findings = scanner.scan(text, { label: null, role: null });
      const isOf = (one: (typeof findings)[number]): boolean =>
        one.score >= 0.5 && (one.entity === entity || one.alternatives.some((other) => other.entity === entity));
      const found = findings.find(isOf);
      assert.ok(found !== undefined, `${entity} in ${form}: ${JSON.stringify(findings)}`);
      const kept = (written: string): string =>
        written
          .normalize('NFKC')
          .replace(/[^0-9A-Za-z]/g, '')
          .toLowerCase();
      assert.equal(kept(scanner.valueOf(text, found)), kept(value), `${entity} in ${form}`);
      let left = '';
      let at = 0;
      for (const one of findings.filter((other) => other.score >= 0.5)) {
        left += `${text.toString('utf8', at, one.start)}[X]`;
        at = one.end;
      }
      left += text.toString('utf8', at);
      const again = scanner.scan(Buffer.from(left), { label: null, role: null });
      assert.equal(again.find(isOf), undefined, `${entity} in ${form} after redaction: ${left}`);
    }
  });
}

test('what stands in the clear keeps its place beside what is encoded', () => {
  const text = Buffer.from('mail jane%40acme-corp.com or bob@acme-corp.com, naïve ｊoe@acme-corp.com');
  const spans = scanner.scan(text, { label: null, role: null }).map((one) => text.toString('utf8', one.start, one.end));
  assert.deepEqual(spans, ['jane%40acme-corp.com', 'bob@acme-corp.com', 'ｊoe@acme-corp.com']);
});

test('decoding is bounded, and what was left is told', () => {
  let truncated = 0;
  const line = `${base64('nothing to see here, move along now please. ')} `;
  const text = Buffer.from(line.repeat(60_000));
  scanner.scan(text, { label: null, role: null, onTruncated: () => truncated++ });
  assert.equal(truncated, 1);
});

test('words round an encoded value count for it', () => {
  const text = Buffer.from(`SSN: ${base64('536228145 is on file')}`);
  const [found] = scanner.scan(text, { label: null, role: null });
  assert.equal(found?.entity, 'US_SSN');
});

test('the separators alone may be encoded, as in the query of an address and in a page', () => {
  const texts: readonly (readonly [text: string, entity: string, written: string])[] = [
    ['GET /patients?nhs_number=943%20476%205919&page=2', 'UK_NHS', '943%20476%205919'],
    ['/lookup?steuernummer=21%2F815%2F08150', 'DE_TAX_NUMBER', '21%2F815%2F08150'],
    ['?coordinates=48.859814%2C%202.297601', 'GEO_COORDINATES', '48.859814%2C%202.297601'],
    ['<td>RFC</td><td>Ñ&amp;T071117MD6</td>', 'MX_RFC', 'Ñ&amp;T071117MD6'],
  ];
  for (const [written, entity, value] of texts) {
    const text = Buffer.from(written);
    const found = scanner
      .scan(text, { label: null, role: null })
      .find((one) => [one, ...one.alternatives].some((kind) => kind.entity === entity && kind.score >= 0.5));
    assert.equal(found && text.toString('utf8', found.start, found.end), value, written);
  }
});
