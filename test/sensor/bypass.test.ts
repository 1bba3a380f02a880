import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '../../catalog/catalog.ts';
import { BypassWatch, type Connecting } from '../../sensor/bypass.ts';
import { CLIENT } from '../support/store-observations.ts';

const LISTENERS = [{ host: '127.0.0.1', port: 8787 }];

function watch(listeners = LISTENERS): BypassWatch {
  return new BypassWatch({ catalog: createCatalog([]), listeners, localAddresses: () => ['10.0.0.9'] });
}

function connecting(to: Partial<Connecting> = {}): Connecting {
  return { pid: 7, address: '203.0.113.5', port: 443, isOwn: false, isSteered: false, ...to };
}

const newId = (): string => 'ID';

test('a ClientHello for GenAI to anywhere but the proxy is a bypass', () => {
  const bypass = watch();
  bypass.connected(1, connecting());
  assert.equal(bypass.wayOf(1), 'unknown');
  assert.equal(bypass.hello(1, 'api.openai.com'), 'bypass');
  assert.equal(bypass.wayTo(7, 'api.openai.com'), 'bypass');
  const event = bypass.eventOf('api.openai.com', 443, CLIENT, newId, 0);
  assert.equal(event?.kind, 'bypass');
  assert.equal(event?.action, 'alert');
  assert.equal(event?.enforced, false);
  assert.deepEqual(event?.destination, {
    host: 'api.openai.com',
    port: 443,
    vendor: 'OpenAI',
    category: 'genai',
    country: 'US',
  });
});

test('one that comes through the proxy is none, whatever it asks for', () => {
  const bypass = watch();
  bypass.connected(1, connecting({ address: '127.0.0.1', port: 8787 }));
  bypass.asked(1, Buffer.from('CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n'));
  assert.equal(bypass.hello(1, 'api.openai.com'), 'proxied');
  assert.equal(bypass.wayTo(7, 'api.openai.com'), 'proxied');
  bypass.connected(2, connecting({ isSteered: true }));
  assert.equal(bypass.hello(2, 'api.openai.com'), 'proxied');
});

test("Weir's own calls are none", () => {
  const bypass = watch();
  bypass.connected(1, connecting({ isOwn: true }));
  assert.equal(bypass.hello(1, 'api.openai.com'), 'own');
});

test('what is no GenAI, names nothing or was not seen to begin is none', () => {
  const bypass = watch();
  bypass.connected(1, connecting());
  assert.equal(bypass.hello(1, 'shop.example'), 'other');
  bypass.connected(2, connecting());
  assert.equal(bypass.hello(2, null), 'unknown');
  assert.equal(bypass.hello(3, 'api.openai.com'), 'unknown');
  assert.equal(bypass.wayOf(3), 'unknown');
});

test('a listener on every address is known by all of this host’s', () => {
  const bypass = watch([{ host: '0.0.0.0', port: 8787 }]);
  const cases: readonly (readonly [string, string])[] = [
    ['127.0.0.1', 'proxied'],
    ['127.0.5.1', 'proxied'],
    ['10.0.0.9', 'proxied'],
    ['10.0.0.8', 'unknown'],
  ];
  for (const [address, way] of cases) {
    bypass.connected(1, connecting({ address, port: 8787 }));
    assert.equal(bypass.wayOf(1), way, address);
  }
});

test('of a process that goes both ways to a host, neither is said where the socket is not known', () => {
  const bypass = watch();
  bypass.connected(1, connecting());
  bypass.hello(1, 'api.openai.com');
  bypass.connected(2, connecting({ address: '127.0.0.1', port: 8787 }));
  bypass.asked(2, Buffer.from('GET http://api.openai.com/v1/models HTTP/1.1\r\n\r\n'));
  assert.equal(bypass.wayTo(7, 'api.openai.com'), 'unknown');
  assert.equal(bypass.wayTo(8, 'api.openai.com'), 'unknown');
});

test('a source and a host have one event a minute', () => {
  const bypass = watch();
  const at = (now: number, host = 'api.openai.com') => bypass.eventOf(host, 443, CLIENT, newId, now) !== null;
  assert.deepEqual([at(0), at(59_999), at(1, 'api.anthropic.com'), at(60_000)], [true, false, true, true]);
});

test('what is remembered is bounded', () => {
  const bypass = watch();
  for (let key = 0; key < 30_000; key++) bypass.connected(key, connecting({ pid: key }));
  assert.equal(bypass.hello(0, 'api.openai.com'), 'unknown');
  assert.equal(bypass.hello(29_999, 'api.openai.com'), 'bypass');
});
