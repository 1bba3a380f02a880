/**
 * Where steering is tried from end to end: a sandbox whose names come from a DNS server of its own, two of them behind one
 * address of which only one is GenAI, HTTPS at the addresses themselves, a real Weir, and curl as a program that knows of no proxy.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { CARD } from '../support/planted.ts';
import { makeCgroup, type TestCgroup } from './host.ts';
import { openSandbox, type Sandbox, type Started } from './sandbox.ts';

export const OPENAI = 'api.openai.com';
export const NEIGHBOUR = 'www.neighbour.example';
export const OTHER = 'www.elsewhere.example';
const SHARED = '104.18.6.192';
const ELSEWHERE = '93.184.216.34';
export const PROXY_PORT = 8789;

const DNS_SERVER = `
  const names = JSON.parse(process.argv[1]);
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (query, from) => {
    let at = 12; const labels = [];
    while (query[at]) { labels.push(query.toString('latin1', at + 1, at + 1 + query[at])); at += query[at] + 1; }
    const question = query.subarray(12, at + 5);
    const address = query.readUInt16BE(at + 1) === 1 ? names[labels.join('.').toLowerCase()] : undefined;
    const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, address ? 1 : 0, 0, 0, 0, 0]);
    const record = address ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]) : Buffer.alloc(0);
    socket.send(Buffer.concat([head, question, record]), from.port, from.address);
  });
  socket.bind(53, '127.0.0.1', () => console.log('dns'));
  process.stdin.resume();
`;
/** HTTPS on the addresses themselves: what a program reaches where nothing is steered. */
const UPSTREAM = `
  const fs = require('node:fs');
  const tls = { key: fs.readFileSync('key.pem'), cert: fs.readFileSync('cert.pem') };
  require('node:https').createServer(tls, (request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(JSON.stringify({ upstream: request.headers.host })));
  }).listen(443, '0.0.0.0', () => console.log('upstream'));
  process.stdin.resume();
`;

export interface Got {
  readonly body: string;
  /** What curl says where it fails; '' where it does not. */
  readonly failure: string;
  /** Weir vouches for what it got. */
  readonly isWeirs: boolean;
}

export interface SteeredPlace {
  readonly cgroup: TestCgroup;
  readonly sandbox: Sandbox;
  /** Of the Weir that is started next. */
  readonly home: string;
  /** Starts Weir and waits until it listens; `more` is put over the configuration, for good. */
  startWeir(more?: Readonly<Record<string, unknown>>): Promise<Started>;
  /** What curl gets in the watched cgroup, which trusts both Weir and the upstream. */
  curl(host: string, ...args: readonly string[]): Promise<Got>;
  close(): Promise<void>;
}

/** A prompt with a card number. */
export const PROMPT = [
  '--json',
  JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: CARD }] }),
] as const;

export async function openSteeredPlace(): Promise<SteeredPlace> {
  const cgroup = makeCgroup();
  const sandbox = await openSandbox({
    setup: [
      `ip addr add ${SHARED}/32 dev lo`,
      `ip addr add ${ELSEWHERE}/32 dev lo`,
      // Names of this test come from DNS; nothing of the host's own resolving is used.
      'echo "nameserver 127.0.0.1" > resolv.conf; echo "hosts: files dns" > nsswitch.conf',
      'touch /etc/resolv.conf; mount --bind resolv.conf /etc/resolv.conf',
      '[ ! -e /etc/nsswitch.conf ] || mount --bind nsswitch.conf /etc/nsswitch.conf',
    ].join('\n'),
  });
  const { folder } = sandbox;
  const home = join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  const names = [OPENAI, NEIGHBOUR, OTHER].map((name) => `DNS:${name}`).join(',');
  const subject = ['-subj', '/CN=upstream of a test', '-addext', `subjectAltName=${names}`];
  const key = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', 'key.pem', '-out', 'cert.pem'];
  execFileSync('openssl', [...key, ...subject], { cwd: folder, stdio: 'ignore' });
  let config: Readonly<Record<string, unknown>> = {
    home,
    proxy: {
      listen: '127.0.0.1:8787',
      transparent: `127.0.0.1:${PROXY_PORT}`,
      workers: 1,
      upstream: { ca: [join(folder, 'cert.pem')] },
    },
    console: { listen: '127.0.0.1:8788' },
    sensor: { enabled: false, steer: { cgroups: [cgroup.path] } },
  };
  const addresses = JSON.stringify({ [OPENAI]: SHARED, [NEIGHBOUR]: SHARED, [OTHER]: ELSEWHERE });
  await sandbox.start(process.execPath, ['-e', DNS_SERVER, '--', addresses], {}).says('dns');
  await sandbox.start(process.execPath, ['-e', UPSTREAM], {}).says('upstream');
  return {
    cgroup,
    sandbox,
    home,
    startWeir: async (more = {}) => {
      config = { ...config, ...more };
      writeFileSync(join(folder, 'weir.yaml'), JSON.stringify(config));
      const main = join(packageRoot, 'cli/main.ts');
      const weir = sandbox.start(process.execPath, [main, 'up', '--config', join(folder, 'weir.yaml')], {
        env: { NO_COLOR: '1' },
      });
      await weir.says('redirected');
      return weir;
    },
    curl: async (host, ...args) => {
      const both = join(folder, 'both.pem');
      writeFileSync(
        both,
        [join(home, 'ca/ca.pem'), join(folder, 'cert.pem')].map((each) => readFileSync(each)).join(''),
      );
      const usual = ['--silent', '--show-error', '--verbose', '--max-time', '60', '--cacert', both];
      const ran = await sandbox.run('curl', [...usual, ...args, `https://${host}/v1/chat/completions`], {
        cgroup,
        env: { HTTPS_PROXY: '', https_proxy: '', ALL_PROXY: '' },
      });
      const failure = ran.code === 0 ? '' : ran.stderr;
      return { body: ran.stdout, failure, isWeirs: /issuer:.*weir/i.test(ran.stderr) };
    },
    close: async () => {
      await sandbox.close();
      await cgroup.remove();
    },
  };
}

/** Until it is so, however slow the machine is. */
export async function soon(isSo: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 120_000;
  while (!(await isSo())) assert.ok(Date.now() < limit, 'it did not come to that');
}

/** Of the calls that are begun within three seconds from now, one a quarter of a second, one goes as it should. */
export async function withinThreeSeconds(isSo: () => Promise<boolean>): Promise<void> {
  const from = performance.now();
  const calls: Promise<boolean>[] = [];
  let hasBeen = false;
  while (!hasBeen && performance.now() - from < 2900) {
    const call = isSo();
    calls.push(call);
    void call.then((is) => {
      hasBeen ||= is;
    });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.ok(
    (await Promise.all(calls)).includes(true),
    'none of the calls that were begun within three seconds went so',
  );
}
