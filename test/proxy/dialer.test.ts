/** The dialer refuses before it dials, uses only addresses that it checked, and checks the server's identity. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createServer as createTlsServer, type TLSSocket as Secured, TLSSocket } from 'node:tls';
import type { HostPort } from '../../catalog/host.ts';
import { WeirError } from '../../flow/errors.ts';
import { createDialer, type DialerOptions, Outgoing } from '../../proxy/dialer.ts';
import { type Authority, loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { createLeaves } from '../../proxy/tls/leaves.ts';

function options(given: Partial<DialerOptions>): DialerOptions {
  return {
    resolve: new Map(),
    ca: [],
    isListenerLocal: true,
    allowed: new Set(),
    own: () => [],
    connectMs: 2000,
    tlsMs: 2000,
    proxy: null,
    direct: new Set(),
    certificates: [],
    ...given,
  };
}

async function refusal(given: Partial<DialerOptions>, target: HostPort, isTls = false): Promise<WeirError> {
  const error = await createDialer(options(given))
    .dial(target, isTls)
    .then((socket) => {
      socket.destroy();
      return null;
    })
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof WeirError, 'the dialer let it through');
  return error;
}

describe('the dialer', () => {
  let plain: Server;
  let port: number;
  let connections = 0;
  before(async () => {
    plain = createServer((socket) => {
      connections++;
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    port = (plain.address() as AddressInfo).port;
  });
  after(() => plain.close());

  test('refuses loopback, and nothing is dialled', async () => {
    const before = connections;
    const error = await refusal({}, { host: '127.0.0.1', port });
    assert.equal(error.code, 'address_forbidden');
    assert.equal(connections, before);
  });

  test('refuses a name when any of its addresses is forbidden, and nothing is dialled', async () => {
    const before = connections;
    const error = await refusal(
      {
        lookup: (_host, callback) =>
          callback(null, [
            { address: '93.184.216.34', family: 4 },
            { address: '127.0.0.1', family: 4 },
          ]),
      },
      { host: 'rebinding.example', port },
    );
    assert.equal(error.code, 'address_forbidden');
    assert.equal(connections, before);
  });

  test('follows resolve for the exact host and port only', async () => {
    const resolve = new Map([['api.openai.com:443', { host: '127.0.0.1', port }]]);
    const socket = await createDialer(options({ resolve })).dial({ host: 'api.openai.com', port: 443 }, false);
    socket.destroy();
    const error = await refusal(
      { resolve, lookup: (_host, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]) },
      { host: 'api.openai.com', port: 444 },
    );
    assert.equal(error.code, 'address_forbidden');
  });

  test('reaches an allowed pair on loopback', async () => {
    const socket = await createDialer(options({ allowed: new Set([`127.0.0.1:${port}`]) })).dial(
      { host: '127.0.0.1', port },
      false,
    );
    socket.destroy();
  });

  test('connects to the address that the client named, where the name leads there', async () => {
    const target = { host: 'name.example', port, address: '127.0.0.1' };
    const allowed = new Set([`127.0.0.1:${port}`]);
    const leading = (address: string): Partial<DialerOptions> => ({
      allowed,
      lookup: (_host, callback) =>
        callback(null, [
          { address: '93.184.216.34', family: 4 },
          { address, family: 4 },
        ]),
    });
    const socket = await createDialer(options(leading('127.0.0.1'))).dial(target, false);
    assert.equal(socket.remoteAddress, '127.0.0.1');
    socket.destroy();
    const error = await refusal(leading('127.0.0.2'), target);
    assert.equal(error.code, 'address_forbidden');
    assert.match(error.message, /name\.example does not lead to 127\.0\.0\.1/);
  });

  test('knows its own connections again at their other end', async () => {
    const outgoing = new Outgoing();
    const accepted = once(plain, 'connection') as Promise<[Socket]>;
    const allowed = new Set([`127.0.0.1:${port}`]);
    const own = await createDialer(options({ allowed, outgoing })).dial({ host: '127.0.0.1', port }, false);
    const [there] = await accepted;
    assert.equal(outgoing.has(there), true);
    own.destroy();
    await once(own, 'close');
    assert.equal(outgoing.has(there), false);
    const other = once(plain, 'connection') as Promise<[Socket]>;
    const stranger = connect(port, '127.0.0.1');
    assert.equal(outgoing.has((await other)[0]), false);
    stranger.destroy();
  });

  test('never connects to the proxy itself, not even where resolve says so', async () => {
    const error = await refusal(
      {
        resolve: new Map([['loop.example:80', { host: '127.0.0.1', port }]]),
        own: () => [{ host: '127.0.0.1', port }],
      },
      { host: 'loop.example', port: 80 },
    );
    assert.equal(error.code, 'address_forbidden');
  });

  test('names what cannot be resolved or reached', async () => {
    const unresolved = await refusal(
      { lookup: (_host, callback) => callback(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), []) },
      { host: 'nowhere.example', port: 80 },
    );
    assert.equal(unresolved.code, 'upstream_unresolved');
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const free = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
    const unreachable = await refusal({ allowed: new Set([`127.0.0.1:${free}`]) }, { host: '127.0.0.1', port: free });
    assert.equal(unreachable.code, 'upstream_unreachable');
  });
});

describe('the dialer with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-dialer-'));
  let authority: Authority;
  let raw: Server;
  let port: number;
  before(async () => {
    authority = loadOrCreateAuthority(folder);
    const leaves = createLeaves(authority);
    const named = leaves.contextFor('right.example');
    raw = createServer((socket) => {
      const secured = new TLSSocket(socket, { isServer: true, secureContext: named });
      secured.on('error', () => secured.destroy());
    });
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    port = (raw.address() as AddressInfo).port;
  });
  after(() => {
    raw.close();
    rmSync(folder, { recursive: true });
  });

  const to = (host: string): Partial<DialerOptions> => ({
    resolve: new Map([[`${host}:443`, { host: '127.0.0.1', port }]]),
  });

  test('trusts a configured authority for the name that it signed', async () => {
    const dialer = createDialer(options({ ...to('right.example'), ca: [authority.certPem] }));
    const socket = await dialer.dial({ host: 'right.example', port: 443 }, true);
    assert.ok(socket instanceof TLSSocket && socket.authorized);
    socket.destroy();
  });

  test('refuses the same certificate for another name: the identity is that of the name asked for', async () => {
    const error = await refusal(
      { ...to('wrong.example'), ca: [authority.certPem] },
      { host: 'wrong.example', port: 443 },
      true,
    );
    assert.equal(error.code, 'upstream_untrusted');
  });

  test('asks for the identity of the name where the client named an address', async () => {
    const given = { ca: [authority.certPem], allowed: new Set([`127.0.0.1:${port}`]) };
    const dialer = createDialer(options(given));
    const socket = await dialer.dial({ host: 'right.example', port, address: '127.0.0.1' }, true);
    assert.ok(socket instanceof TLSSocket && socket.authorized);
    socket.destroy();
    for (const target of [
      { host: 'wrong.example', port, address: '127.0.0.1' },
      { host: '127.0.0.1', port },
    ]) {
      const error = await refusal(given, target, true);
      assert.equal(error.code, 'upstream_untrusted', target.host);
    }
  });

  test('shows the certificate of a host to that host alone, and takes no session from one to another', async () => {
    const shown: unknown[] = [];
    const resumed: boolean[] = [];
    const leaves = createLeaves(authority);
    const server = createTlsServer({
      requestCert: true,
      rejectUnauthorized: false,
      ca: authority.certPem,
      // Tickets that any of its names would take.
      SNICallback: (name, done) => done(null, leaves.contextFor(name)),
    });
    server.on('secureConnection', (secured: Secured) => {
      shown.push(secured.getPeerX509Certificate()?.subject ?? null);
      resumed.push(secured.isSessionReused());
      secured.on('error', () => secured.destroy());
      secured.write('x');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const hosts = ['a.corp.example', 'other.example', 'a.corp.example', 'other.example'];
    const dialer = createDialer(
      options({
        ca: [authority.certPem],
        resolve: new Map(hosts.map((host) => [`${host}:443`, at])),
        certificates: [
          {
            hosts: ['b.example', '*.corp.example'],
            cert: authority.certPem,
            key: readFileSync(join(folder, 'ca.key'), 'utf8'),
          },
        ],
      }),
    );
    for (const host of hosts) {
      const socket = await dialer.dial({ host, port: 443 }, true);
      await once(socket, 'data');
      socket.destroy();
    }
    server.close();
    const subject = authority.certificate.subject;
    assert.deepEqual(shown, [subject, null, subject, null]);
    assert.deepEqual(resumed, [false, false, false, false]);
  });

  test('refuses an authority that nobody configured', async () => {
    const error = await refusal(to('right.example'), { host: 'right.example', port: 443 }, true);
    assert.equal(error.code, 'upstream_untrusted');
  });

  test('names a server that does not speak TLS, and one that says nothing', async () => {
    const silent = createServer((socket) => socket.on('error', () => socket.destroy()));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const free = (silent.address() as AddressInfo).port;
    const error = await refusal(
      { allowed: new Set([`127.0.0.1:${free}`]), tlsMs: 50 },
      { host: '127.0.0.1', port: free },
      true,
    );
    assert.equal(error.code, 'upstream_timeout');
    assert.match(error.message, /limits\.tlsMs/);
    silent.close();
  });
});
