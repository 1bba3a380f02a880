import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ConnectionOptions, connect, TLSSocket } from 'node:tls';
import { type Authority, loadOrCreateAuthority } from '../../../proxy/tls/authority.ts';
import { createLeaves, type Leaves } from '../../../proxy/tls/leaves.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-leaves-'));
const authority: Authority = loadOrCreateAuthority(join(root, 'ca'));
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
after(() => rmSync(root, { recursive: true, force: true }));

/** A TLS server that terminates every connection for `name`, as the proxy does for the name it peeked. */
class Terminator {
  leaves: Leaves = createLeaves(authority);
  name = 'a.example';
  readonly #server: Server = createServer((socket) => {
    const tls = new TLSSocket(socket, { isServer: true, secureContext: this.leaves.contextFor(this.name) });
    tls.on('error', () => socket.destroy());
    tls.on('data', (bytes) => tls.write(bytes));
  });
  async listen(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }
  close(): void {
    this.#server.close();
  }
  /** Connects as a client that trusts the authority alone and checks the name. */
  async connect(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const { port } = this.#server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', ca: authority.certPem, ...options });
    await once(socket, 'secureConnect');
    return socket;
  }
  /** The certificate shown to a client that verified it for `name`. */
  async leafFor(name: string, options: ConnectionOptions = { servername: name }): Promise<X509Certificate> {
    this.name = name;
    const socket = await this.connect(options);
    const certificate = socket.getPeerX509Certificate();
    socket.destroy();
    return certificate ?? assert.fail('no certificate');
  }
}

