/** What real programs make of the certificates: they trust the authority they are told of, and its leaves for the names it may sign. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { javaTrustStore } from '../../cli/java-trust.ts';
import { type Authority, loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { createLeaves } from '../../proxy/tls/leaves.ts';

const PYTHON = `
import socket, ssl, sys
port, ca = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=ca)
if hasattr(ssl, "VERIFY_X509_STRICT"): context.verify_flags |= ssl.VERIFY_X509_STRICT
with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw, server_hostname="localhost") as tls:
    tls.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    print(tls.recv(100).decode())
`;
const NODE = `
const { connect } = require('node:tls');
const socket = connect({ host: '127.0.0.1', port: Number(process.argv[2]), servername: 'localhost' });
socket.on('secureConnect', () => socket.write('GET / HTTP/1.0\\r\\n\\r\\n')).pipe(process.stdout);
`;
const GO = `package main
import ("crypto/tls"; "crypto/x509"; "fmt"; "os")
func main() {
  pem, _ := os.ReadFile(os.Args[2])
  roots := x509.NewCertPool()
  roots.AppendCertsFromPEM(pem)
  c, err := tls.Dial("tcp", "127.0.0.1:" + os.Args[1], &tls.Config{RootCAs: roots, ServerName: "localhost"})
  if err != nil { fmt.Println(err); os.Exit(1) }
  c.Write([]byte("GET / HTTP/1.0\\r\\n\\r\\n"))
  b := make([]byte, 100)
  n, _ := c.Read(b)
  fmt.Println(string(b[:n]))
}
`;
const JAVA = `
public class Probe {
  public static void main(String[] args) throws Exception {
    var url = new java.net.URL("https://localhost:" + args[0] + "/");
    System.out.println(((java.net.HttpURLConnection) url.openConnection()).getResponseCode() + " HTTP");
  }
}
`;

interface Client {
  readonly name: string;
  /** Says what the server answered; fails where the certificate is refused. */
  command(port: number): readonly string[];
  readonly missing: string | false;
  readonly env?: () => NodeJS.ProcessEnv;
}

let folder: string;
let authority: Authority;
const caFile = (): string => authority.certPath;
const run = promisify(execFile);

const CLIENTS: readonly Client[] = [
  {
    name: 'curl',
    missing: missing('curl'),
    command: (port) => ['curl', '-s', '-i', '--cacert', caFile(), `https://localhost:${port}/`],
  },
  { name: 'Python', missing: missing('python3'), command: (port) => ['python3', '-c', PYTHON, `${port}`, caFile()] },
  {
    name: 'Node',
    missing: false,
    command: (port) => [process.execPath, '-e', NODE, 'probe', `${port}`],
    env: () => ({ NODE_EXTRA_CA_CERTS: caFile() }),
  },
  {
    name: 'Go',
    missing: missing('go', 'version'),
    command: (port) => ['go', 'run', join(folder, 'probe.go'), `${port}`, caFile()],
    env: () => ({ GOCACHE: join(folder, 'go-cache'), HOME: folder, GO111MODULE: 'off' }),
  },
  {
    name: 'Java',
    missing: missing('javac'),
    command: (port) => [
      'java',
      `-Djavax.net.ssl.trustStore=${join(folder, 'trust.jks')}`,
      '-Djavax.net.ssl.trustStoreType=JKS',
      '-Djavax.net.ssl.trustStorePassword=changeit',
      join(folder, 'Probe.java'),
      `${port}`,
    ],
  },
  {
    name: 'Chromium',
    missing: missing('chromium') || (spawnSync('certutil').error === undefined ? false : 'certutil is not installed'),
    command: (port) => [
      'chromium',
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-proxy-server',
      '--dump-dom',
      `--user-data-dir=${join(folder, 'chromium')}`,
      `https://localhost:${port}/`,
    ],
    env: () => ({ HOME: folder }),
  },
];

/** Chromium on Linux keeps what the user trusts in a database of NSS in the user's home. */
function trustInChromium(): void {
  const database = join(folder, '.pki/nssdb');
  mkdirSync(database, { recursive: true });
  const at = ['-d', `sql:${database}`];
  spawnSync('certutil', [...at, '-N', '--empty-password']);
  spawnSync('certutil', [...at, '-A', '-t', 'C,,', '-n', 'weir', '-i', authority.certPath]);
}

function missing(program: string, flag = '--version'): string | false {
  return spawnSync(program, [flag]).status === 0 ? false : `${program} is not installed`;
}

for (const intercept of [['*'], ['localhost', '*.openai.com']]) {
  const kind = intercept[0] === '*' ? 'an authority for all hosts' : 'an authority with name constraints';
  describe(kind, () => {
    let server: Server;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'weir-trust-'));
      authority = loadOrCreateAuthority(join(folder, 'ca'), new Date(), intercept);
      writeFileSync(join(folder, 'probe.go'), GO);
      writeFileSync(join(folder, 'Probe.java'), JAVA);
      writeFileSync(join(folder, 'trust.jks'), javaTrustStore([authority.certificate.raw]));
      trustInChromium();
      const leaves = createLeaves(authority);
      server = createServer((socket) => {
        // Whatever name is asked for, none included: as a tunnel to this name is terminated.
        const tls = new TLSSocket(socket, { isServer: true, secureContext: leaves.contextFor('localhost') });
        tls.on('error', () => {});
        tls.once('data', () => tls.end('HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n200'));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    after(() => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const { name, missing: reason, command, env } of CLIENTS) {
      it(`is trusted by ${name}`, { skip: reason, timeout: 120_000 }, async () => {
        const [program = '', ...args] = command((server.address() as AddressInfo).port);
        const { stdout } = await run(program, args, { env: { PATH: process.env['PATH'], ...env?.() } });
        assert.match(stdout, /200/);
      });
    }
  });
}
