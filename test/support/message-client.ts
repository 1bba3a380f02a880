/** A client of one stream of messages over HTTP/1.1: says one, waits for the next, as gRPC-web and Connect allow. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Base64Reader, EnvelopeReader, envelope } from '../../engine/extract/envelopes.ts';
import type { UnderTest } from './weir-under-test.ts';
import { connectThrough } from './wire.ts';

export interface Message {
  readonly flags: number;
  readonly payload: Buffer;
}

export interface MessageClient {
  say(payload: Buffer | string, flags?: number): void;
  write(bytes: Buffer): void;
  end(): void;
  readonly response: Promise<IncomingMessage>;
  /** The next message; null at the end of the answer. */
  next(): Promise<Message | null>;
  /** All messages up to the end. */
  rest(): Promise<Message[]>;
  /** Goes away. */
  destroy(): void;
}

/** Through the proxy to a host; `type` is the Content-Type. */
export async function openMessages(
  weir: UnderTest,
  host: string,
  target: string,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<MessageClient> {
  const wire = await connectThrough(weir.port, host, weir.ca);
  wire.socket.removeAllListeners('data');
  const isBase64 = type.includes('-text');
  const request = httpRequest({
    method: 'POST',
    path: target,
    headers: { host, 'content-type': type, ...headers },
    createConnection: () => wire.socket,
  });
  request.flushHeaders();
  const response = once(request, 'response').then(([answer]: IncomingMessage[]) => {
    if (answer === undefined) throw new Error('no answer');
    return answer;
  });
  const messages = response.then(messagesOf);
  const read = async (): Promise<Message | null> => {
    const { value, done } = await (await messages).next();
    return done === true ? null : value;
  };
  const write = (bytes: Buffer): void => {
    request.write(isBase64 ? bytes.toString('base64') : bytes);
  };
  request.on('error', () => {
    // The answer says how it ended.
  });
  return {
    say: (payload, flags = 0) => write(envelope(flags, Buffer.from(payload))),
    write,
    end: () => void request.end(),
    response,
    next: read,
    async rest() {
      const all: Message[] = [];
      for (let next = await read(); next !== null; next = await read()) all.push(next);
      return all;
    },
    destroy: () => void wire.destroy(),
  };
}

async function* messagesOf(stream: IncomingMessage): AsyncGenerator<Message> {
  const reader = new EnvelopeReader(1 << 30);
  const base64 = (stream.headers['content-type'] ?? '').includes('-text') ? new Base64Reader() : null;
  for await (const chunk of stream) {
    for (const piece of reader.push(base64 === null ? chunk : (base64.push(chunk) ?? Buffer.alloc(0)))) {
      if (piece.kind === 'message') yield piece;
    }
  }
  if (reader.isWithin) throw new Error('the answer ends in the middle of a message');
}

/** A server of such a stream: what `answer` makes of each message goes back at once. */
export function answering(
  answer: (message: Message) => readonly Buffer[],
  end: readonly Buffer[],
  type: string,
  headers: Readonly<Record<string, string>> = {},
): (exchange: { readonly request: IncomingMessage; readonly response: import('node:http').ServerResponse }) => void {
  return ({ request, response }) => {
    const isBase64 = type.includes('-text');
    const reader = new EnvelopeReader(1 << 30);
    const base64 = isBase64 ? new Base64Reader() : null;
    const send = (bytes: Buffer): void => void response.write(isBase64 ? bytes.toString('base64') : bytes);
    response.writeHead(200, { 'content-type': type, ...headers });
    response.flushHeaders();
    request.on('data', (chunk: Buffer) => {
      for (const piece of reader.push(base64 === null ? chunk : (base64.push(chunk) ?? Buffer.alloc(0)))) {
        if (piece.kind === 'message') for (const bytes of answer(piece)) send(bytes);
      }
    });
    request.on('end', () => {
      for (const bytes of end) send(bytes);
      response.end();
    });
  };
}
