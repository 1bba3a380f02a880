import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BUILT_IN } from '../../../engine/recognizers/built-in.ts';
import { createScanner, mask } from '../../../engine/scan/scanner.ts';
import { MEDIUM, type TextFinding } from '../../../flow/finding.ts';
import { seeded } from '../../support/every-split.ts';

const scanner = createScanner();
const hints = { label: null, role: null };

function scan(text: string | Buffer, label: string | null = null): readonly TextFinding[] {
  return scanner.scan(Buffer.from(text), { label, role: null });
}

function found(text: string, label: string | null = null): string[] {
  const bytes = Buffer.from(text);
  return scan(text, label)
    .filter((one) => one.score >= MEDIUM)
    .map((one) => `${one.entity} ${bytes.toString('utf8', one.start, one.end)}`);
}

/** The same, with the kinds that a value is as well, from a score on. */
function foundAs(text: string, atLeast: number): string[] {
  const bytes = Buffer.from(text);
  return scan(text, null).flatMap((one) =>
    [one, ...one.alternatives]
      .filter((kind) => kind.score >= atLeast)
      .map((kind) => `${kind.entity} ${bytes.toString('utf8', one.start, one.end)}`),
  );
}

/** What every list of findings has to be, whatever the text. */
function assertSound(findings: readonly TextFinding[], length: number): void {
  let at = 0;
  let start = 0;
  for (const finding of findings) {
    assert.ok(finding.start >= start && finding.end > finding.start && finding.end <= length, 'spans are sorted');
    assert.ok(finding.score > 0 && finding.score <= 1);
    start = finding.start;
    // A document holds what is found in it.
    if (finding.category === 'content') continue;
    assert.ok(finding.start >= at, 'spans are apart');
    at = finding.end;
  }
}

describe('a scan', () => {
  it('gives findings by place, in bytes', () => {
    const text = 'ß jane@example.com — 4111 1111 1111 1111 — 536-22-8145';
    assert.deepEqual(found(text), [
      'EMAIL_ADDRESS jane@example.com',
      'CREDIT_CARD 4111 1111 1111 1111',
      'US_SSN 536-22-8145',
    ]);
  });

  it('finds a value at the very start, at the very end, and alone', () => {
    for (const [text, value] of [
      ['4111111111111111', '4111111111111111'],
      ['4111111111111111 x', '4111111111111111'],
      ['x 4111111111111111', '4111111111111111'],
    ] as const) {
      assert.deepEqual(found(text), [`CREDIT_CARD ${value}`]);
    }
  });

  it('finds a value between characters beyond ASCII, controls and escapes', () => {
    for (const [before, after] of [
      ['卡', '。'],
      ['“', '”'],
      ['\u200b', '\u200b'],
      ['\t', '\r\n'],
      ['\0', '\0'],
      ['\\n', '\\n'],
      ['=', '&'],
    ] as const) {
      assert.ok(
        found(`${before}jane@example.com${after}`).some((one) => one.endsWith('jane@example.com')),
        JSON.stringify(before),
      );
      assert.deepEqual(
        found(`${before}4111111111111111${after}`),
        ['CREDIT_CARD 4111111111111111'],
        JSON.stringify(before),
      );
    }
  });

  it('takes the label of a field as context', () => {
    assert.deepEqual(found('536228145'), []);
    assert.deepEqual(found('536228145', 'customerSsn'), ['US_SSN 536228145']);
    assert.deepEqual(found('536228145', 'ssn_hash_length'), ['US_SSN 536228145']);
    assert.deepEqual(found('536228145', 'class'), []);
  });

  it('reports one finding a value, with what else it may be', () => {
    const findings = scan('ssn or phone: 536-22-8145');
    assert.equal(findings.length, 1);
    assert.equal(findings[0]?.entity, 'US_SSN');
  });

  it('reports a URL with a password whole, and neither an address nor a password inside it', () => {
    const url = ['postgres://app:', 'h7Kd2Lm9', '@db.corp.example.com:5432/shop'].join('');
    const findings = scan(`DATABASE_URL=${url}\n`).filter((one) => one.score >= MEDIUM);
    assert.deepEqual(
      findings.map((one) => one.entity),
      ['POSTGRES_URI'],
    );
    assert.deepEqual(
      findings[0]?.alternatives.map((one) => one.entity),
      ['CONNECTION_STRING'],
    );
  });

  it('keeps what its options disable out, by name and by entity', () => {
    const quiet = createScanner({ disable: ['credit-card', 'EMAIL_ADDRESS', 'POSTGRES_URI'] });
    const text = `4111111111111111 jane@example.com ${['postgres://a:', 'h7Kd2Lm9', '@db.example.com/x'].join('')}`;
    assert.deepEqual(
      quiet.scan(Buffer.from(text), hints).filter((one) => one.score >= MEDIUM),
      [],
    );
    assert.ok(!quiet.recognizers.some((one) => ['CREDIT_CARD', 'EMAIL_ADDRESS', 'POSTGRES_URI'].includes(one.entity)));
  });

  it('lists its recognizers, with examples of credentials masked', () => {
    assert.equal(scanner.recognizers.length, BUILT_IN.length);
    for (const one of scanner.recognizers) {
      assert.notEqual(one.example, '');
      if (one.category === 'credential') assert.match(one.example, /\*{4}/);
    }
    assert.equal(mask('abcdefgh'), 'ab******');
    assert.equal(mask('abc'), '****');
  });

  it('finds the same in a text when other text stands round it', () => {
    const filler = 'The quick brown fox jumps over the lazy dog. '.repeat(40);
    for (const recognizer of BUILT_IN) {
      const hit = recognizer.hits[0];
      if (hit === undefined || hit.label !== undefined) continue;
      const text = `${filler}\n\n${hit.text}\n\n${filler}`;
      assert.ok(foundAs(text, hit.atLeast ?? MEDIUM).includes(`${recognizer.entity} ${hit.value}`), recognizer.name);
    }
  });

  it('finds the same with line ends of either kind', () => {
    for (const recognizer of BUILT_IN) {
      const hit = recognizer.hits[0];
      if (hit === undefined || hit.label !== undefined || hit.value.includes('\n')) continue;
      const seen = foundAs(`a\r\n${hit.text}\r\nb\r\n`, hit.atLeast ?? MEDIUM);
      assert.ok(seen.includes(`${recognizer.entity} ${hit.value}`), recognizer.name);
    }
  });
});

