/** What the address of a shared store says, and what it must not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeAddress, storeText } from '../../flow/store-address.ts';

const password = ['s', '3', 'cr', 'et/'].join('');

test('an address off this host is reached by TLS with verification, and never shows its password', () => {
  const address = storeAddress(`postgres://weir:${encodeURIComponent(password)}@db.corp.example:6432/weir`);
  assert.deepEqual(address, {
    host: 'db.corp.example',
    port: 6432,
    socket: null,
    database: 'weir',
    user: 'weir',
    password,
    passwordFile: null,
    tls: 'verify-full',
    caFile: null,
  });
  assert.equal(storeText(address), 'postgres://weir@db.corp.example:6432/weir');
});

test('loopback, a socket and whoever says so go without TLS', () => {
  const modes = [
    'postgres://u@127.0.0.1/d',
    'postgresql://u@localhost/d',
    'postgres://u@[::1]/d',
    'postgres://u@localhost/d?host=/run/postgresql',
    'postgres://u@db.example/d?sslmode=disable',
    'postgres://u@127.0.0.1/d?sslmode=verify-full&sslrootcert=/etc/ca.pem',
  ].map((text) => storeAddress(text).tls);
  assert.deepEqual(modes, ['disable', 'disable', 'disable', 'disable', 'disable', 'verify-full']);
});

test('what is no such address is refused in words without the password', () => {
  const wrong = [
    ['mysql://u@h/d', /does not begin with/],
    ['not a url', /is not a URL/],
    [`postgres://u:${encodeURIComponent(password)}@h/d?sslmode=require`, /sslmode=require/],
    [`postgres://u:${encodeURIComponent(password)}@h/d?other=1`, /has other/],
    [`postgres://u:${encodeURIComponent(password)}@h/d?passfile=/x`, /a password and a passfile/],
    ['postgres://h/d', /names no user/],
    ['postgres://u@h/', /names no database/],
  ] as const;
  for (const [text, reason] of wrong) {
    assert.throws(
      () => storeAddress(text),
      (error) => error instanceof RangeError && reason.test(error.message) && !error.message.includes(password),
    );
  }
});
