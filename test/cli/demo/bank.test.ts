/** The demo's bank: played whole, and what it claims holds. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCustomers } from '../../../cli/demo/bank/people.ts';
import { afterwards } from '../../store/samples.ts';
import { makePlace } from '../run-context.ts';

test('the bank is played with real calls and imports, and all that it claims holds', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const folder = join(place.folder, 'bank');
  const { code, out, err } = await place.call(['demo', '--scenario', 'bank', '--folder', folder, '--json']);
  assert.equal(code, 0, `${out}\n${err}`);
  const { ok, services, vendors, buckets, checks } = JSON.parse(out);
  assert.deepEqual([ok, services, vendors.length >= 9, buckets], [true, 12, true, 10_000]);
  assert.ok(checks.length >= 7);
  // The folder is kept, and other commands read it with the configuration that lies there.
  const args = ['flows', 'list', '--json', '--app', 'payments', '--config', join(folder, 'weir.yaml')];
  const listed = await place.call(args, { WEIR_HOME: join(folder, 'home') });
  assert.ok(listed.out.includes('"api.stripe.com"'));
  const values = makeCustomers(40).flatMap(({ email, iban, card }) => [email, iban, card]);
  for (const name of readdirSync(join(folder, 'home'), { recursive: true, encoding: 'utf8' })) {
    if (!/\.(db|db-wal|spool)$|spool\//.test(name)) continue;
    const bytes = readFileSync(join(folder, 'home', name));
    assert.ok(!values.some((value) => bytes.includes(value)), `${name} holds a value in clear`);
  }
});

test('a folder that holds something is not taken, and its options need the scenario', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const full = await place.call(['demo', '--scenario', 'bank', '--folder', '/etc']);
  assert.equal(full.code, 2);
  assert.match(full.err, /--folder: \/etc is not empty/);
  assert.match((await place.call(['demo', '--stay'])).err, /--stay needs --scenario bank/);
  assert.match((await place.call(['demo', '--scenario', 'shop'])).err, /--scenario/);
});

test('customers are made from a seed, with check digits that are right', () => {
  const customers = makeCustomers(40);
  assert.deepEqual(customers, makeCustomers(40));
  assert.equal(new Set(customers.map(({ email }) => email)).size, 40);
  for (const { iban, card } of customers) {
    const moved = `${iban.slice(4)}1314${iban.slice(2, 4)}`;
    assert.equal(BigInt(moved) % 97n, 1n);
    const sum = [...card].reverse().reduce((total, digit, index) => {
      const doubled = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
    assert.equal(sum % 10, 0);
  }
});
