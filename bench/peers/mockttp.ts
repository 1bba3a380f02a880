/** mockttp, which is brought through npm into the folder of the run: everything passed through to the upstream. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Peer, startProgram } from './program.ts';

const VERSION = '4.6.5';

export async function startMockttp(folder: string, upstreamPort: number, upstreamCa: string): Promise<Peer> {
  mkdirSync(folder, { mode: 0o700 });
  // It signs with RSA keys only.
  const subject = ['-subj', '/CN=bench', '-addext', 'basicConstraints=critical,CA:TRUE'];
  const files = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.pem')];
  spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    stdio: 'ignore',
  });
  const certPem = readFileSync(join(folder, 'ca.pem'), 'utf8');
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const npm = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `mockttp@${VERSION}`], {
    cwd: folder,
    stdio: 'ignore',
  });
  if (npm.status !== 0) throw new Error('mockttp could not be brought through npm');
  const port = await freePort();
  const settings = {
    https: {
      key: readFileSync(join(folder, 'ca.key'), 'utf8'),
      cert: certPem,
    },
    http2: false,
    recordTraffic: false,
  };
  const passing = {
    transformRequest: { replaceHost: { targetHost: `localhost:${upstreamPort}`, updateHostHeader: false } },
    trustAdditionalCAs: [{ cert: upstreamCa }],
    ignoreHostHttpsErrors: true,
  };
  const script = join(folder, 'proxy.cjs');
  writeFileSync(
    script,
    `const { getLocal } = require('mockttp');
const server = getLocal(${JSON.stringify(settings)});
server.start(${port}).then(() => server.forAnyRequest().thenPassThrough(${JSON.stringify(passing)}));
process.on('SIGTERM', () => process.exit(0));
`,
  );
  return startProgram([process.execPath, script], port, () => certPem);
}
