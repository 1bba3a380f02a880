/** Certificates for tests that speak TLS on loopback, made by openssl: an authority, and what it signs. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CertificateFiles {
  /** Paths of PEM files. */
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority extends CertificateFiles {
  /** For 127.0.0.1 and localhost, and as a client; valid from now on, or, `isExpired`, until yesterday. `uri` is a further name. */
  sign(
    name: string,
    options?: { readonly isExpired?: boolean; readonly uri?: string; readonly usage?: string },
  ): CertificateFiles;
}

/** Makes an authority whose files lie in the folder. */
export function testAuthority(folder: string, name = 'authority'): TestAuthority {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
  );
  return {
    cert,
    key,
    sign: (of, { isExpired = false, uri, usage = 'serverAuth,clientAuth' } = {}) => {
      const files = { cert: join(folder, `${of}.pem`), key: join(folder, `${of}.key`) };
      const [request, extensions] = [join(folder, `${of}.csr`), join(folder, `${of}.ext`)];
      const names = `IP:127.0.0.1,DNS:localhost${uri === undefined ? '' : `,URI:${uri}`}`;
      writeFileSync(extensions, `subjectAltName=${names}\nextendedKeyUsage=${usage}\n`);
      openssl(
        'req',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        files.key,
        '-out',
        request,
        '-subj',
        `/CN=${of}`,
      );
      openssl(
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        cert,
        '-CAkey',
        key,
        '-CAcreateserial',
        '-extfile',
        extensions,
        '-days',
        isExpired ? '-1' : '30',
        '-out',
        files.cert,
      );
      return files;
    },
  };
}

export function pemOf({ cert, key }: CertificateFiles): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
