/** The configuration: defaults, what each key becomes, and the exact place and words of every kind of problem. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Config } from '../../config/config.ts';
import { checkListener, isLoopback, loadConfig } from '../../config/load.ts';
import { tokenMatches } from '../../config/tokens.ts';
import { WeirError } from '../../flow/errors.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string, env: NodeJS.ProcessEnv = {}): Config {
  writeFileSync(join(folder, 'weir.yaml'), text);
  return loadConfig({ file: null, env: { HOME: '/home/u', ...env }, cwd: folder });
}

/** Every line of the error that a text gives. */
function problemsOf(text: string): readonly string[] {
  try {
    load(text);
  } catch (error) {
    assert.ok(error instanceof WeirError);
    assert.equal(error.code, 'config_invalid');
    return error.message.split('\n');
  }
  return [];
}

const DIGEST = createHash('sha256').update('hush').digest('hex');

describe('a configuration that is right', () => {
  test('without a file everything is the default, home below HOME', () => {
    const cwd = join(folder, 'empty');
    mkdirSync(cwd);
    const config = loadConfig({ file: null, env: { HOME: '/home/u' }, cwd });
    assert.equal(config.file, null);
    assert.equal(config.home, '/home/u/.weir');
    assert.deepEqual(config.proxy.listen, { host: '127.0.0.1', port: 8787 });
    assert.deepEqual(config.proxy.intercept, ['*']);
    assert.deepEqual(config.proxy.onOpaque, { media: 'alert', encoded: 'block' });
    assert.deepEqual(config.proxy.block, { status: 400, style: 'error' });
    assert.deepEqual(config.proxy.limits, {
      inspectBytes: 32 * 2 ** 20,
      besideBytes: 2 ** 20,
      heldBytes: 512 * 2 ** 20,
      headerBytes: 65_536,
      shapeBytes: 2 ** 20,
      holdMs: 200,
      connectMs: 10_000,
      tlsMs: 10_000,
      firstByteMs: 900_000,
      clientHeadMs: 30_000,
      clientBodyBytesPerSecond: 1024,
      idleMs: 75_000,
      clientHelloMs: 10_000,
      drainMs: 10_000,
      modelMs: 2000,
      documentMs: 10_000,
      maxConnections: 10_000,
    });
    assert.equal(config.policies, null);
    assert.deepEqual(config.excerpts, { chars: 75, encrypt: true });
    const days = (count: number) => count * 86_400_000;
    assert.deepEqual(config.retention, {
      ...{ eventsMs: days(90), allowedMs: days(7), excerptsMs: days(30), edgesMs: days(400) },
      maxBytes: 10 * 2 ** 30,
    });
    assert.deepEqual(config.console.listen, { host: '127.0.0.1', port: 8788 });
    assert.deepEqual(config.sensor, {
      enabled: 'auto',
      cgroup: null,
      sample: { messages: 60, bytes: 4096 },
      responses: true,
      sockets: true,
      cri: 'auto',
      kubelet: null,
      steer: null,
      block: false,
    });
  });

  test('an empty file and a file of comments are as none', () => {
    assert.deepEqual({ ...load(''), file: null }, { ...load('# nothing\n'), file: null });
    assert.equal(load('').file, join(folder, 'weir.yaml'));
  });

  test('WEIR_HOME wins over home, ~ is HOME, and other paths are relative to the file or, for WEIR_HOME, to the folder', () => {
    assert.equal(load('home: ~/w').home, '/home/u/w');
    assert.equal(load('home: state').home, join(folder, 'state'));
    assert.equal(load('home: ~/w', { WEIR_HOME: '/srv/weir' }).home, '/srv/weir');
    assert.equal(load('home: ~/w', { WEIR_HOME: 'mine' }).home, join(folder, 'mine'));
    assert.equal(load('home: ~/w', { WEIR_HOME: '' }).home, '/home/u/w');
  });

  test('a file named by --config is read from the folder given, and its paths are relative to it', () => {
    mkdirSync(join(folder, 'sub'), { recursive: true });
    writeFileSync(join(folder, 'sub', 'a.yaml'), 'home: state');
    const config = loadConfig({ file: 'sub/a.yaml', env: {}, cwd: folder });
    assert.equal(config.file, join(folder, 'sub', 'a.yaml'));
    assert.equal(config.home, join(folder, 'sub', 'state'));
  });

  test('hosts, ports and globs are taken in one spelling', () => {
    const { proxy } = load(`
proxy:
  listen: "[::1]:0"
  names: [WEIR.Example., bücher.example]
  bypass: ["*.BANK.example", 0x7f.1]
  resolve: {"API.openai.com.:443": "[0:0::1]:9443"}
`);
    assert.deepEqual(proxy.listen, { host: '::1', port: 0 });
    assert.deepEqual(proxy.names, ['weir.example', 'xn--bcher-kva.example']);
    assert.deepEqual(proxy.bypass, ['*.bank.example', '127.0.0.1']);
    assert.deepEqual([...proxy.resolve], [['api.openai.com:443', { host: '::1', port: 9443 }]]);
  });

  test('sizes and times take plain numbers and units', () => {
    const { limits } = load(
      'proxy: {limits: {inspectBytes: 1MiB, heldBytes: 1GiB, idleMs: 2m, maxConnections: 5}}',
    ).proxy;
    assert.equal(limits.inspectBytes, 2 ** 20);
    assert.equal(limits.heldBytes, 2 ** 30);
    assert.equal(limits.idleMs, 120_000);
    assert.equal(limits.maxConnections, 5);
    assert.equal(limits.connectMs, 10_000);
  });

  test('style message answers 200 unless a status is given', () => {
    assert.deepEqual(load('proxy: {block: {style: message}}').proxy.block, { status: 200, style: 'message' });
    assert.deepEqual(load('proxy: {block: {style: message, status: 422}}').proxy.block, {
      status: 422,
      style: 'message',
    });
    assert.deepEqual(load('proxy: {block: {status: 451}}').proxy.block, { status: 451, style: 'error' });
  });

  test('providers, apps, destinations and detection become what the rest of weir uses', () => {
    const config = load(`
proxy:
  providers: {corp: {url: "https://llm.corp.example/", shape: openai}, lab: {url: "http://10.0.0.5:8080"}}
  origins: ["https://app.example", "vscode-webview://abc"]
detection: {countries: all, languages: [en, de], disable: [CREDIT_CARD], names: "off", model: null}
apps: [{name: billing, owner: team, token: "SHA256:${DIGEST.toUpperCase()}"}, {name: other}]
destinations: [{hosts: ["*.Corp.example:8443", "[::1]:11434"], vendor: Corp, category: genai, sanctioned: true, private: true, country: DE}]
bus: null
baseline:
sensor:
  enabled: false
  cri: /run/crio/crio.sock
  kubelet: {url: "https://127.0.0.1:10250", tokenFile: /run/token}
store: sqlite
`);
    assert.deepEqual(config.proxy.providers.get('corp'), {
      name: 'corp',
      url: 'https://llm.corp.example',
      shape: 'openai',
    });
    assert.equal(config.proxy.providers.get('lab')?.shape, null);
    assert.deepEqual(config.proxy.origins, ['https://app.example', 'vscode-webview://abc']);
    assert.deepEqual(config.detection, { disable: ['CREDIT_CARD'], countries: null, names: 'off', model: null });
    assert.deepEqual(config.apps, [
      { name: 'billing', owner: 'team', tokenSha256: DIGEST, match: null, iam: null, hosts: [] },
      { name: 'other', owner: null, tokenSha256: null, match: null, iam: null, hosts: [] },
    ]);
    assert.deepEqual(config.destinations[0]?.hosts, ['*.corp.example:8443', '[::1]:11434']);
    assert.equal(config.destinations[0]?.note, null);
    assert.deepEqual(config.sensor, {
      enabled: false,
      cgroup: null,
      sample: { messages: 60, bytes: 4096 },
      responses: true,
      sockets: true,
      cri: '/run/crio/crio.sock',
      kubelet: { url: 'https://127.0.0.1:10250', tokenFile: '/run/token', ca: [] },
      steer: null,
      block: false,
    });
  });

  test('a principal and addresses of an app say nothing of processes; fences and the baseline are read', () => {
    const config = load(`
apps: [{name: billing, hosts: ["Billing.internal:8443"], match: {iam: "arn:aws:sts::*:assumed-role/billing/*"}}]
environments: {pci: {apps: [billing], vendors: [Stripe]}}
baseline: flows.yaml
`);
    const [billing] = config.apps;
    assert.deepEqual(
      [billing?.match, billing?.iam, billing?.hosts],
      [null, 'arn:aws:sts::*:assumed-role/billing/*', ['billing.internal:8443']],
    );
    assert.deepEqual(config.environments.get('pci'), { apps: ['billing'], stores: [], vendors: ['Stripe'] });
    assert.equal(config.baseline, join(folder, 'flows.yaml'));
    assert.deepEqual(problemsOf('environments: {pci: {}}'), ['weir.yaml:1:21: expected apps, stores or vendors']);
  });

  test('stores are read, their hosts in one spelling', () => {
    const { stores } = load(
      'stores: [{name: crm, owner: team-crm, hosts: ["DB1:5432", "*.crm.example", "::1"]}, {name: b, hosts: [b]}]',
    );
    assert.deepEqual(stores, [
      { name: 'crm', owner: 'team-crm', hosts: ['db1:5432', '*.crm.example', '::1'] },
      { name: 'b', owner: null, hosts: ['b'] },
    ]);
  });

  test('certificates under upstream.ca are read, several in one file too', () => {
    const { certPem } = loadOrCreateAuthority(join(folder, 'ca'));
    writeFileSync(join(folder, 'two.pem'), `one\n${certPem}\ntwo\n${certPem}`);
    const { ca } = load('proxy: {upstream: {ca: [two.pem]}}').proxy.upstream;
    assert.equal(ca.length, 2);
    assert.match(ca[1] ?? '', /^-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----$/);
  });

  test('it is frozen to the last list', () => {
    const config = load('proxy: {bypass: [a.example]}');
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.proxy.limits) && Object.isFrozen(config.proxy.bypass));
    assert.throws(() => Object.assign(config.proxy, { open: true }), TypeError);
  });
});

