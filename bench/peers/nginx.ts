/** nginx from TLS to TLS, where it is installed: no forward proxy and no look at anything, the limit of what can be had. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issuerOf, leafKeyOf, pemOf, signLeaf } from '../../keys/certificate.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { freePort, type Peer, startProgram } from './program.ts';

export async function startNginx(
  folder: string,
  upstreamPort: number,
  caFile: string,
  host: string,
  workers: number,
): Promise<Peer> {
  mkdirSync(folder, { mode: 0o755 });
  const authority = loadOrCreateAuthority(join(folder, 'ca'));
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = issuerOf(authority.certificate.raw, authority.certificate.publicKey, authority.key);
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
  writeFileSync(join(folder, 'leaf.pem'), pemOf(signLeaf(host, leafKeyOf(publicKey, issuer), issuer, validity)));
  writeFileSync(join(folder, 'leaf.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; user root; worker_processes ${workers}; pid ${folder}/pid; error_log ${folder}/error.log crit;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/temp; keepalive_requests 1000000;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  client_max_body_size 0; client_body_buffer_size 1m;
  upstream provider { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} ssl reuseport; server_name ${host};
    ssl_certificate ${folder}/leaf.pem; ssl_certificate_key ${folder}/leaf.key;
    location / {
      proxy_pass https://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_ssl_server_name on; proxy_ssl_name ${host}; proxy_ssl_verify on; proxy_ssl_trusted_certificate ${caFile};
      proxy_buffering off; proxy_request_buffering off;
    }
  }
}
`,
  );
  return startProgram(['nginx', '-c', file, '-p', folder], port, () => authority.certPem);
}
