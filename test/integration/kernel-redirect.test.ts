/** The nftables rule of docs/routing.md with a real kernel, in a network namespace of its own. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';

const SETUP = `set -e
ip link set lo up
ip addr add 203.0.113.5/32 dev lo
nft -f - <<'RULES'
table inet weir {
  chain output {
    type nat hook output priority -100;
    ip daddr 203.0.113.5 tcp dport { 80, 443 } redirect to :8789
  }
}
RULES
exec "$@"`;

/** Why the kernel, or who runs this, cannot do it; null where they can. */
function obstacle(): string | null {
  const tried = spawnSync('unshare', ['-Urn', 'sh', '-c', SETUP, 'sh', 'true'], { encoding: 'utf8' });
  if (tried.error !== undefined) return `unshare cannot be run (${tried.error.message})`;
  return tried.status === 0 ? null : `no namespace with ip and nft here: ${tried.stderr.trim().split('\n')[0]}`;
}

test('connections that the kernel redirects lead where SNI and Host say, and its own are no loop', (context) => {
  const why = obstacle();
  if (why !== null) return context.skip(why);
  const child = join(packageRoot, 'test/support/redirected-calls.ts');
  const args = ['-Urn', 'sh', '-c', SETUP, 'sh', process.execPath, ...process.execArgv, child];
  const out = execFileSync('unshare', args, {
    encoding: 'utf8',
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.deepEqual(JSON.parse(out), {
    statuses: [200, 200, 502],
    hosts: ['api.openai.com', 'plain.weir-test.example', 'loop.weir-test.example'],
    own: ["421 a connection of this proxy's own: the redirection has to leave out the user that it runs as"],
    isOwnProcess: true,
    vias: ['sni'],
  });
});