/** Text, and the lines that it gives. */
const WRONG: readonly (readonly [what: string, text: string, ...lines: readonly string[]])[] = [
  ['an unknown key at the top', 'prxy: {}', '1:1: unknown key "prxy"; did you mean "proxy"?'],
  ['an unknown key further down', 'proxy:\n  lisen: 127.0.0.1:1', '2:3: unknown key "lisen"; did you mean "listen"?'],
  ['a key twice', 'home: a\nhome: b', '2:1: duplicate key "home"'],
  [
    'a key with nothing behind it',
    'proxy:\n  listen:',
    '2:3: expected host:port, such as 127.0.0.1:8787 or "[::1]:8787", found nothing',
  ],
  ['a list where an object belongs', 'proxy: []', '1:8: expected an object, found a list'],
  [
    'a port alone',
    'proxy: {listen: 8787}',
    '1:17: expected host:port, such as 127.0.0.1:8787 or "[::1]:8787", found a number',
  ],
  [
    'no host',
    'proxy: {listen: ":8787"}',
    '1:17: expected host:port; for every address of this host write "0.0.0.0" or "[::]" before the port',
  ],
  [
    'a port that is none',
    'console: {listen: "127.0.0.1:70000"}',
    '1:19: expected host:port, such as 127.0.0.1:8787 or "[::1]:8787"',
  ],
  ['a name with a port', 'proxy: {names: ["a.example:80"]}', '1:17: expected a host name without scheme or port'],
  ['a URL as a glob', 'proxy: {bypass: ["https://a.example"]}', '1:18: expected a host, without scheme or path'],
  [
    'a domain as a glob',
    'proxy: {intercept: [".a.example"]}',
    '1:21: expected a host; every name below a domain is written "*.example.com"',
  ],
  [
    'a glob with a port',
    'proxy: {bypass: ["*.a.example:80"]}',
    '1:18: expected a host, in which * is any characters, without a port',
  ],
  [
    'a key of resolve without a port',
    'proxy: {resolve: {a.example: "b:1"}}',
    '1:19: expected host:port, such as api.openai.com:443',
  ],
  ['a glob in resolve', 'proxy: {resolve: {"*:443": "b:1"}}', '1:19: expected one host:port; * is not taken here'],
  [
    'a target of resolve without a port',
    'proxy: {resolve: {"a.example:443": "b"}}',
    '1:36: expected host:port, such as api.openai.com:443',
  ],
  [
    'a provider with a path',
    'proxy:\n  providers:\n    corp: {url: "https://a/v1"}',
    '3:17: expected an origin such as https://llm.corp.example, without path or password',
  ],
  [
    'a provider of no name',
    'proxy: {providers: {Corp: {url: "https://a"}}}',
    '1:21: expected a name of lower-case letters, digits and "-"',
  ],
  [
    'a provider without url',
    'proxy: {providers: {corp: {shape: openai}}}',
    '1:27: missing key "url", expected an origin such as https://llm.corp.example, without path or password',
  ],
  [
    'a shape that is none',
    'proxy: {providers: {corp: {url: "https://a", shape: opnai}}}',
    '1:53: expected one of openai, anthropic, gemini; did you mean "openai"?',
  ],
  ['any origin', 'proxy: {origins: ["*"]}', '1:19: expected a browser origin such as https://app.example'],
  [
    'an origin with a path',
    'proxy: {origins: ["https://a.example/"]}',
    '1:19: expected a browser origin such as https://app.example',
  ],
  ['no workers', 'proxy: {workers: 0}', '1:18: expected `auto` (one a core), or a number from 1 to 256'],
  ['another word', 'proxy:\n  onError: close', '2:12: expected one of closed, open; did you mean "closed"?'],
  ['an action that is none here', 'proxy: {onOpaque: {media: redact}}', '1:27: expected one of allow, alert, block'],
  ['a status of success for an error', 'proxy: {block: {status: 200}}', '1:25: expected a status from 400 to 499'],
  [
    'a status that SDKs retry',
    'proxy: {block: {status: 503, style: message}}',
    '1:25: expected 200, or a status from 400 to 499',
  ],
  [
    'a size of no unit',
    'proxy: {limits: {inspectBytes: 32MB}}',
    '1:32: expected a size such as 64KiB, 32MiB, 10GiB or a number of bytes',
  ],
  ['a size out of range', 'proxy: {limits: {headerBytes: 1}}', '1:31: out of range: expected from 1KiB to 1MiB'],
  [
    'a time of no unit',
    'proxy: {limits: {idleMs: 10 seconds}}',
    '1:26: expected milliseconds or a duration such as 200ms, 10s or 15m',
  ],
  ['a time out of range', 'proxy: {limits: {idleMs: 2d}}', '1:26: out of range: expected from 1ms to 1d'],
  [
    'less room than one body',
    'proxy: {limits: {inspectBytes: 2MiB, heldBytes: 1MiB}}',
    '1:49: expected at least inspectBytes: one body must fit',
  ],
  [
    'a certificate file that is not there',
    'proxy: {upstream: {ca: [none.pem]}}',
    `1:25: cannot be read (ENOENT): ${join(folder, 'none.pem')}`,
  ],
  [
    'a file without certificates',
    'proxy: {upstream: {ca: [weir.yaml]}}',
    `1:25: expected certificates in PEM (-----BEGIN CERTIFICATE-----): ${join(folder, 'weir.yaml')}`,
  ],
  ['policies that are not there', 'policies: [none]', `1:12: no such file or folder: ${join(folder, 'none')}`],
  [
    'an unknown entity',
    'detection: {disable: [CREDIT_CRD]}',
    '1:23: no recognizer or entity of this name; did you mean "CREDIT_CARD"?',
  ],
  [
    'an entity like no other',
    'detection: {disable: [ZZZZZZZZ]}',
    '1:23: no recognizer or entity of this name; `weir recognizers` lists them',
  ],
  [
    'an app of no name',
    'apps: [{owner: a}]',
    '1:8: missing key "name", expected a name of up to 100 characters, without ":"',
  ],
  ['an app with a colon', 'apps: [{name: "a:b"}]', '1:15: expected a name of up to 100 characters, without ":"'],
  ['two apps of one name', 'apps:\n  - name: a\n  - name: a', '3:11: an app of this name stands before'],
  [
    'a token in clear',
    'apps: [{name: a, token: hush}]',
    '1:25: expected "sha256:" and the 64 hex digits of the SHA-256 of the token (printf %s TOKEN | sha256sum)',
  ],
  [
    'a store without a name',
    'stores: [{hosts: [db]}]',
    '1:10: missing key "name", expected a name of up to 100 characters',
  ],
  [
    'a store twice',
    'stores:\n  - {name: a, hosts: [db]}\n  - {name: a, hosts: ["db:5432"]}',
    '3:12: a store of this name stands before',
  ],
  [
    'a host of two stores',
    'stores:\n  - {name: a, hosts: [db]}\n  - {name: b, hosts: [DB]}',
    '3:23: this host stands before, and one entry would hide the other',
  ],
  ['a destination without hosts', 'destinations: [{vendor: a}]', '1:16: missing key "hosts", expected a list'],
  [
    'a host twice',
    'destinations:\n  - hosts: [a.example]\n  - hosts: [b.example, A.example]',
    '3:24: this host stands before, and one entry would hide the other',
  ],
  [
    'a category that is none',
    'destinations: [{hosts: [a], category: ai}]',
    '1:39: expected one of genai, saas, datastore, cdn, internal, unknown',
  ],
  [
    'a country that is none',
    'destinations: [{hosts: [a], country: Germany}]',
    '1:38: expected a country as two capital letters (ISO 3166-1), in quotes',
  ],
  ['an age below an hour', 'retention: {events: 10m}', '1:21: out of range: expected from 1h to 3650d, or null'],
  [
    'a size below what a database takes',
    'retention: {maxBytes: 1MiB}',
    '1:23: out of range: expected from 16MiB to 1048576GiB',
  ],
  ['too long an excerpt', 'excerpts: {chars: 501}', '1:19: expected a whole number from 0 to 500'],
  ['two documents', 'home: a\n---\nhome: b', '3:1: expected one document in this file'],
];