describe('a scan of text made to hurt', () => {
  it('never throws on random bytes, and its findings stay sound', () => {
    const random = seeded(5);
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 600) }, () => Math.floor(random() * 256)));
      assertSound(scanner.scan(bytes, { label: round % 3 === 0 ? 'password' : null, role: null }), bytes.length);
    }
  });

  it('never throws on examples cut, doubled and mixed with invalid UTF-8', () => {
    const random = seeded(9);
    const pieces = BUILT_IN.flatMap((one) => [...one.hits, ...one.misses].map((example) => Buffer.from(example.text)));
    for (let round = 0; round < 400; round++) {
      const parts = Array.from({ length: 6 }, () => {
        const piece = pieces[Math.floor(random() * pieces.length)] ?? Buffer.alloc(0);
        const cut = piece.subarray(Math.floor(random() * 8), piece.length - Math.floor(random() * 8));
        return random() < 0.2 ? Buffer.concat([Buffer.from([0xff, 0xc3, 0xe2, 0x80]), cut]) : cut;
      });
      const bytes = Buffer.concat(parts);
      assertSound(scanner.scan(bytes, hints), bytes.length);
    }
  });

  // How time grows is measured by bench/scan.ts; here it must only come through, and be right about the spans.
  it('gets through long rows of every cue and separator', () => {
    const length = 100_000;
    const units = [
      '1',
      '@',
      ' ',
      'a',
      ':',
      '-',
      '.',
      '0',
      'a@',
      '1 ',
      '1-',
      '1.',
      '12 ',
      '4111 1111 1111 1111 ',
      'eyJ',
      'eyJ.',
      '://',
      'a://b:c@',
      '-----BEGIN PRIVATE KEY-----',
      '-----BEGIN A PRIVATE KEY-----\n',
      'password=',
      'password: ',
      'pwd=;',
      'sig=',
      'AKIA',
      'Q~',
      'name: ',
      'Dear ',
      'Aa Bb <a@',
      'Regards,\n',
      '1 Aa St ',
      '1 Main Street, ',
      'DE89 ',
      'aa:',
      'f:',
      '::',
      'passport ',
      'dob 1',
      'c/ A ',
      '12 rue ',
      'jdbc:',
      '"type": "service_account" private_key ',
      'PuTTY-User-Key-File-2 Private-Lines: ',
      '0x',
      '1a',
      'é',
      '+1 ',
      '(1) ',
      '\\n',
      '\n',
      '{',
      '[',
    ];
    for (const unit of units) {
      const text = Buffer.alloc(length, unit);
      assertSound(scanner.scan(text, hints), text.length);
    }
  });

  it('finds what stands behind a long row of digits and behind a row of numbers', () => {
    const card = '4111 1111 1111 1111';
    for (const before of ['1'.repeat(5000), '12 34 '.repeat(500), '1.2.'.repeat(999)]) {
      assert.ok(found(`${before}, ${card}`).includes(`CREDIT_CARD ${card}`));
    }
    assert.ok(found(`${'7 '.repeat(300)}${card}`).includes(`CREDIT_CARD ${card}`), 'in the same row');
  });
});
