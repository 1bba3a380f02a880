import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { shownArguments } from '../../../sensor/attribution/arguments.ts';

const scanner = createScanner({ names: 'off' });

const CASES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['node', 'app.js', '--port', '80'],
    ['node', 'app.js', '--port', '80'],
  ],
  [
    ['x', '--password', 'hunter2', '--api-key=abc', 'DB_PASSWORD=s3cret', '--token', 't'],
    ['x', '--password', '[SECRET]', '--api-key=[SECRET]', 'DB_PASSWORD=[SECRET]', '--token', '[SECRET]'],
  ],
  [
    ['curl', '-u', 'me:pw', '-H', 'Authorization: Bearer x', 'https://a.example/'],
    ['curl', '-u', '[SECRET]', '-H', '[SECRET]', 'https://a.example/'],
  ],
  [
    ['mysql', '-phunter2', '-uroot', 'db'],
    ['mysql', '-p[SECRET]', '-uroot', 'db'],
  ],
  [
    ['mail', 'jane@acme.example'],
    ['mail', '[EMAIL_ADDRESS]'],
  ],
];

for (const [args, shown] of CASES) {
  test(`${args[0]} ${args.length}: secrets are gone, the rest stays`, () => {
    assert.deepEqual(shownArguments(args, scanner), shown);
  });
}

test('many and long ones are cut', () => {
  const shown = shownArguments(
    Array.from({ length: 100 }, () => 'a b c d '.repeat(100)),
    scanner,
  );
  assert.equal(shown.length, 33);
  assert.ok(shown.every((arg) => arg.length <= 201));
});
