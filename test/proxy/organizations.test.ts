/** What records say of a destination: the organization in its certificate, where nobody else knows who it is. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { createCatalog } from '../../catalog/catalog.ts';
import { eventDestination } from '../../flow/event-destination.ts';
import { createDialer } from '../../proxy/dialer.ts';
import { learningOrganizations } from '../../proxy/organizations.ts';

test('an unknown host is told by the organization in its certificate, a known one by the catalog', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-organization-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=DNS:files.weir-test.example,DNS:api.openai.com';
  const subject = '/O=Example Holdings\u0007 Ltd/CN=files.weir-test.example';
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-utf8', '-days', '2'],
      ...['-keyout', key, '-out', cert, '-subj', subject, '-addext', names],
    ],
    { stdio: 'pipe' },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on('error', () => socket.destroy());
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const catalog = createCatalog([]);
  const resolve = new Map(
    ['files.weir-test.example', 'api.openai.com'].map((host) => [`${host}:443`, { host: '127.0.0.1', port }]),
  );
  const dialer = learningOrganizations(
    createDialer({
      ...{ resolve, ca: [readFileSync(cert, 'utf8')], isListenerLocal: true, allowed: new Set(), own: () => [] },
      ...{ connectMs: 20_000, tlsMs: 20_000, proxy: null, direct: new Set(), certificates: [] },
    }),
    ({ host, port: at }) => catalog.lookup(host, at).category === 'unknown',
  );
  const of = (host: string) => eventDestination(catalog.lookup(host, 443));
  const plain = { port: 443, vendor: null, category: 'unknown', country: null };
  assert.deepEqual(of('files.weir-test.example'), { host: 'files.weir-test.example', ...plain });
  for (const host of ['files.weir-test.example', 'api.openai.com']) {
    const socket = await dialer.dial({ host, port: 443 }, true);
    socket.destroy();
  }
  const told = { host: 'files.weir-test.example', ...plain, organization: 'Example Holdings Ltd' };
  assert.deepEqual(of('files.weir-test.example'), told);
  assert.equal(of('files.weir-test.example'), of('files.weir-test.example'));
  assert.equal('organization' in of('api.openai.com'), false);
  // Another configuration's catalog, another object, the same host.
  assert.deepEqual(eventDestination(createCatalog([]).lookup('files.weir-test.example', 443)), told);
});
