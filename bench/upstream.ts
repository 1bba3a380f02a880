/**
 * The upstream of the benchmark, a process of its own: TLS, HTTP/1.1, and as little work a request as can be, so that
 * what is measured is the proxy. It reads `Content-Length` bodies only and refuses every other framing.
 * `POST /v1/…` is answered with a chat completion of about 1 KB, `GET /bytes/N` with N bytes, `POST /sink` with the
 * number of bytes that came.
 */
import tls from 'node:tls';
import { loadOrCreateAuthority } from '../proxy/tls/authority.ts';
import { createLeaves } from '../proxy/tls/leaves.ts';
import { readyToStop, tell } from './child.ts';

const BLOCK = Buffer.alloc(64 * 1024, 'weir bench block ');

const authority = loadOrCreateAuthority(process.argv[2] ?? '');
const leaves = createLeaves(authority);
const answer = chatAnswer();
const idPlaces = [answer.indexOf('req_bench-'), answer.indexOf('chatcmpl-bench-')].map(
  (at) => answer.indexOf('-000000', at) + 1,
);
let answers = 0;

const server = tls.createServer(
  {
    ALPNProtocols: ['http/1.1'],
    SNICallback: (name, done) => done(null, leaves.contextFor(name)),
  },
  serve,
);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  tell({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
readyToStop(() => process.exit(0));

function serve(socket: tls.TLSSocket): void {
  let head: Buffer | null = null;
  let left = 0;
  let received = 0;
  let target = '';
  let stream: string | null = null;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    let chunk = data;
    while (chunk.length > 0 || (left === 0 && target !== '')) {
      if (target === '') {
        const all: Buffer = head === null ? chunk : Buffer.concat([head, chunk]);
        const end = all.indexOf('\r\n\r\n');
        if (end < 0) {
          head = all;
          return;
        }
        const text = all.toString('latin1', 0, end);
        const length = /\r\ncontent-length: *(\d+)/i.exec(text);
        if (length === null && !text.startsWith('GET ')) {
          socket.end('HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
          return;
        }
        target = text.slice(text.indexOf(' ') + 1, text.indexOf(' ', text.indexOf(' ') + 1));
        stream = /\r\nx-bench-stream: (\w+)/i.exec(text)?.[1] ?? null;
        left = Number(length?.[1] ?? 0);
        received = left;
        head = null;
        chunk = all.subarray(end + 4);
      }
      const used = Math.min(left, chunk.length);
      left -= used;
      chunk = chunk.subarray(used);
      if (left > 0) return;
      if (stream === null) reply(socket, target, received);
      else streamReply(socket, stream);
      target = '';
    }
  });
}

function reply(socket: tls.TLSSocket, target: string, received: number): void {
  if (target.startsWith('/bytes/')) {
    sendBytes(socket, Number(target.slice('/bytes/'.length)));
    return;
  }
  if (target.startsWith('/things/')) {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}');
    return;
  }
  if (target === '/sink') {
    const text = String(received);
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    return;
  }
  // No two answers are alike, as no two prompts are.
  const id = String(++answers % 1_000_000).padStart(6, '0');
  const own = Buffer.from(answer);
  for (const place of idPlaces) own.write(id, place, 'latin1');
  socket.write(own);
}

/** One event at once; `open` then goes on for as long as the connection does, the others end. */
function streamReply(socket: tls.TLSSocket, how: string): void {
  const content = how === 'token' ? '<EMAIL_ADDRESS_1> has an answer.' : 'Here is the answer.';
  const event = (delta: object, finish: string | null): string => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    return `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', model: 'gpt-4o-mini', choices })}\n\n`;
  };
  const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${chunk(event({ role: 'assistant', content }, null))}`,
  );
  if (how === 'open') return;
  setTimeout(() => {
    if (socket.writable) socket.write(`${chunk(event({}, 'stop'))}${chunk('data: [DONE]\n\n')}0\r\n\r\n`);
  }, 5);
}

function sendBytes(socket: tls.TLSSocket, total: number): void {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: ${total}\r\n\r\n`);
  let left = total;
  const more = (): void => {
    while (left > 0) {
      const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
      left -= block.length;
      if (!socket.write(block) && left > 0) {
        socket.once('drain', more);
        return;
      }
    }
  };
  more();
}

function chatAnswer(): Buffer {
  const body = JSON.stringify({
    id: 'chatcmpl-bench-000000',
    object: 'chat.completion',
    created: 1700000000,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Here is a shorter draft of the text that you sent. '.repeat(13) },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 900, completion_tokens: 120, total_tokens: 1020 },
  });
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench-000000\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.from(head + body);
}
