import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { allowComments, parseAllow } from '../../cli/scan/allow-comment.ts';
import { createScanner, ENTITIES } from '../../engine/scan/scanner.ts';
import { CARD, MAIL, makeScanPlace, OTHER_CARD, type ScanPlace } from './scan-place.ts';

let place: ScanPlace;
beforeEach(() => {
  place = makeScanPlace();
});
afterEach(() => place.remove());

async function linesFound(text: string): Promise<readonly string[]> {
  place.write('a.txt', text);
  const { out } = await place.scan(['a.txt']);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^a\.txt:(\d+):\d+: (\w+) .*$/, '$1 $2'));
}

describe('a comment weir:allow', () => {
  it('takes the finding on its own line, or on the next where it takes none there', async () => {
    assert.deepEqual(await linesFound(`card ${CARD} # weir:allow CREDIT_CARD a test number\n`), []);
    assert.deepEqual(await linesFound(`// weir:allow CREDIT_CARD a test number\ncard ${CARD}\n`), []);
    assert.deepEqual(await linesFound(`// weir:allow CREDIT_CARD a test number\n\ncard ${CARD}\n`), ['3 CREDIT_CARD']);
    assert.deepEqual(await linesFound(`card ${CARD}\n// weir:allow CREDIT_CARD a test number\n`), ['1 CREDIT_CARD']);
    assert.deepEqual(
      await linesFound(`card ${CARD} # weir:allow CREDIT_CARD a test number\ncard ${OTHER_CARD}\n`),
      ['2 CREDIT_CARD'],
      'it is used up by its own line',
    );
  });

  it('takes the entities that it names and no other', async () => {
    const line = `card ${CARD} mail ${MAIL}`;
    assert.deepEqual(await linesFound(`${line} # weir:allow EMAIL_ADDRESS ours\n`), ['1 CREDIT_CARD']);
    for (const names of [
      'CREDIT_CARD,EMAIL_ADDRESS',
      'CREDIT_CARD, EMAIL_ADDRESS',
      'CREDIT_CARD EMAIL_ADDRESS',
      'category:financial,category:personal',
    ]) {
      assert.deepEqual(await linesFound(`${line} <!-- weir:allow ${names} ours -->\n`), [], names);
    }
    assert.deepEqual(await linesFound(`${line} # weir:allow CREDIT_CARD ours # weir:allow EMAIL_ADDRESS ours\n`), []);
  });

  it('takes a value under the wider class that it also is', async () => {
    const uri = ['postgres://app:', 'k3yW0rd9x', '@db.internal:5432/app'].join('');
    assert.deepEqual(await linesFound(`${uri}\n`), ['1 POSTGRES_URI']);
    assert.deepEqual(await linesFound(`${uri} # weir:allow CONNECTION_STRING a local database\n`), []);
  });

  it('does not count without a reason, a known entity or an entity at all, and is told so', async () => {
    for (const [comment, why] of [
      ['weir:allow CREDIT_CARD', 'gives no reason'],
      ['weir:allow CREDIT_CARD -->', 'gives no reason'],
      ['weir:allow CREDIT_CARD: */', 'gives no reason'],
      ['weir:allow CREDIT_CRAD a reason', 'names an entity that there is none of'],
      ['weir:allow CREDIT_CARD,NO_SUCH a reason', 'names an entity that there is none of'],
      ['weir:allow', 'names no entity'],
      ['weir:allow for a test', 'names no entity'],
    ] as const) {
      place.write('a.txt', `card ${CARD} # ${comment}\n`);
      const { code, err } = await place.scan(['a.txt']);
      const isTold = err.includes(`a.txt:1:6: the comment weir:allow beside it ${why}: it does not count\n`);
      assert.equal(code, 1, comment);
      assert.ok(isTold || comment.includes('CRAD'), `${comment}\n${err}`);
    }
    place.write('a.txt', 'nothing here # weir:allow\n');
    assert.ok(!(await place.scan(['a.txt'])).err.includes('weir:allow'), 'one beside nothing is no problem');
  });

  it('is counted, listed in --json with its reason, and left out of SARIF', async () => {
    place.write('a.txt', `card ${CARD} # weir:allow CREDIT_CARD not ${CARD} but a test\n`);
    const json = await place.scan(['a.txt', '--json']);
    assert.equal(json.code, 0);
    const { files, summary } = JSON.parse(json.out);
    assert.deepEqual([summary.findings, summary.allowed], [0, 2]);
    assert.equal(files[0].allowed[0].reason, 'not [CREDIT_CARD] but a test');
    assert.ok(!json.out.includes('4111'), 'a reason that repeats the value is redacted');
    assert.match((await place.scan(['a.txt'])).err, /0 findings in 1 file, 2 allowed by a comment/);
    assert.deepEqual(JSON.parse((await place.scan(['a.txt', '--sarif'])).out).runs[0].results, []);
  });

  it('changes nothing for --redact', async () => {
    place.write('a.txt', `${CARD} # weir:allow CREDIT_CARD test\n`);
    assert.match((await place.scan(['a.txt', '--redact'])).out, /^\[CREDIT_CARD\]/);
  });

  it('is read in any comment', () => {
    const known = (name: string): boolean => ENTITIES.has(name);
    for (const [written, reason] of [
      [' US_SSN a made-up one', 'a made-up one'],
      [' US_SSN: a made-up one */', 'a made-up one'],
      [' US_SSN — a made-up one -->', 'a made-up one'],
      [' US_SSN (a made-up one) #}', '(a made-up one)'],
      ['(US_SSN) a made-up one"', 'a made-up one'],
      [' US_SSN a made-up one\r', 'a made-up one'],
      [' US_SSN,\tUS_ITIN 例え', '例え'],
    ] as const) {
      const parsed = parseAllow(written, known);
      assert.equal(parsed.problem, null, written);
      assert.equal(parsed.reason, reason, written);
      assert.equal(parsed.entities[0], 'US_SSN');
    }
  });

  it('is found in time that grows with the text alone', () => {
    const text = Buffer.from(`weir:allow CREDIT_CARD x `.repeat(200_000));
    const began = process.cpuUsage().user;
    assert.equal(allowComments(text, () => true).length, 16);
    assert.ok(process.cpuUsage().user - began < 3_000_000);
  });
});