const NOT_BUILT: readonly (readonly [text: string, ...lines: readonly string[]])[] = [
  ['detection: {countries: [DE, deu]}', '1:29: expected an ISO 3166-1 code such as DE'],
  ['detection: {languages: [en, deu]}', '1:29: expected an ISO 639-1 code such as de'],
  ['detection: {languages: []}', '1:24: expected a list of at least 1'],
  [
    'detection: {languages: [en, fi]}',
    '1:24: fi is not among the languages that are read: en, de, fr, es, it, nl, pl, pt, sv',
  ],
  [
    'store: mysql://u@db/weir',
    '1:8: expected sqlite or postgres://user:password@host[:port]/database; this does not begin with postgres://',
  ],
  ['sensor: {cgroup: user.slice}', '1:18: expected `auto` (the root), or the absolute path of a folder of cgroup v2'],
  [
    'sensor: {cri: containerd.sock}',
    '1:15: expected `auto` (where containerd and CRI-O have theirs), the absolute path of a Unix socket, or `false`',
  ],
  ['sensor: {kubelet: {url: "https://a/pods"}}', '1:25: expected https://HOST:PORT or http://HOST:PORT, alone'],
  [
    'sensor: {steer: {cgroups: [/sys/fs/cgroup/apps]}}',
    '1:17: sensor.steer needs proxy.transparent: that listener takes what is steered',
  ],
  [
    'sensor: {steer: {address: "localhost:8789"}}\nproxy: {transparent: "127.0.0.1:8789"}',
    '1:27: expected ADDRESS:PORT, with an IP address',
  ],
];

