import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { recipeFor } from '../../cli/ca/trust.ts';
import { ROOT } from '../support/weir-command.ts';
import { makePlace, type Place } from './run-context.ts';

describe('weir ca', () => {
  let place: Place;
  beforeEach(() => {
    place = makePlace();
  });
  afterEach(() => place.remove());

  it('makes the authority once and prints where its certificate is', async () => {
    const first = await place.call(['ca', 'init']);
    assert.deepEqual(first, { code: 0, out: `${join(place.caFolder, 'ca.pem')}\n`, err: '' });
    const certificate = readFileSync(join(place.caFolder, 'ca.pem'), 'utf8');
    const second = await place.call(['ca', 'init']);
    assert.equal(second.code, 0);
    assert.equal(second.out, first.out);
    assert.match(second.err, /there is one already, valid until \d{4}-\d\d-\d\d; --force makes a new one/);
    assert.equal(readFileSync(join(place.caFolder, 'ca.pem'), 'utf8'), certificate);
  });

  it('replaces it with --force, after saying what stops working', async () => {
    await place.call(['ca', 'init']);
    const before = readFileSync(join(place.caFolder, 'ca.pem'), 'utf8');
    const { code, err } = await place.call(['ca', 'init', '--force']);
    assert.equal(code, 0);
    assert.match(err, /running shows certificates of the old one.*old variables fail.*told to trust the old one/s);
    assert.notEqual(readFileSync(join(place.caFolder, 'ca.pem'), 'utf8'), before);
  });

  it('mends with --force a home whose key is gone', async () => {
    await place.call(['ca', 'init']);
    rmSync(join(place.caFolder, 'ca.key'));
    const broken = await place.call(['ca', 'export']);
    assert.equal(broken.code, 1);
    assert.match(broken.err, /authority_unusable.*weir ca init --force/);
    assert.equal((await place.call(['ca', 'init', '--force'])).code, 0);
    assert.equal((await place.call(['ca', 'export'])).code, 0);
  });

  it('rotates it in three steps, and says what each leaves to be done', async () => {
    const first = (await place.call(['ca', 'export'])).out;
    assert.equal((await place.call(['ca', 'rotate', '--finish'])).code, 1);
    const begun = await place.call(['ca', 'rotate']);
    assert.deepEqual([begun.code, begun.out], [0, `${join(place.caFolder, 'ca.pem')}\n`]);
    assert.match(begun.err, /trusted beside the present one.*weir ca trust.*weir ca rotate --finish/s);
    assert.match((await place.call(['ca', 'rotate'])).err, /under way already/);
    const both = (await place.call(['ca', 'export'])).out;
    assert.equal(both.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.ok(both.startsWith(first));
    const bundle = JSON.parse((await place.call(['env', '--json'])).out)['SSL_CERT_FILE'];
    for (const pem of both.match(/-----BEGIN[^-]+-----END CERTIFICATE-----/g) ?? []) {
      assert.ok(readFileSync(bundle, 'utf8').includes(pem), 'what is started now trusts both');
    }
    const finished = await place.call(['ca', 'rotate', '--finish']);
    assert.equal(finished.code, 0);
    assert.match(finished.err, /until it is started again; both are trusted/);
    assert.ok((await place.call(['ca', 'export'])).out.endsWith(first));
    assert.equal((await place.call(['ca', 'rotate', '--drop-old'])).code, 0);
    assert.equal((await place.call(['ca', 'export'])).out.match(/BEGIN CERTIFICATE/g)?.length, 1);
    assert.equal((await place.call(['ca', 'rotate', '--drop-old'])).code, 1);
    assert.equal((await place.call(['ca', 'rotate', '--finish', '--drop-old'])).code, 2);
  });

  it('prints the path alone, of a new home as well', async () => {
    const { code, out, err } = await place.call(['ca', 'path']);
    assert.deepEqual([code, err], [0, '']);
    assert.equal(out, `${join(place.caFolder, 'ca.pem')}\n`);
    assert.ok(existsSync(out.trim()));
  });

  it('exports the certificate as PEM and as DER, and never the key', async () => {
    const { out: pem } = await place.call(['ca', 'export']);
    const certificate = new X509Certificate(pem);
    const key = readFileSync(join(place.caFolder, 'ca.key'), 'utf8');
    assert.doesNotMatch(pem, /PRIVATE KEY/);
    assert.ok(certificate.ca);
    // A process of its own: DER is bytes, which only stdout itself takes.
    const args = [join(ROOT, 'cli/main.ts'), 'ca', 'export', '--format', 'der'];
    const { stdout } = spawnSync(process.execPath, args, { env: { WEIR_HOME: place.home }, cwd: place.folder });
    assert.ok(stdout.equals(certificate.raw));
    assert.ok(!stdout.toString('base64').includes(key.split('\n')[1] ?? 'nothing'));
    assert.match((await place.call(['ca', 'export', '--format', 'p12'])).err, /--format must be one of pem, der/);
  });

  it('is bad usage without a subcommand, or with an unknown one', async () => {
    assert.equal((await place.call(['ca'])).code, 2);
    const { code, err } = await place.call(['ca', 'exprot']);
    assert.equal(code, 2);
    assert.match(err, /"exprot".*did you mean "export"/);
  });

  it('says with --dry-run what it would do to trust it, and does nothing', async () => {
    const before = existsSync('/usr/local/share/ca-certificates')
      ? readdirSync('/usr/local/share/ca-certificates')
      : [];
    const { code, out, err } = await place.call(['ca', 'trust', '--dry-run']);
    if (code === 0) assert.match(out, /update-ca|security add-trusted-cert|certutil/);
    else assert.match(err, /trust store is not known/);
    const after = existsSync('/usr/local/share/ca-certificates') ? readdirSync('/usr/local/share/ca-certificates') : [];
    assert.deepEqual(after, before);
  });
});

describe('how a system is told to trust', () => {
  const on = (platform: NodeJS.Platform, ...paths: string[]) =>
    recipeFor(platform, '/home/a b/ca.pem', '0123456789abcdef', (path) => paths.includes(path));

  it('is a copy and a tool on Linux, by what is there', () => {
    assert.deepEqual(on('linux', '/usr/local/share/ca-certificates', '/usr/sbin/update-ca-certificates'), {
      copyTo: '/usr/local/share/ca-certificates/weir-01234567.crt',
      command: ['/usr/sbin/update-ca-certificates'],
      undo: 'sudo rm /usr/local/share/ca-certificates/weir-01234567.crt && sudo /usr/sbin/update-ca-certificates',
    });
    const fedora = on('linux', '/etc/pki/ca-trust/source/anchors', '/usr/bin/update-ca-trust');
    assert.equal(fedora?.copyTo, '/etc/pki/ca-trust/source/anchors/weir-01234567.crt');
    assert.deepEqual(fedora?.command, ['/usr/bin/update-ca-trust', 'extract']);
    assert.equal(on('linux', '/usr/local/share/ca-certificates'), null, 'the tool is missing');
    assert.equal(on('freebsd'), null);
  });

  it("is the system's keychain on macOS and the machine's store on Windows", () => {
    const mac = on('darwin');
    assert.deepEqual(mac?.command.slice(0, 4), ['security', 'add-trusted-cert', '-d', '-r']);
    assert.equal(mac?.command.at(-1), '/home/a b/ca.pem');
    assert.deepEqual(on('win32')?.command, ['certutil', '-addstore', '-f', 'ROOT', '/home/a b/ca.pem']);
  });
});
