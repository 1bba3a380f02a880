import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { HIGH, MEDIUM } from '../../../flow/finding.ts';
import { Random } from '../../../scripts/names/random.ts';

const NAMED = ['PERSON', 'LOCATION', 'ORGANIZATION', 'STREET_ADDRESS'];
const fast = createScanner();
const thorough = createScanner({ names: 'thorough' });

function found(text: string, from = MEDIUM, scanner = fast): readonly string[] {
  const bytes = Buffer.from(text);
  return scanner
    .scan(bytes, { label: null, role: null })
    .filter((one) => one.score >= from && NAMED.includes(one.entity))
    .map((one) => `${one.entity} ${bytes.toString('utf8', one.start, one.end)}`);
}

describe('names in running text', () => {
  it('are found with exact spans', () => {
    assert.deepEqual(found('Yesterday Katarzyna Wiśniewska flew from Hamburg to Lisbon.'), [
      'PERSON Katarzyna Wiśniewska',
      'LOCATION Hamburg',
      'LOCATION Lisbon',
    ]);
    assert.deepEqual(found('She left the University of Bristol and joined Baker & Sons Ltd.'), [
      'ORGANIZATION University of Bristol',
      'ORGANIZATION Baker & Sons Ltd.',
    ]);
  });

  it('are found in lower case and in capitals where the sentence says so', () => {
    assert.deepEqual(found('my name is sarah thompson and i need help', MEDIUM).slice(0, 1), ['PERSON sarah thompson']);
    assert.deepEqual(found('PATIENT: SARAH THOMPSON'), ['PERSON SARAH THOMPSON']);
  });

  it('are high only with evidence beyond the tagger', () => {
    assert.deepEqual(found('The report was written by Sarah Thompson.', HIGH), ['PERSON Sarah Thompson']);
    assert.deepEqual(found('The report was written by Xolani Mqwathi.', HIGH), []);
    assert.deepEqual(found('The report was written by Xolani Mqwathi.'), ['PERSON Xolani Mqwathi']);
    assert.deepEqual(found('Ask Xolani Mqwathi, his address is x.mqwathi@example.com', HIGH), [
      'PERSON Xolani Mqwathi',
    ]);
  });

  it('take an address whole, over its lines', () => {
    const address = '14 Willow Crescent\nFlat 2\nLeeds LS16 2AB';
    assert.deepEqual(found(`Please deliver it to:\n${address}\n\nThank you`), [`STREET_ADDRESS ${address}`]);
  });

  it('are no role words of a contract', () => {
    for (const role of ['Borrower', 'Lender', 'BORROWER', 'lender', 'Guarantor'])
      assert.deepEqual(
        found(`The ${role} shall repay each Loan, and ${role} agrees to notify the Agent.`).filter((one) =>
          one.toLowerCase().includes(role.toLowerCase()),
        ),
        [],
      );
  });

  it('are not seen in code, logs and paths', () => {
    for (const text of [
      'import { Component } from "@angular/core";\nexport class UserList extends Component<Props> {}\n',
      'Nov 12 10:01:02 web-01 sshd[812]: Connection closed by 10.0.0.5 port 51234\n',
      '[INFO] 2024-01-02 Starting Application on Port 8080 with Profile default\n',
      'cd /home/maria/project && git commit -m "Add Parser"\n',
      'SELECT Name, City FROM Customers WHERE Country = :country;\n',
    ])
      assert.deepEqual(found(text), [], text);
  });

  it('are no common words in lower case', () => {
    for (const text of ['the quick brown fox', 'he will mark the hill and may hope', 'a rich baker and a young king'])
      assert.deepEqual(found(text), [], text);
  });

  it('give way to what another recognizer has by its form', () => {
    const all = fast
      .scan(Buffer.from('Maria Lopez paid with 4111 1111 1111 1111 in Madrid'), { label: null, role: null })
      .map((one) => one.entity);
    assert.ok(all.includes('CREDIT_CARD'));
  });

  it('are left out by name, by entity and by `names: off`', () => {
    const text = 'Yesterday Katarzyna Wiśniewska flew to Lisbon.';
    assert.deepEqual(found(text, MEDIUM, createScanner({ disable: ['LOCATION'] })), ['PERSON Katarzyna Wiśniewska']);
    assert.deepEqual(found(text, MEDIUM, createScanner({ disable: ['person-in-text'] })), ['LOCATION Lisbon']);
    assert.deepEqual(found(`Dear Jane Doe,\n${text}`, MEDIUM, createScanner({ names: 'off' })), []);
  });

  it('are found the same in a long text, wherever a block ends', () => {
    const filler = 'it was a quiet day and nothing happened at all, so they went on. ';
    for (const times of [0, 60, 290, 293, 297, 600]) {
      const text = `${filler.repeat(times)}Then Katarzyna Wiśniewska came home. ${filler.repeat(times)}`;
      assert.ok(found(text).includes('PERSON Katarzyna Wiśniewska'), `${times}`);
    }
  });

  it('never throws on random bytes, lone surrogates and bytes that are no UTF-8, in either mode', () => {
    const random = new Random(11);
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(Array.from({ length: random.below(500) }, () => random.below(256)));
      for (const scanner of [fast, thorough])
        for (const one of scanner.scan(bytes, { label: null, role: null }))
          assert.ok(one.start >= 0 && one.start < one.end && one.end <= bytes.length);
    }
    found('\ud800 Anna \udfff Schmidt \0');
    fast.scan(Buffer.from([0xc3, 0x28, 0xf0, 0x9f, 0x41, 0xe2, 0x80, 0xff]), { label: null, role: null });
  });
});

describe('names in text made to hurt', () => {
  /** Bytes a microsecond of CPU, best of some. */
  function microseconds(text: Buffer): number {
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 4; k++) {
      const before = process.cpuUsage();
      fast.scan(text, { label: null, role: null });
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, user + system);
    }
    return best;
  }

  for (const [what, piece] of Object.entries({
    capitals: 'A ',
    names: 'Anna Schmidt ',
    'at signs': 'Anna Schmidt @',
    'one word': 'a',
    'one capital word': 'A',
    'line ends': '\n',
    numbers: '12 Main ',
  })) {
    it(`takes time that grows with its length: ${what}`, () => {
      const text = (bytes: number): Buffer => Buffer.from(piece.repeat(Math.ceil(bytes / piece.length)));
      fast.scan(text(20_000), { label: null, role: null });
      const [one, four] = [microseconds(text(50_000)), microseconds(text(200_000))];
      assert.ok(four / one < 9, `${(four / one).toFixed(2)} times the time for four times the text`);
    });
  }
});