describe('a configuration that is wrong', () => {
  for (const [what, text, ...lines] of WRONG) {
    test(`names place and remedy: ${what}`, () => {
      assert.deepEqual(
        problemsOf(text),
        lines.map((line) => `weir.yaml:${line}`),
      );
    });
  }

  for (const [text, ...lines] of NOT_BUILT) {
    test(`refuses what is not built by its name: ${text}`, () => {
      assert.deepEqual(
        problemsOf(text),
        lines.map((line) => `weir.yaml:${line}`),
      );
    });
  }

  test('tells all problems at once, in order of place', () => {
    assert.deepEqual(problemsOf('store: x\nproxy:\n  onError: x\n  open: 1\nnope: 1\n'), [
      'weir.yaml:1:8: expected sqlite or postgres://user:password@host[:port]/database; this is not a URL',
      'weir.yaml:3:12: expected one of closed, open',
      'weir.yaml:4:9: expected true or false, found a number',
      'weir.yaml:5:1: unknown key "nope"; known keys: home, proxy, policies, bundle, siem, detection, apps, destinations, stores, environments, notify, retention, excerpts, store, conversations, bus, outbox, collect, secrets, console, baseline, sensor',
    ]);
  });

  test('never repeats a value that may be a secret', () => {
    const value = ['hush', 'hush', 'value'].join('-');
    const text = `apps: [{name: a, token: ${value}}]\nstore: "postgres://u:${value}@db"\nproxy: {upstream: {proxy: "http://u:${value}@p:1/path"}}`;
    const lines = problemsOf(text);
    assert.equal(lines.length, 3);
    assert.ok(!lines.join('\n').includes(value));
  });

  test('says so when the file that --config names is missing or a folder', () => {
    const failing = (file: string) => () => loadConfig({ file, env: {}, cwd: folder });
    assert.throws(failing('gone.yaml'), { code: 'config_invalid', message: 'gone.yaml:1:1: no such file' });
    assert.throws(failing('.'), { code: 'config_invalid', message: '.:1:1: is a folder, not a file' });
  });

  test('broken YAML is told with its place', () => {
    const [line = '', ...more] = problemsOf('proxy: {open: true\nhome: a\n');
    assert.match(line, /^weir\.yaml:[12]:\d+: YAML: /);
    assert.ok(more.every((one) => one.startsWith('weir.yaml:')));
  });
});

