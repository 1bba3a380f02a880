/** The addresses that the proxy never reaches, in every spelling; nothing here is dialled. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalHost } from '../../catalog/host.ts';
import { isLoopback, judgeAddress } from '../../proxy/addresses.ts';

const FORBIDDEN_ALWAYS = [
  '0.0.0.0',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '100.100.100.200',
  '192.0.0.192',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'ff02::1',
  'fd00:ec2::254',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:169.254.169.254',
  '::127.0.0.1',
  '64:ff9b::169.254.169.254',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
];

const PRIVATE = [
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fc00::1',
  'fd12:3456::1',
  '::ffff:10.0.0.1',
];

const PUBLIC = ['1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:1.1.1.1', '64:ff9b::1.1.1.1'];

test('loopback, link-local, metadata and multicast addresses are refused on every kind of listener', () => {
  for (const address of FORBIDDEN_ALWAYS) {
    assert.equal(judgeAddress(address, true), 'forbidden', address);
    assert.equal(judgeAddress(address, false), 'forbidden', address);
  }
});

test('private networks are reached for local clients only', () => {
  for (const address of PRIVATE) {
    assert.equal(judgeAddress(address, true), 'allowed', address);
    assert.equal(judgeAddress(address, false), 'forbidden', address);
  }
});

test('public addresses are allowed', () => {
  for (const address of PUBLIC) assert.equal(judgeAddress(address, false), 'allowed', address);
});

test('what is not an address is refused', () => {
  for (const text of ['', 'localhost', '127.1', '1.2.3', '::g'])
    assert.equal(judgeAddress(text, true), 'forbidden', text);
});

test('numeric spellings of forbidden hosts become addresses that are refused', () => {
  const spellings = [
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '0x7f000001',
    '0xa9fea9fe',
    '2852039166',
    '[::ffff:a9fe:a9fe]',
  ];
  for (const spelling of spellings) {
    const host = canonicalHost(spelling);
    assert.ok(host !== null, spelling);
    assert.equal(judgeAddress(host, true), 'forbidden', spelling);
  }
});

test('loopback is recognised in both families', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    assert.equal(isLoopback(address), true, address);
  for (const address of ['128.0.0.1', '::2', '10.0.0.1']) assert.equal(isLoopback(address), false, address);
});
