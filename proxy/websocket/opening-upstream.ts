/**
 * The upstream's side of a WebSocket's opening: over a connection of HTTP/1.1, where it must switch protocols by the letter
 * of RFC 6455 (§4.1), or over a stream of HTTP/2 (RFC 8441 §5). It decides nothing.
 */
import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WeirError } from '../../flow/errors.ts';
import { headerOf } from '../../flow/message.ts';
import { type ConnectRoom, giveUp } from '../http2/connect-room.ts';
import { withoutPseudo } from '../http2/upstream-head.ts';
import { OFFER } from './extensions.ts';
import { readSwitched, readTerms, type Switched } from './handshake.ts';
import { headText } from './opening-client.ts';
import { type AnswerLimits, readUpstreamAnswer, type UpstreamAnswer } from './upstream-answer.ts';

export interface UpstreamAsked {
  /** Path and query. */
  readonly target: string;
  /** The head as it is sent, without what holds for one hop. */
  readonly headers: readonly string[];
  /** Ours where the frames are read: key, version and extensions; else the client's, as they stand in the head. */
  readonly own: { readonly offersDeflate: boolean } | null;
}

/** A WebSocket that was asked for, with the answer. */
export interface UpstreamOpening {
  /** What carries the frames once the WebSocket is open. */
  readonly wire: Duplex;
  /** Status 101 for an acceptance, in either version. */
  readonly answer: UpstreamAnswer;
  /** What was agreed on; else a sentence that says what is wrong with the acceptance. */
  read(protocols: readonly string[]): Switched | string;
}

/** Throws WeirError `upstream_timeout`, `upstream_reset` or `upstream_malformed`. */
export function askUpstream(
  way: ConnectRoom | Socket,
  asked: UpstreamAsked,
  limits: AnswerLimits,
): Promise<UpstreamOpening> {
  return way instanceof Socket ? askConnection(way, asked, limits) : askStream(way, asked, limits);
}

async function askConnection(socket: Socket, asked: UpstreamAsked, limits: AnswerLimits): Promise<UpstreamOpening> {
  const { target, own } = asked;
  const key = randomBytes(16).toString('base64');
  const headers = [...asked.headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
  if (own !== null) headers.push('Sec-WebSocket-Version', '13');
  if (own !== null || headerOf(headers, 'sec-websocket-key') === null) headers.push('Sec-WebSocket-Key', key);
  if (own?.offersDeflate === true) headers.push('Sec-WebSocket-Extensions', OFFER);
  socket.write(headText(`GET ${target} HTTP/1.1`, headers));
  const answer = await readUpstreamAnswer(socket, limits);
  return {
    wire: socket,
    answer,
    read: (protocols) => readSwitched(answer.headers, { key, protocols, offersDeflate: own?.offersDeflate === true }),
  };
}

function askStream(room: ConnectRoom, asked: UpstreamAsked, limits: AnswerLimits): Promise<UpstreamOpening> {
  const { target, own } = asked;
  const headers = [...asked.headers];
  if (own !== null) headers.push('sec-websocket-version', '13');
  if (own?.offersDeflate === true) headers.push('sec-websocket-extensions', OFFER);
  const stream = room.open({ path: target, headers });
  if (stream === null) {
    return Promise.reject(new WeirError('upstream_reset', 'the WebSocket could not be asked for over HTTP/2'));
  }
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    let head: Omit<UpstreamAnswer, 'bytes'> | null = null;
    const settle = (): void => {
      clearTimeout(timer);
      stream.off('response', onResponse).off('data', onData).off('end', onEnd).off('close', onClose);
      stream.pause();
    };
    const fail = (error: WeirError): void => {
      settle();
      giveUp(stream);
      reject(error);
    };
    const done = (answer: UpstreamAnswer): void => {
      settle();
      resolve({
        wire: stream,
        answer,
        read: (protocols) => readTerms(answer.headers, { protocols, offersDeflate: own?.offersDeflate === true }),
      });
    };
    const onResponse = (given: { readonly ':status'?: number }, _flags: number, raw: readonly string[]): void => {
      const status = Number(given[':status']);
      const fields = withoutPseudo(raw);
      if (status >= 200 && status <= 299)
        return done({ status: 101, statusText: '', headers: fields, bytes: Buffer.alloc(0) });
      head = { status, statusText: '', headers: fields };
      stream.on('data', onData);
    };
    const onData = (piece: Buffer): void => {
      size += piece.length;
      pieces.push(piece);
      if (size > limits.inspectBytes) {
        fail(
          new WeirError('upstream_malformed', 'the upstream answered with a refusal larger than limits.inspectBytes'),
        );
      }
    };
    const onEnd = (): void => {
      if (head !== null) done({ ...head, bytes: Buffer.concat(pieces) });
      else onClose();
    };
    const onClose = (): void =>
      fail(new WeirError('upstream_reset', 'the upstream ended the stream before it answered'));
    const timer = setTimeout(() => {
      fail(new WeirError('upstream_timeout', `no answer within limits.firstByteMs (${limits.firstByteMs} ms)`));
    }, limits.firstByteMs);
    stream.on('response', onResponse).on('end', onEnd).on('close', onClose);
  });
}
