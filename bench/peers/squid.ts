/** Squid with ssl-bump, where it is installed: TLS terminated with leaves of its own, nothing looked at. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { freePort, type Peer, startProgram } from './program.ts';

const LEAF_MAKER = '/usr/lib/squid/security_file_certgen';

export async function startSquid(upstreamPort: number, upstreamCa: string, workers: number): Promise<Peer> {
  // It runs as a user of its own, to whom the run's folder is closed.
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-squid-'));
  const caFile = join(folder, 'upstream.pem');
  writeFileSync(caFile, upstreamCa);
  const authority = loadOrCreateAuthority(join(folder, 'ca'));
  const key = authority.key.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(join(folder, 'both.pem'), authority.certPem + key, { mode: 0o600 });
  spawnSync(LEAF_MAKER, ['-c', '-s', join(folder, 'leaves'), '-M', '4MB']);
  const port = await freePort();
  const file = join(folder, 'squid.conf');
  writeFileSync(
    file,
    `http_port 127.0.0.1:${port} ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB tls-cert=${folder}/both.pem
sslcrtd_program ${LEAF_MAKER} -s ${folder}/leaves -M 4MB
sslcrtd_children 2
acl first at_step SslBump1
ssl_bump bump all
cache_peer 127.0.0.1 parent ${upstreamPort} 0 no-query no-digest originserver tls tls-cafile=${caFile} ssldomain=api.openai.com name=upstream
never_direct allow all
http_access allow all
cache deny all
access_log none
cache_log ${folder}/cache.log
cache_store_log none
pid_filename ${folder}/pid
coredump_dir ${folder}
workers ${workers}
cache_mem 0
memory_cache_shared off
shutdown_lifetime 0 seconds
pinger_enable off
`,
  );
  spawnSync('chown', ['-R', 'proxy', folder]);
  // With workers it is a family of processes, one of which has to stay in the foreground.
  const peer = await startProgram(
    ['squid', workers === 1 ? '-N' : '--foreground', '-n', `bench${process.pid}`, '-f', file],
    port,
    () => authority.certPem,
  );
  return {
    ...peer,
    async stop() {
      await peer.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