describe('the ways in and out', () => {
  test('a proxy behind this one is a URL, with user and password or without', () => {
    const of = (text: string) => load(`proxy: {upstream: {proxy: "${text}"}}`).proxy.upstream.proxy;
    assert.deepEqual(of('http://Corp-Proxy:3128'), {
      scheme: 'http',
      host: 'corp-proxy',
      port: 3128,
      credential: null,
    });
    assert.deepEqual(of('https://user:p%40ss@[::1]/'), {
      scheme: 'https',
      host: '::1',
      port: 443,
      credential: { user: 'user', password: 'p@ss' },
    });
    assert.deepEqual(of('socks5h://user@p.example')?.credential, { user: 'user', password: '' });
    assert.deepEqual([of('socks5://p')?.port, of('http://p')?.port], [1080, 80]);
    assert.equal(load('').proxy.upstream.proxy, null);
    for (const bad of [
      'p:3128',
      'ftp://p:1',
      'http://p:0',
      'http://p:1/x',
      'http://a b:1',
      'http://u:%zz@p',
      'http://u:%0a@p',
    ])
      assert.equal(problemsOf(`proxy: {upstream: {proxy: "${bad}"}}`).length, 1, bad);
  });

  test('who sends a PROXY header is an address or a network', () => {
    const from = ['10.0.0.7', '10.0.0.0/8', 'fd00::/8', '::1'];
    assert.deepEqual(load(`proxy: {proxyProtocol: {from: ${JSON.stringify(from)}}}`).proxy.proxyProtocol.from, from);
    for (const bad of ['10.0.0.0/33', 'lb.example', '10.0.0/8', '::/129', '1.2.3.4/'])
      assert.equal(problemsOf(`proxy: {proxyProtocol: {from: ["${bad}"]}}`).length, 1, bad);
  });

  test('a certificate for upstreams needs its own key, without a passphrase', () => {
    const { certPem } = loadOrCreateAuthority(join(folder, 'mtls'));
    loadOrCreateAuthority(join(folder, 'mtls-other'));
    writeFileSync(join(folder, 'c.pem'), certPem);
    const key = join('mtls', 'ca.key');
    const [entry] = load(`proxy: {upstream: {certificates: [{hosts: ["*.Corp.example"], cert: c.pem, key: ${key}}]}}`)
      .proxy.upstream.certificates;
    assert.deepEqual(entry?.hosts, ['*.corp.example']);
    assert.equal(entry?.cert.trim(), certPem.trim());
    const otherKey = join('mtls-other', 'ca.key');
    assert.deepEqual(problemsOf(`proxy: {upstream: {certificates: [{hosts: [a], cert: c.pem, key: ${otherKey}}]}}`), [
      'weir.yaml:1:66: expected the key of the first certificate in `cert`',
    ]);
    assert.equal(problemsOf(`proxy: {upstream: {certificates: [{hosts: [a], cert: c.pem, key: c.pem}]}}`).length, 1);
    assert.equal(problemsOf(`proxy: {upstream: {certificates: [{hosts: [a], cert: c.pem, key: gone}]}}`).length, 1);
  });

  test('a bus is a URL or an object with one; what is wrong with either is told without user and password', () => {
    const password = randomUUID();
    const bus = load(`bus: {url: "tls://node:${password}@bus.example", ca: [two.pem]}`).bus;
    assert.deepEqual([bus?.user, bus?.ca.length], [{ name: 'node', password }, 2]);
    for (const bad of [
      'http://bus.example',
      'nats://',
      `nats://node:${password}@bus/path`,
      `nats://${password}@bus`,
      'nats://bus:99999',
    ]) {
      const lines = problemsOf(`bus: "${bad}"`);
      assert.equal(lines.length, 1, bad);
      assert.match(lines[0] ?? '', /^weir\.yaml:1:6: expected the URL of a bus, nats:\/\/… or tls:\/\/…/, bad);
      assert.ok(!lines[0]?.includes(password), 'no secret is repeated');
    }
    assert.match(problemsOf('bus: 4222')[0] ?? '', /^weir\.yaml:1:6: expected the URL of a bus/);
    const inside = problemsOf(`bus: {url: "nats://node:${password}@bus/path"}`);
    assert.match(inside[0] ?? '', /^weir\.yaml:1:12: expected nats:\/\/HOST:PORT or tls:\/\/HOST:PORT/);
    assert.ok(!inside[0]?.includes(password), 'nor in an object');
    assert.deepEqual(problemsOf('bus: {url: "tls://b", cert: c.pem}'), [
      'weir.yaml:1:29: expected `cert` and `key`, or neither',
    ]);
    assert.deepEqual(problemsOf('bus: {url: "nats://b", ca: [two.pem]}'), [
      'weir.yaml:1:12: expected tls:// with `ca` and `cert`',
    ]);
    assert.equal(problemsOf('bus: {url: "nats://b", credentials: gone.creds}').length, 1);
    assert.equal(problemsOf('bus: {ca: [two.pem]}').length, 1);
  });

  test('redirected connections are taken off loopback only where the proxy is open', () => {
    const at = (host: string, more: string) => load(`proxy: {transparent: "${host}:1", ${more}}`);
    const tokens = `\napps: [{name: a, token: "sha256:${DIGEST}"}]`;
    assert.deepEqual(at('127.0.0.1', '').proxy.transparent, { host: '127.0.0.1', port: 1 });
    checkListener(at('127.0.0.1', ''));
    checkListener(at('0.0.0.0', 'open: true'));
    assert.throws(() => checkListener(at('0.0.0.0', '')), { code: 'listener_open' });
    assert.throws(() => checkListener(load(`proxy: {transparent: "0.0.0.0:1"}${tokens}`)), { code: 'listener_open' });
  });
});