describe('weir scan --explain', () => {
  const scanner = createScanner();

  it('says in steps that add up to the score what it is made of', () => {
    const texts = [
      `card ${CARD} mail ${MAIL} ssn 536-90-4399, ip 10.1.2.3, phone +1 212 555 0187`,
      'iban GB33BUKB20201555555555 cpf 529.982.247-25 nino AB123456C',
      'steuer-id 86095742719 bsn 111222333 siren 732829320',
    ];
    let count = 0;
    for (const text of texts) {
      for (const finding of scanner.scan(Buffer.from(text), { label: 'ssn', role: null, isExplained: true })) {
        const sum = (finding.explanation ?? []).reduce((total, { weight }) => total + weight, 0);
        assert.ok(Math.abs(sum - finding.score) < 0.005, `${finding.entity} ${finding.score} ${sum}`);
        count++;
      }
    }
    assert.ok(count > 6);
  });

  it('changes no finding, and costs nothing where nobody asks', () => {
    const text = Buffer.from(`card ${CARD} ssn 536-90-4399 cpf 529.982.247-25`);
    const plain = scanner.scan(text, { label: null, role: null });
    const explained = scanner.scan(text, { label: null, role: null, isExplained: true });
    assert.ok(plain.every((finding) => !('explanation' in finding)));
    assert.deepEqual(
      explained.map(({ explanation: _, ...finding }) => finding),
      plain,
    );
  });

  it('prints pattern, validator and context with their weights, and no value', async () => {
    place.write('a.txt', `the card is ${CARD}\ncpf: 529.982.247-25\n`);
    const { out } = await place.scan(['a.txt', '--explain']);
    assert.match(
      out,
      /a\.txt:1:13: CREDIT_CARD 1\.00.*\n {4}\+0\.90 pattern: .*\n {4}\+0\.10 context: the word "card" near it\n/,
    );
    assert.match(
      out,
      /BR_CPF.*\n {4}\+0\.\d\d pattern: .*\n {4}\+0\.\d\d validator: 1 of 100 random strings .*\n {4}\+0\.\d\d context: the word "cpf" near it\n/,
    );
    assert.ok(!out.includes('4111') && !out.includes('529'));
    place.write('b.jsonl', `${JSON.stringify({ id: 1, text: `card ${CARD}` })}\n`);
    const lines = await place.scan(['b.jsonl', '--jsonl', '--explain']);
    assert.equal(JSON.parse(lines.out).findings[0].explanation[1].what, 'context');
    const json = await place.scan(['a.txt', '--json', '--explain']);
    assert.equal(JSON.parse(json.out).files[0].findings[0].explanation[0].what, 'pattern');
  });
});
