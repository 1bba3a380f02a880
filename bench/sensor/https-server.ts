/**
 * The server of the HTTPS pair: HTTP/1.1 over TLS, a body read to its end and answered with 1 KB. Says `ready`.
 *
 * https-server.ts KEY CERTIFICATE
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [key = '', cert = ''] = process.argv.slice(2);
const text = 'nothing in it that anybody would look for; '.repeat(24);
const answer = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  model: 'gpt-5',
  choices: [{ index: 0, message: { role: 'assistant', content: text.slice(0, 880) }, finish_reason: 'stop' }],
});

const secure = { key: readFileSync(key), cert: readFileSync(cert) };
// A connection stays while its client waits for its turn.
createServer({ ...secure, keepAliveTimeout: 120_000 }, (request, response) => {
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    response.end(answer);
  });
  request.resume();
}).listen(443, '127.0.0.1', () => process.stdout.write('ready\n'));
process.stdin.on('end', () => process.exit(0)).resume();
