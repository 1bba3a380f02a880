import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parse } from 'yaml';
import { ADDING, proxyUrl, REPLACING } from '../../cli/routing.ts';
import { assignments } from '../../cli/shell-words.ts';
import { certificatesIn, systemRoots } from '../../cli/trust-bundle.ts';
import { pemOf, signAuthority } from '../../keys/certificate.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { makePlace, type Place } from './run-context.ts';

/** Values that a careless quoting breaks, or runs. */
const HOSTILE: Readonly<Record<string, string>> = {
  A: "it's",
  B: '$(touch /tmp/never) `id` $HOME ${HOME} $$',
  C: 'a "b" \\ c\\',
  D: '; rm -rf x & | > <  *?[] ~ # !x',
  E: '\u2018typographic\u2019 \u201a\u201b \u201cquotes\u201d',
  F: "'; echo out; '",
  G: '',
  H: ' leading, trailing ',
  I: '-Dhttp.nonProxyHosts=a|b "c d" %PATH% ^',
  J: "\\' \\\\'",
};

function newRoot(name: string): string {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const validity = { notBefore: new Date(), notAfter: new Date(Date.now() + 86_400_000) };
  return pemOf(signAuthority(name, publicKey, privateKey, validity));
}

describe('weir env', () => {
  let place: Place;
  beforeEach(() => {
    place = makePlace("a home's $(x)");
  });
  afterEach(() => place.remove());

  const json = async (env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Promise<Record<string, string>> => {
    const { code, out, err } = await place.call(['env', '--json', ...args], env);
    assert.equal(code, 0, err);
    return JSON.parse(out);
  };
  const certificatesOf = (path: string | undefined) => certificatesIn(readFileSync(path ?? '', 'utf8'));

  it('names the proxy in both cases, and makes the authority and its files', async () => {
    const variables = await json();
    for (const name of ['http_proxy', 'https_proxy', 'all_proxy']) {
      assert.equal(variables[name], 'http://127.0.0.1:8787');
      assert.equal(variables[name.toUpperCase()], 'http://127.0.0.1:8787');
    }
    assert.equal(variables['NODE_USE_ENV_PROXY'], '1');
    const ca = join(place.caFolder, 'ca.pem');
    for (const name of ADDING) assert.equal(variables[name], ca);
    for (const name of REPLACING) assert.equal(variables[name], join(place.caFolder, 'bundle.pem'));
    const [own] = certificatesOf(ca);
    const bundle = certificatesOf(join(place.caFolder, 'bundle.pem'));
    assert.deepEqual(bundle, [...systemRoots(), own], 'what the system trusts, and the authority');
    assert.ok(bundle.length > 50);
    assert.equal(statSync(join(place.caFolder, 'bundle.pem')).mode & 0o777, 0o644);
  });

  it('keeps the exceptions of the user and adds this host and the metadata services', async () => {
    const { NO_PROXY, no_proxy } = await json({
      no_proxy: 'intra.example, .corp.example',
      NO_PROXY: 'db:5432,intra.example',
    });
    const entries = (NO_PROXY ?? '').split(',');
    assert.equal(no_proxy, NO_PROXY);
    assert.deepEqual(entries.slice(0, 3), ['intra.example', '.corp.example', 'db:5432']);
    for (const entry of ['localhost', '127.0.0.1', '::1', '169.254.169.254', 'metadata.google.internal']) {
      assert.ok(entries.includes(entry), entry);
    }
    assert.equal(new Set(entries).size, entries.length);
    assert.match((await place.call(['env'], { NO_PROXY: '*' })).err, /NO_PROXY names \*/);
  });

  it('joins the roots that the user has named, each variable its own', async () => {
    const [corp, extra, folderRoot] = [newRoot('Corp'), newRoot('Extra'), newRoot('Folder')];
    writeFileSync(join(place.folder, 'corp.pem'), `# a comment\n${corp}`);
    writeFileSync(join(place.folder, 'extra.pem'), extra);
    const folder = join(place.folder, 'roots');
    mkdirSync(folder);
    writeFileSync(join(folder, '1a2b3c4d.0'), folderRoot);
    writeFileSync(join(folder, 'README'), 'no certificate');
    const variables = await json({
      SSL_CERT_FILE: join(place.folder, 'corp.pem'),
      NODE_EXTRA_CA_CERTS: join(place.folder, 'extra.pem'),
      REQUESTS_CA_BUNDLE: folder,
    });
    const [own] = certificatesOf(join(place.caFolder, 'ca.pem'));
    const one = (pem: string) => certificatesIn(pem)[0];
    assert.deepEqual(certificatesOf(variables['SSL_CERT_FILE']), [one(corp), own], 'as narrow as it was');
    assert.deepEqual(certificatesOf(variables['REQUESTS_CA_BUNDLE']), [one(folderRoot), own]);
    assert.deepEqual(certificatesOf(variables['NODE_EXTRA_CA_CERTS']), [one(extra), own]);
    const others = certificatesOf(variables['CURL_CA_BUNDLE']);
    for (const pem of [corp, extra, folderRoot]) assert.ok(others.includes(one(pem) ?? ''));
    assert.ok(others.length > 50);
  });

  it('says which file of the user cannot be read, and goes on without it', async () => {
    const { code, err } = await place.call(['env'], { SSL_CERT_FILE: join(place.folder, 'missing.pem') });
    assert.equal(code, 0);
    assert.match(err, /SSL_CERT_FILE names no readable certificates: left out/);
  });

  it('is the same when it is evaluated twice', async () => {
    const outside = {
      NODE_OPTIONS: '--max-old-space-size=512',
      JAVA_TOOL_OPTIONS: '-Xmx1g -Dhttp.nonProxyHosts=*.corp.example -Dhttps.proxyHost=other',
      NODE_EXTRA_CA_CERTS: join(place.folder, 'extra.pem'),
    };
    writeFileSync(outside.NODE_EXTRA_CA_CERTS, newRoot('Extra'));
    const once = await json(outside);
    const twice = await json({ ...outside, ...once });
    assert.deepEqual(twice, once);
  });

  it('keeps the options of Node and Java that the user has set', async () => {
    const { NODE_OPTIONS, JAVA_TOOL_OPTIONS } = await json({
      NODE_OPTIONS: '--max-old-space-size=512',
      JAVA_TOOL_OPTIONS: '-Xmx1g -Dhttp.nonProxyHosts=*.corp.example -Dhttps.proxyHost=other -Dhttps.proxyPort=1',
    });
    assert.match(NODE_OPTIONS ?? '', /^--max-old-space-size=512 --require .*route\.cjs"?$/);
    assert.match(JAVA_TOOL_OPTIONS ?? '', /^-Xmx1g -Dhttp\.proxyHost=127\.0\.0\.1 -Dhttp\.proxyPort=8787 -Dhttps/);
    assert.match(
      JAVA_TOOL_OPTIONS ?? '',
      /-Dhttp\.nonProxyHosts=\*\.corp\.example\|localhost\|127\.0\.0\.1\|\[::1\]\|/,
    );
    assert.doesNotMatch(JAVA_TOOL_OPTIONS ?? '', /other/);
    assert.match(JAVA_TOOL_OPTIONS ?? '', /-Djavax\.net\.ssl\.trustStore=.*java\.jks" .*trustStoreType=JKS/);
    const own = await json({ JAVA_TOOL_OPTIONS: '-Djavax.net.ssl.trustStore=/srv/corp.jks' });
    assert.doesNotMatch(own['JAVA_TOOL_OPTIONS'] ?? '', /java\.jks/);
  });

  it('points proxies of other protocols here where the user has some, and sets none otherwise', async () => {
    assert.equal('grpc_proxy' in (await json()), false);
    const variables = await json({ grpc_proxy: 'http://corp:3128', npm_config_https_proxy: 'http://corp:3128' });
    assert.equal(variables['grpc_proxy'], 'http://127.0.0.1:8787');
    assert.equal(variables['npm_config_https_proxy'], 'http://127.0.0.1:8787');
  });

  it('puts the label and its token into the address of the proxy', async () => {
    const proxyFor = async (args: string[], env = {}) => (await json(env, args))['HTTPS_PROXY'];
    assert.equal(await proxyFor(['--app', 'billing']), 'http://billing:@127.0.0.1:8787');
    const token = 'to:k/@';
    assert.equal(await proxyFor(['--app', `billing:${token}`]), 'http://billing:to%3Ak%2F%40@127.0.0.1:8787');
    const env = { WEIR_APP_TOKEN: token };
    assert.equal(await proxyFor(['--app', 'my app'], env), 'http://my%20app:to%3Ak%2F%40@127.0.0.1:8787');
    for (const bad of ['', ':x', 'a\nb', 'a'.repeat(101)]) {
      assert.equal((await place.call(['env', `--app=${bad}`])).code, 2, JSON.stringify(bad));
    }
  });

  it('says on stderr, not in what is evaluated, that nothing listens, or something else', async () => {
    const server = createServer((_, response) => response.end('other')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stranger = await place.call(['env', '--address', `127.0.0.1:${port}`]);
    assert.match(stranger.err, /what listens at http:\/\/127\.0\.0\.1:\d+ is not a weir/);
    server.close();
    await once(server, 'close');
    const nothing = await place.call(['env', '--address', `127.0.0.1:${port}`]);
    assert.match(nothing.err, /nothing listens at .* yet; start it with: weir up/);
    assert.doesNotMatch(nothing.out, /nothing listens|weir up/);
    assert.equal((await place.call(['env', '--address', 'nonsense'])).code, 2);
  });

  it('comes back from a shell exactly as it was meant', async () => {
    const env = { NO_PROXY: "it's,$(id),`id`" };
    const { out } = await place.call(['env', '--shell', 'bash', '--app', "o'neil $(id)"], env);
    const expected = await json(env, ['--app', "o'neil $(id)"]);
    const script = `eval "$1"\nexec ${process.execPath} -e 'console.log(JSON.stringify(process.env))'`;
    const shell = spawnSync('sh', ['-c', script, 'sh', out], { env: { PATH: process.env['PATH'] }, encoding: 'utf8' });
    const got: Record<string, string> = JSON.parse(shell.stdout);
    for (const [name, value] of Object.entries(expected)) assert.equal(got[name], value, name);
  });

  it('prints for a container what lies in the container, and mounts no key', async () => {
    const { out } = await place.call(['env', '--shell', 'docker'], {
      NO_PROXY: 'host.only',
      SSL_CERT_FILE: '/nowhere',
    });
    const lines = out.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const variables = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    assert.equal(variables['HTTPS_PROXY'], 'http://host.docker.internal:8787');
    assert.equal(variables['NODE_EXTRA_CA_CERTS'], '/etc/weir/ca.pem');
    assert.equal(variables['SSL_CERT_FILE'], '/etc/weir/bundle.pem');
    assert.equal('NODE_OPTIONS' in variables, false, 'a preload that is not there would keep Node from starting');
    assert.doesNotMatch(out, /host\.only|ca\.key|\/nowhere/);
    assert.match(out, /# .*ca\.pem.*:\/etc\/weir\/ca\.pem:ro/);
    assert.ok(statSync(join(place.caFolder, 'bundle.pem')).isFile());
  });

  it('prints a drop-in for systemd', async () => {
    const { out } = await place.call(['env', '--shell', 'systemd'], { NODE_OPTIONS: '--title="50% off"' });
    assert.match(out, /^\[Service\]\nEnvironment="http_proxy=http:\/\/127\.0\.0\.1:8787"\n/);
    assert.match(out, /^Environment="NODE_OPTIONS=--title=\\"50%% off\\" --require .*"$/m);
    for (const line of out.trim().split('\n').slice(1)) assert.match(line, /^Environment="\w+=(?:[^"\\]|\\.)*"$/);
  });

  it('prints commands for git that git itself takes', async () => {
    const { out } = await place.call(['env', '--shell', 'git', '--app', "o'neil"]);
    const env = { PATH: process.env['PATH'], HOME: place.folder, GIT_CONFIG_NOSYSTEM: '1' };
    assert.equal(spawnSync('sh', ['-c', out], { env }).status, 0);
    const read = (key: string) =>
      spawnSync('git', ['config', '--global', key], { env, encoding: 'utf8' }).stdout.trim();
    const { HTTPS_PROXY, GIT_SSL_CAINFO } = await json({}, ['--app', "o'neil"]);
    assert.equal(read('http.proxy'), HTTPS_PROXY);
    assert.equal(read('http.sslCAInfo'), GIT_SSL_CAINFO);
  });

  it('prints settings for editors, which are JSON inside their comments', async () => {
    for (const editor of ['vscode', 'cursor']) {
      const { out } = await place.call(['env', '--shell', editor]);
      const settings = JSON.parse(`{${out.replace(/^\/\/.*$/gm, '')}}`);
      assert.equal(settings['http.proxy'], 'http://127.0.0.1:8787');
      assert.equal(settings['http.proxyStrictSSL'], true);
      assert.ok(settings['http.noProxy'].includes('169.254.169.254'));
      assert.equal(settings['terminal.integrated.env.linux'].HTTPS_PROXY, 'http://127.0.0.1:8787');
      assert.match(out, /weir ca trust/);
    }
  });

  it('prints for Kubernetes the env of a container as YAML', async () => {
    const { out } = await place.call(['env', '--shell', 'k8s', '--address', 'weir.guard.svc:8787']);
    const list: { name: string; value: string }[] = parse(out);
    const found = list.find(({ name }) => name === 'HTTPS_PROXY');
    assert.equal(found?.value, 'http://weir.guard.svc:8787');
    assert.ok(list.every(({ name, value }) => typeof name === 'string' && typeof value === 'string'));
  });
});

describe('assignments', () => {
  it('survive a POSIX shell, whatever is in them', () => {
    const script = `${assignments('bash', { ...HOSTILE, N: 'two\nlines' })}exec ${process.execPath} -e 'console.log(JSON.stringify(process.env))'`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { env: {}, encoding: 'utf8' });
    assert.equal(stderr, '');
    const got: Record<string, string> = JSON.parse(stdout);
    for (const [name, value] of Object.entries({ ...HOSTILE, N: 'two\nlines' })) assert.equal(got[name], value, name);
  });

  const fish = spawnSync('fish', ['--version']).status === 0;
  it('survive fish', { skip: fish ? false : 'no fish on this host' }, () => {
    const script = `${assignments('fish', HOSTILE)}exec ${process.execPath} -e 'console.log(JSON.stringify(process.env))'`;
    const got: Record<string, string> = JSON.parse(spawnSync('fish', ['-c', script], { encoding: 'utf8' }).stdout);
    for (const [name, value] of Object.entries(HOSTILE)) assert.equal(got[name], value, name);
  });

  it('escape what fish and PowerShell read inside single quotes, and nothing else', () => {
    assert.equal(assignments('fish', { A: "a'b\\c$d" }), "set -gx A 'a\\'b\\\\c$d'\n");
    assert.equal(assignments('pwsh', { A: "a'b\u2019c$d`e\\" }), "$env:A = 'a''b\u2019\u2019c$d`e\\'\n");
  });

  it('are literal lines in an env file, which refuses what it cannot hold', () => {
    assert.equal(assignments('docker', { A: '"quoted" $x' }), 'A="quoted" $x\n');
    assert.throws(() => assignments('docker', { A: 'two\nlines' }), /A holds a line break/);
    assert.throws(() => assignments('bash', { A: 'a\0b' }), RangeError);
    assert.throws(() => assignments('bash', { 'A;id': 'x' }), RangeError);
  });

  it('are YAML strings that the kubelet does not expand', () => {
    const list: { name: string; value: string }[] = parse(assignments('k8s', { ...HOSTILE, K: '$(HOME)' }));
    const values = Object.fromEntries(list.map(({ name, value }) => [name, value]));
    for (const name of 'ACDEFGHIJ') assert.equal(values[name], HOSTILE[name], name);
    assert.equal(values['K'], '$$(HOME)');
  });
});

describe('proxyUrl', () => {
  it('is loopback for a listener on every address, and has brackets round IPv6', () => {
    assert.equal(proxyUrl({ host: '0.0.0.0', port: 1 }, null, null), 'http://127.0.0.1:1');
    assert.equal(proxyUrl({ host: '::', port: 1 }, 'a', null), 'http://a:@[::1]:1');
    assert.equal(
      proxyUrl({ host: 'proxy.example', port: 1 }, 'a:b@c/d', 'x'),
      'http://a%3Ab%40c%2Fd:x@proxy.example:1',
    );
  });
});

const hasKeytool = spawnSync('keytool', ['-help']).status === 0;
describe("Java's trust store", { skip: hasKeytool ? false : 'no keytool on this host' }, () => {
  it('is one that Java reads whole', async () => {
    const place = makePlace();
    try {
      const authority = loadOrCreateAuthority(place.caFolder);
      await place.call(['env']);
      const store = join(place.caFolder, 'java.jks');
      const { stdout } = spawnSync('keytool', ['-list', '-keystore', store, '-storepass', 'changeit'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] },
      });
      assert.equal(stdout.match(/trustedCertEntry/g)?.length, systemRoots().length + 1);
      assert.ok(stdout.includes(authority.certificate.fingerprint256));
    } finally {
      place.remove();
    }
  });
});
