/** What a request asks for: forward, gateway, own page or nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf, type Surroundings } from '../../proxy/request-route.ts';

const AROUND: Surroundings = {
  tunnel: null,
  serverName: null,
  transparent: null,
  isOwn: (place) => place.port === 8787 && ['127.0.0.1', 'localhost'].includes(place.host),
  listenPort: 8787,
  providers: new Map(),
  origins: ['https://app.example'],
};
const TUNNEL: Surroundings = {
  ...AROUND,
  tunnel: { scheme: 'https', host: 'api.openai.com', port: 443 },
  serverName: 'api.openai.com',
};

function kindOf(target: string, headers: readonly string[], around = AROUND): string {
  const route = routeOf(target, headers, around);
  return route.kind === 'refused' ? `refused ${route.status}` : route.kind;
}

test('absolute form is forwarded with its path byte for byte', () => {
  const route = routeOf('http://Example.COM:8080/a%2Fb?c=%20', ['Host', 'example.com.:8080'], AROUND);
  assert.deepEqual(route, {
    kind: 'forward',
    origin: { scheme: 'http', host: 'example.com', port: 8080 },
    target: '/a%2Fb?c=%20',
  });
});

test('an absolute form and a Host that disagree are refused', () => {
  for (const host of ['other.example', 'example.com:81', 'example.com.evil.example', 'a b', 'example.com, x'])
    assert.equal(kindOf('http://example.com/', ['Host', host]), 'refused 400', host);
  for (const host of ['example.com', 'EXAMPLE.com.', 'example.com:80'])
    assert.equal(kindOf('http://example.com/', ['Host', host]), 'forward', host);
});

test('an absolute form without a path gets one', () => {
  const route = routeOf('http://example.com?x=1', [], AROUND);
  assert.ok(route.kind === 'forward' && route.target === '/?x=1');
});

test('origin form on the own address goes to the gateway or to the own page', () => {
  const route = routeOf('/openai/v1/models?x=1', ['Host', '127.0.0.1:8787'], AROUND);
  assert.ok(route.kind === 'gateway');
  assert.deepEqual([route.origin.host, route.target, route.provider], ['api.openai.com', '/v1/models?x=1', 'openai']);
  assert.equal(kindOf('/', ['Host', 'localhost:8787']), 'own');
});

test('the own name leads to the own page through the proxy, and nowhere else', () => {
  const around = {
    ...AROUND,
    isOwn: (place: { host: string; port: number }) => place.host === 'weir.local' && place.port === 80,
  };
  assert.deepEqual(routeOf('http://weir.local/ca.pem', [], around), { kind: 'own', target: '/ca.pem', isRouted: true });
  const tunnel = {
    ...TUNNEL,
    tunnel: { scheme: 'https', host: 'weir.local', port: 443 },
    serverName: 'weir.local',
  } as const;
  const route = routeOf('/ca.pem', ['Host', 'weir.local'], tunnel);
  assert.deepEqual(route, { kind: 'own', target: '/ca.pem', isRouted: true });
});

test('a Host that is not a name of the proxy is 421: a page that rebinds its name gets nowhere', () => {
  for (const host of ['evil.example', 'evil.example:8787', '10.0.0.1:8787'])
    assert.equal(kindOf('/openai/v1/models', ['Host', host]), 'refused 421', host);
  assert.equal(kindOf('/openai/v1/models', []), 'refused 421');
});

test('a browser page uses the gateway only from a configured origin', () => {
  const host = ['Host', 'localhost:8787'];
  assert.equal(kindOf('/openai/v1/models', [...host, 'Origin', 'https://evil.example']), 'refused 403');
  assert.equal(kindOf('/openai/v1/models', [...host, 'Origin', 'null']), 'refused 403');
  assert.equal(kindOf('/openai/v1/models', [...host, 'Origin', 'https://app.example']), 'gateway');
});

test('in a tunnel CONNECT host, SNI and Host must agree', () => {
  assert.equal(kindOf('/v1', ['Host', 'api.openai.com'], TUNNEL), 'forward');
  assert.equal(kindOf('/v1', ['Host', 'API.openai.com.:443'], TUNNEL), 'forward');
  assert.equal(kindOf('/v1', ['Host', 'evil.example'], TUNNEL), 'refused 421');
  assert.equal(kindOf('/v1', ['Host', 'api.openai.com:444'], TUNNEL), 'refused 421');
  assert.equal(kindOf('/v1', ['Host', 'api.openai.com'], { ...TUNNEL, serverName: 'evil.example' }), 'refused 421');
  assert.equal(kindOf('/v1', ['Host', 'api.openai.com'], { ...TUNNEL, serverName: null }), 'forward');
  assert.equal(kindOf('http://evil.example/v1', ['Host', 'api.openai.com'], TUNNEL), 'refused 421');
});

test('in a tunnel to an address SNI is the name, without one Host, and the address stays', () => {
  const host = '93.184.216.34';
  const named = { ...AROUND, tunnel: { scheme: 'https', host: 'a.example', port: 443, address: host } } as const;
  const around = { ...named, serverName: 'a.example' };
  const route = routeOf('/', ['Host', 'A.example'], around);
  assert.deepEqual(route.kind === 'forward' && route.origin, named.tunnel);
  for (const other of ['b.example', host, 'a.example:444'])
    assert.equal(kindOf('/', ['Host', other], around), 'refused 421', other);
  const nameless = { ...AROUND, tunnel: { scheme: 'https', host, port: 443 } } as const;
  const byHost = routeOf('/', ['Host', 'b.example'], nameless);
  assert.deepEqual(byHost.kind === 'forward' && byHost.origin, {
    ...nameless.tunnel,
    host: 'b.example',
    address: host,
  });
  const byAddress = routeOf('/', ['Host', host], nameless);
  assert.deepEqual(byAddress.kind === 'forward' && byAddress.origin, nameless.tunnel);
});

test('of a redirected connection Host says where it goes, and the port where nobody else does', () => {
  const around = { ...AROUND, transparent: { port: null } };
  const route = routeOf('/x', ['Host', 'A.example'], around);
  assert.deepEqual(route, {
    kind: 'forward',
    origin: { scheme: 'http', host: 'a.example', port: 80, via: 'sni' },
    target: '/x',
  });
  const known = { ...AROUND, transparent: { port: 8080 } };
  const there = routeOf('/x', ['Host', 'a.example'], known);
  assert.equal(there.kind === 'forward' && there.origin.port, 8080);
  assert.equal(kindOf('/x', ['Host', 'a.example:81'], known), 'refused 421');
  assert.equal(kindOf('/x', ['Host', 'a.example:81'], around), 'forward');
  assert.equal(kindOf('/x', [], around), 'refused 400');
  assert.equal(kindOf('http://b.example/x', ['Host', 'a.example'], around), 'refused 400');
  assert.equal(kindOf('/', ['Host', 'localhost:8787'], around), 'own');
});

test('what is malformed is refused with its status', () => {
  assert.equal(kindOf('/a', ['Host', 'a', 'Host', 'b']), 'refused 400');
  assert.equal(kindOf('http://user:pw@example.com/', []), 'refused 400');
  assert.equal(kindOf('ftp://example.com/', []), 'refused 400');
  assert.equal(kindOf('*', ['Host', 'a']), 'refused 501');
});
