/**
 * Records the files in test/corpus/sensor anew, on a kernel that allows the sensor, as root:
 * `./scripts/node test/sensor/record-frames.ts`. Each is one program that sends a prompt with a card number to a server
 * of the tests; what the loader tells of files and of the host is left out. Tests read the files only.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { FrameSplitter } from '../../sensor/frames.ts';
import { ABI, LAYOUT, TYPE } from '../../sensor/layout.ts';
import { loaderPath, makeCgroup } from '../kernel/host.ts';
import { openSandbox } from '../kernel/sandbox.ts';
import { startTestSensor } from '../kernel/sensor.ts';
import { makeCertificate, startServer } from '../kernel/tls.ts';
import { CARD } from '../support/planted.ts';
import { recordedEvent, writeRecorded } from '../support/recorded-frames.ts';

const HOST = 'api.openai.com';
const ADDRESS = `https://${HOST}/v1/chat/completions`;
const PROMPT = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: `my card is ${CARD}` }] });
const JSON_TYPE = 'content-type: application/json';
/** What is told of a process, its connections and its TLS. */
const KEPT = new Set<number>(
  (
    ['EXEC', 'FORK', 'EXIT', 'CONNECT', 'STATE', 'PACKET', 'TLS_OPEN', 'TLS_NAME', 'TLS_DATA', 'TLS_CLOSE'] as const
  ).map((name) => TYPE[name]),
);
const PYTHON =
  'import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], data=sys.argv[2].encode(), headers={"content-type": "application/json"})).read()';
const NODE =
  'const r = await fetch(process.argv[1], {method:"POST",headers:{"content-type":"application/json"},body:process.argv[2]}); await r.text()';

interface Program {
  readonly name: string;
  readonly about: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}
const curl = ['-sS', '--cacert', 'server.pem', '-H', JSON_TYPE, '-d', PROMPT, ADDRESS];
const PROGRAMS: readonly Program[] = [
  { name: 'curl-http1', about: 'curl, HTTP/1.1: OpenSSL as a library', command: 'curl', args: ['--http1.1', ...curl] },
  { name: 'curl-http2', about: 'curl, HTTP/2: OpenSSL as a library', command: 'curl', args: ['--http2', ...curl] },
  {
    name: 'python3',
    about: 'python3, urllib: OpenSSL as a library',
    command: '/usr/bin/python3',
    args: ['-c', PYTHON, ADDRESS, PROMPT],
    env: { SSL_CERT_FILE: 'server.pem' },
  },
  {
    name: 'wget',
    about: 'wget: GnuTLS',
    command: 'wget',
    args: ['-q', '-O', '-', '--ca-certificate=server.pem', `--header=${JSON_TYPE}`, `--post-data=${PROMPT}`, ADDRESS],
  },
  {
    name: 'node',
    about: 'node, fetch: OpenSSL inside of the program',
    command: '/usr/local/bin/node',
    args: ['--input-type=module', '-e', NODE, ADDRESS, PROMPT],
    env: { NODE_EXTRA_CA_CERTS: 'server.pem' },
  },
];

const cgroup = makeCgroup();
const sandbox = await openSandbox({
  hosts: { [HOST]: '127.0.0.1' },
  // A path of its own for node, which says nothing of this host.
  setup: `mount -t tmpfs tmpfs /usr/local/bin; touch /usr/local/bin/node; mount --bind '${process.execPath}' /usr/local/bin/node`,
});
const raw = join(sandbox.folder, 'frames');
const program = join(sandbox.folder, 'loader');
writeFileSync(program, `#!/bin/sh\n'${loaderPath()}' "$@" | tee '${raw}'\n`, { mode: 0o755 });
const certificate = makeCertificate(sandbox.folder, [HOST]);
await startServer(sandbox, certificate);
const sensor = await startTestSensor({ cgroup, program });
mkdirSync(join(packageRoot, 'test/corpus/sensor'), { recursive: true });
try {
  await sensor.probed('libssl.so.3');
  for (const { name, about, command, args, env } of PROGRAMS) {
    // Once for its probes.
    await sandbox.run(command, ['--version'], { cgroup });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const ran = await sandbox.run(command, args, { cgroup, ...(env === undefined ? {} : { env }) });
    if (ran.code !== 0) throw new Error(`${name}: ${ran.stderr}`);
    const closings = await sensor.closings(({ event }) => event.source.pid === ran.pid && event.kind === 'exchange');
    const ofIt = [...new FrameSplitter().data(readFileSync(raw))].filter((frame) => {
      const type = frame.readUInt16LE(LAYOUT.head.at.type);
      const task = LAYOUT.exit.at.task + LAYOUT.task.at.tgid;
      return KEPT.has(type) && frame.readUInt32LE(task) === ran.pid;
    });
    const events = closings.map(({ event }) => recordedEvent(event));
    writeRecorded(name, `${about}; frames of the loader, recorded by Weir's own tool on Linux`, {
      abi: ABI,
      events,
      frames: ofIt.map((frame) => Buffer.from(frame)),
    });
    console.log(`${name}: ${ofIt.length} frames, ${events.length} events`);
  }
} finally {
  await sandbox.close();
  await sensor.stop();
  await cgroup.remove();
}
process.exit(0);
