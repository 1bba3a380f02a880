import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Names } from '../../sensor/names.ts';

function answer(name: string, address: string, ttl = 300) {
  return { name, addresses: [{ address, ttl }] };
}

const ADDRESS = '192.0.2.7';

test('the name on the handle goes before the SNI, the SNI before DNS', () => {
  const names = new Names();
  names.learn('/app', answer('dns.example', ADDRESS), 0);
  const of = (evidence: { handle?: string | null; sni?: string | null }) =>
    names.nameOf({ address: ADDRESS, asker: '/app', ...evidence }, 1);
  assert.deepEqual(of({ handle: 'Handle.example.', sni: 'sni.example' }), { host: 'handle.example', via: 'handle' });
  assert.deepEqual(of({ handle: null, sni: 'sni.example' }), { host: 'sni.example', via: 'sni' });
  assert.deepEqual(of({ handle: 'no host name', sni: '' }), { host: 'dns.example', via: 'dns' });
});

test('an answer holds for its TTL, at least a minute', () => {
  const names = new Names();
  names.learn('/app', answer('a.example', ADDRESS, 300), 0);
  names.learn('/app', answer('b.example', '192.0.2.8', 1), 0);
  const host = (address: string, nowMs: number) => names.nameOf({ address, asker: '/app' }, nowMs).host;
  assert.equal(host(ADDRESS, 299_999), 'a.example');
  assert.equal(host(ADDRESS, 300_000), ADDRESS);
  assert.equal(host('192.0.2.8', 59_999), 'b.example');
  assert.equal(host('192.0.2.8', 60_000), '192.0.2.8');
});

test('of two names at one address neither is taken, but each program has its own answers', () => {
  const names = new Names();
  names.learn('/app', answer('api.openai.com', ADDRESS), 0);
  names.learn('/other', answer('shop.example', ADDRESS), 0);
  const of = (asker: string) => names.nameOf({ address: ADDRESS, asker }, 1);
  assert.deepEqual(of('/app'), { host: 'api.openai.com', via: 'dns' });
  assert.deepEqual(of('/other'), { host: 'shop.example', via: 'dns' });
  assert.deepEqual(of('/third'), { host: ADDRESS, via: 'none' });
  names.learn('/app', answer('shop.example', ADDRESS), 2);
  assert.deepEqual(of('/app'), { host: ADDRESS, via: 'none' });
  assert.deepEqual([...names.namesAt(ADDRESS, 3)].sort(), ['api.openai.com', 'shop.example']);
});

test('an answer that a resolver of the host was given counts for who did not ask itself', () => {
  const names = new Names();
  names.learn('/system.slice/systemd-resolved.service', answer('db.example', ADDRESS), 0);
  assert.deepEqual(names.nameOf({ address: ADDRESS, asker: '/app' }, 1), { host: 'db.example', via: 'dns' });
});

test("a vendor's range tells the vendor and no name", () => {
  const names = new Names({ rangeOf: (address) => (address === ADDRESS ? { vendor: 'Anthropic' } : null) });
  assert.deepEqual(names.nameOf({ address: ADDRESS, asker: 1 }, 0), { host: ADDRESS, via: 'catalog' });
});

test('the addresses that are remembered are bounded, the oldest go first', () => {
  const names = new Names({ maxAddresses: 10 });
  for (let last = 0; last < 100; last++) names.learn(1, answer('a.example', `10.0.0.${last}`), 0);
  assert.equal(names.nameOf({ address: '10.0.0.99', asker: 1 }, 1).via, 'dns');
  assert.equal(names.nameOf({ address: '10.0.0.80', asker: 1 }, 1).via, 'none');
});