describe('leaves', () => {
  const server = new Terminator();
  before(() => server.listen());
  after(() => server.close());

  it('are verified by a client that trusts the authority, for the name and for no other', async () => {
    const leaf = await server.leafFor('api.openai.com');
    assert.equal(leaf.subjectAltName, 'DNS:api.openai.com');
    assert.equal(leaf.subject, 'CN=api.openai.com');
    assert.ok(leaf.checkIssued(authority.certificate));
    assert.ok(leaf.verify(authority.certificate.publicKey));
    assert.equal(leaf.ca, false);
    assert.equal(leaf.checkHost('www.api.openai.com'), undefined);
    await assert.rejects(server.connect({ servername: 'api.anthropic.com' }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('stand for an address by an address, IPv4 and IPv6, never by a DNS name', async () => {
    const four = await server.leafFor('127.0.0.1', {});
    assert.equal(four.subjectAltName, 'IP Address:127.0.0.1');
    const six = await server.leafFor('2001:DB8::5:0:0:1', { rejectUnauthorized: false });
    assert.equal(six.subjectAltName, 'IP Address:2001:DB8:0:0:5:0:0:1');
    assert.equal(six.checkIP('2001:db8::5:0:0:1'), '2001:db8::5:0:0:1');
    const loopback = await server.leafFor('::1', { rejectUnauthorized: false });
    assert.equal(loopback.checkIP('::1'), '::1');
  });

  it('are one for all spellings of a name, an IDN included', () => {
    const leaves = createLeaves(authority);
    const context = leaves.contextFor('Bücher.Example.');
    assert.equal(leaves.contextFor('xn--bcher-kva.example'), context);
    assert.equal(leaves.contextFor('XN--BCHER-KVA.EXAMPLE'), context);
    assert.equal(leaves.contextFor('::ffff:7f00:1'), leaves.contextFor('::FFFF:127.0.0.1'));
    assert.equal(leaves.size, 2);
  });

  it('carry an IDN as A-labels', async () => {
    const leaf = await server.leafFor('bücher.example', { servername: 'xn--bcher-kva.example' });
    assert.equal(leaf.subjectAltName, 'DNS:xn--bcher-kva.example');
  });

  it('have an empty subject and a critical name where the name is longer than a common name may be', async () => {
    const name = `${'a'.repeat(40)}.${'b'.repeat(40)}.example`;
    const leaf = await server.leafFor(name);
    assert.equal(leaf.subject, undefined);
    assert.equal(leaf.subjectAltName, `DNS:${name}`);
    if (!hasOpenssl) return;
    const text = execFileSync('openssl', ['x509', '-noout', '-text'], { input: leaf.toString(), encoding: 'utf8' });
    assert.match(text, /X509v3 Subject Alternative Name: critical/);
  });

  it('pass the strict check of openssl as a server certificate', {
    skip: hasOpenssl ? false : 'no openssl',
  }, async () => {
    const names = ['api.openai.com', '127.0.0.1', '::1', `${'a'.repeat(60)}.example.com`];
    for (const [index, name] of names.entries()) {
      const leaf = await server.leafFor(name, { rejectUnauthorized: false });
      const path = join(root, `leaf-${index}.pem`);
      writeFileSync(path, leaf.toString());
      const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', authority.certPath];
      const check = name.includes(':') || /^[0-9.]+$/.test(name) ? ['-verify_ip', name] : ['-verify_hostname', name];
      assert.match(execFileSync('openssl', [...args, ...check, path], { encoding: 'utf8' }), /: OK$/m);
      const text = execFileSync('openssl', ['x509', '-in', path, '-noout', '-text'], { encoding: 'utf8' });
      assert.match(text, /X509v3 Extended Key Usage:\s+TLS Web Server Authentication/);
      assert.match(text, /X509v3 Key Usage: critical\s+Digital Signature\n/);
      assert.match(text, /X509v3 Authority Key Identifier:/);
      assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/);
      assert.doesNotMatch(text, /CA:TRUE/);
    }
  });

  it('live at most 24 h, begin an hour ago and end with the authority', async () => {
    const now = Date.now();
    const leaf = await server.leafFor('lives.example');
    assert.ok(leaf.validToDate.getTime() - leaf.validFromDate.getTime() < 86_400_000);
    assert.ok(leaf.validToDate.getTime() > now + 22 * 3_600_000);
    // As old as the authority itself, and not older.
    assert.ok(leaf.validFromDate.getTime() >= authority.certificate.validFromDate.getTime());
    assert.ok(leaf.validFromDate.getTime() <= now - 3_500_000);

    const end = authority.certificate.validToDate.getTime();
    server.leaves = createLeaves(authority, { now: () => end - 3_600_000 });
    const last = await server.leafFor('last.example', { rejectUnauthorized: false });
    assert.equal(last.validToDate.getTime(), end);
    server.leaves = createLeaves(authority, { maxAgeMs: 7 * 86_400_000 });
    const capped = await server.leafFor('capped.example');
    assert.ok(capped.validToDate.getTime() - capped.validFromDate.getTime() <= 86_400_000);
    server.leaves = createLeaves(authority);
  });

  it('are minted anew before they expire', async () => {
    let now = Date.now();
    server.leaves = createLeaves(authority, { now: () => now });
    const first = await server.leafFor('renewed.example');
    assert.equal((await server.leafFor('renewed.example')).serialNumber, first.serialNumber);
    now = first.validToDate.getTime() - 1000;
    // The client's own clock has not moved: to it the new leaf lies in the future.
    const second = await server.leafFor('renewed.example', { rejectUnauthorized: false });
    assert.notEqual(second.serialNumber, first.serialNumber);
    assert.ok(second.validToDate > first.validToDate);
    server.leaves = createLeaves(authority);
  });

  it('are kept up to a number, the one not used for longest going first', async () => {
    server.leaves = createLeaves(authority, { max: 2 });
    const a = await server.leafFor('a.example');
    const b = await server.leafFor('b.example');
    assert.equal((await server.leafFor('a.example')).serialNumber, a.serialNumber);
    await server.leafFor('c.example');
    assert.equal(server.leaves.size, 2);
    assert.equal((await server.leafFor('a.example')).serialNumber, a.serialNumber);
    assert.notEqual((await server.leafFor('b.example')).serialNumber, b.serialNumber);
    server.leaves = createLeaves(authority);
  });

  it('of a displaced name do not disturb connections made with them', async () => {
    server.leaves = createLeaves(authority, { max: 1 });
    server.name = 'first.example';
    const socket = await server.connect({ servername: 'first.example' });
    const second = await server.leafFor('second.example');
    assert.equal(second.subjectAltName, 'DNS:second.example');
    socket.write('still here');
    const [echo] = await once(socket, 'data');
    assert.equal(String(echo), 'still here');
    socket.destroy();
    server.leaves = createLeaves(authority);
  });

  it('hold no more memory for very many names than for the number kept', () => {
    const leaves = createLeaves(authority, { max: 50 });
    for (let i = 0; i < 100; i++) leaves.contextFor(`warm-${i}.example`);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 2500; i++) leaves.contextFor(`name-${i}.example`);
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.equal(leaves.size, 50);
    assert.ok(grown < 32, `grew by ${grown.toFixed(0)} MiB`); // 70 MiB when each context is left to the collector
  });

  it('let a client resume a session of the same name and of no other', async () => {
    const options: ConnectionOptions = { servername: 'a.example', maxVersion: 'TLSv1.2' };
    server.leaves = createLeaves(authority, { max: 1 });
    server.name = 'a.example';
    const first = await server.connect(options);
    const session = first.getSession();
    first.destroy();
    assert.ok(session !== undefined);
    const again = await server.connect({ ...options, session });
    assert.equal(again.isSessionReused(), true);
    again.destroy();
    server.name = 'b.example';
    const other = await server.connect({ ...options, servername: 'b.example', session });
    assert.equal(other.isSessionReused(), false);
    other.destroy();
    server.leaves = createLeaves(authority);
  });

  it('are refused for what is neither a host name nor an address', () => {
    const leaves = createLeaves(authority);
    for (const name of [
      '',
      '.',
      'a b',
      'a\0.example',
      'a..b',
      '*.example',
      'a/b',
      '[::1]',
      `${'a'.repeat(64)}.b`,
      'ü\0.b',
    ]) {
      assert.throws(() => leaves.contextFor(name), RangeError, JSON.stringify(name));
    }
    assert.equal(leaves.size, 0);
  });
});