describe('app tokens', () => {
  test('only the token whose digest stands in the configuration is taken', () => {
    const [app] = load(`apps: [{name: a, token: "sha256:${DIGEST}"}]`).apps;
    assert.ok(app !== undefined);
    assert.ok(tokenMatches(app, 'hush'));
    for (const other of ['', 'hus', 'hush ', 'HUSH', DIGEST]) assert.ok(!tokenMatches(app, other));
  });

  test('an app without a token is verified by none, the empty one included', () => {
    assert.ok(!tokenMatches({ tokenSha256: null }, ''));
  });

  test('the shell line that the message recommends gives the digest that is taken', () => {
    const printed = execFileSync('sh', ['-c', 'printf %s "$TOKEN" | sha256sum'], {
      env: { ...process.env, TOKEN: 'hush' },
    });
    assert.equal(printed.toString().slice(0, 64), DIGEST);
  });
});

describe('a listener off loopback', () => {
  const listening = (listen: string, rest = '') => load(`proxy: {listen: "${listen}"${rest}}`);

  test('needs a token of an app, or proxy.open', () => {
    assert.throws(() => checkListener(listening('0.0.0.0:8787')), { code: 'listener_open' });
    assert.throws(() => checkListener(listening('[::]:8787')), { code: 'listener_open' });
    assert.throws(() => checkListener(listening('weir.example:8787')), { code: 'listener_open' });
    assert.throws(() => checkListener(load('proxy: {listen: "0.0.0.0:1"}\napps: [{name: a}]')), {
      code: 'listener_open',
    });
    checkListener(listening('0.0.0.0:8787', ', open: true'));
    checkListener(load(`proxy: {listen: "0.0.0.0:1"}\napps: [{name: a, token: "sha256:${DIGEST}"}]`));
  });

  test('loopback in any spelling needs neither', () => {
    for (const host of ['127.0.0.1', '127.8.9.1', 'localhost', '[::1]', '0x7f.1'])
      checkListener(listening(`${host}:1`));
    for (const host of ['127.example', '::', '10.0.0.1', '::ffff:7f00:1']) assert.ok(!isLoopback(host));
  });
});
