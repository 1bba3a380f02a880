/**
 * A server for the programs of kernel tests, run by node inside of a sandbox: HTTPS (HTTP/1.1 and HTTP/2), and bare TLS
 * that counts and digests what it gets. Says `ready`, then a line of JSON for each request, or each connection that ended.
 *
 * https-server.ts KEY CERTIFICATE ADDRESS HTTPS_PORT BARE_PORT [PAUSE_MS]
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:tls';

const [key = '', cert = '', address = '', httpsPort = '', barePort = '', pauseMs = '0'] = process.argv.slice(2);
const secure = { key: readFileSync(key), cert: readFileSync(cert) };
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const web = createSecureServer({ ...secure, allowHTTP1: true }, (request, response) => {
  const hash = createHash('sha256');
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  request.on('end', () => {
    say({ path: request.url, version: request.httpVersion, bytes, sha256: hash.digest('hex') });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ echo: request.url, answer: 'the answer of the server' }));
  });
});

/** Reads nothing for a while, so that a writer has to wait. */
const bare = createServer({ ...secure, pauseOnConnect: true }, (socket) => {
  const hash = createHash('sha256');
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => say({ bare: true, bytes, sha256: hash.digest('hex') }));
  socket.on('end', () => socket.end());
  setTimeout(() => socket.resume(), Number(pauseMs));
});

web.listen(Number(httpsPort), address, () => bare.listen(Number(barePort), address, () => say({ ready: true })));
process.stdin.on('end', () => process.exit(0)).resume();
