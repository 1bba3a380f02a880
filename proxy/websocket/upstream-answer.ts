/**
 * An upstream's answer to the request that opens a WebSocket, read off a connection that serves nothing else: the head of a
 * 101 with what came behind it, or an ordinary answer whole.
 */
import type { Socket } from 'node:net';
import { WeirError } from '../../flow/errors.ts';
import { AnswerParser, MalformedAnswer } from '../answer-parser.ts';

export interface UpstreamAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly string[];
  /** Of a 101, the first bytes of the WebSocket; else the body. */
  readonly bytes: Buffer;
}

export interface AnswerLimits {
  readonly firstByteMs: number;
  readonly headerBytes: number;
  /** Of a body that is not a WebSocket. */
  readonly inspectBytes: number;
}

/** Throws WeirError `upstream_timeout`, `upstream_reset` or `upstream_malformed`; the socket is destroyed then. */
export function readUpstreamAnswer(upstream: Socket, limits: AnswerLimits): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    const reading = new Reading(limits);
    const settle = (): void => {
      clearTimeout(timer);
      upstream.off('data', onData).off('end', onEnd).off('close', onClose);
      upstream.pause();
    };
    const fail = (error: WeirError): void => {
      settle();
      upstream.destroy();
      reject(error);
    };
    const look = (work: () => UpstreamAnswer | null): void => {
      try {
        const answer = work();
        if (answer === null) return;
        settle();
        resolve(answer);
      } catch (error) {
        const what = error instanceof MalformedAnswer ? error.message : 'something that could not be read';
        fail(new WeirError('upstream_malformed', `the upstream answered with malformed HTTP (${what})`));
      }
    };
    const onData = (chunk: Buffer): void => look(() => reading.take(chunk));
    const onEnd = (): void => {
      look(() => reading.close());
      if (!reading.isDone) onClose();
    };
    const onClose = (): void =>
      fail(new WeirError('upstream_reset', 'the upstream ended the connection before it answered'));
    const timer = setTimeout(() => {
      fail(new WeirError('upstream_timeout', `no answer within limits.firstByteMs (${limits.firstByteMs} ms)`));
    }, limits.firstByteMs);
    upstream
      .on('error', () => upstream.destroy())
      .on('end', onEnd)
      .on('close', onClose)
      .on('data', onData)
      // Paused where it was spoken on before, with a proxy behind this one.
      .resume();
    if (upstream.destroyed) onClose();
  });
}

const HEAD_END = '\r\n\r\n';
const SWITCH = /^HTTP\/1\.1 101(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/;
const INTERIM = /^HTTP\/1\.1 1(?!01)\d\d[ \r]/;
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

class Reading {
  readonly #limits: AnswerLimits;
  #held: Buffer = Buffer.alloc(0);
  #ordinary: OrdinaryAnswer | null = null;
  isDone = false;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** The answer, once there is one. Throws MalformedAnswer. */
  take(chunk: Buffer): UpstreamAnswer | null {
    if (this.#ordinary !== null) return this.#finished(this.#ordinary.take(chunk));
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const end = this.#held.indexOf(HEAD_END);
      if (end === -1 ? this.#held.length > this.#limits.headerBytes : end > this.#limits.headerBytes) {
        throw new MalformedAnswer('a head larger than limits.headerBytes');
      }
      if (end === -1) return null;
      const head = this.#held.toString('latin1', 0, end + 2);
      if (SWITCH.test(head)) return this.#finished(switchOf(head, this.#held.subarray(end + HEAD_END.length)));
      if (!INTERIM.test(head)) break;
      this.#held = this.#held.subarray(end + HEAD_END.length);
    }
    this.#ordinary = new OrdinaryAnswer(this.#limits);
    return this.#finished(this.#ordinary.take(this.#held));
  }

  /** The connection ended, which may be the end of the body. */
  close(): UpstreamAnswer | null {
    return this.#finished(this.#ordinary?.close() ?? null);
  }

  #finished(answer: UpstreamAnswer | null): UpstreamAnswer | null {
    this.isDone ||= answer !== null;
    return answer;
  }
}

function switchOf(head: string, bytes: Buffer): UpstreamAnswer {
  const [, ...lines] = head.slice(0, -2).split('\r\n');
  const headers = lines.flatMap((line) => {
    const field = FIELD.exec(line);
    if (field === null) throw new MalformedAnswer('a header line that is none');
    return [field[1] as string, (field[2] as string).trimEnd()];
  });
  return { status: 101, statusText: SWITCH.exec(head)?.[1] ?? '', headers, bytes };
}

class OrdinaryAnswer {
  readonly #parser: AnswerParser;
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #head: Omit<UpstreamAnswer, 'bytes'> | null = null;
  #isEnded = false;

  constructor({ headerBytes, inspectBytes }: AnswerLimits) {
    this.#parser = new AnswerParser(
      {
        information: () => {},
        head: (status, statusText, headers) => {
          this.#head = { status, statusText, headers };
        },
        data: (piece) => {
          this.#size += piece.length;
          if (this.#size > inspectBytes) throw new MalformedAnswer('a refusal larger than limits.inspectBytes');
          this.#pieces.push(piece);
        },
        // A refusal is passed on without: they would have to be inspected.
        trailers: () => {},
        end: () => {
          this.#isEnded = true;
        },
      },
      headerBytes,
    );
    this.#parser.begin('GET');
  }

  take(chunk: Buffer): UpstreamAnswer | null {
    this.#parser.push(chunk);
    return this.#whole();
  }

  close(): UpstreamAnswer | null {
    this.#parser.close();
    return this.#whole();
  }

  #whole(): UpstreamAnswer | null {
    return this.#isEnded && this.#head !== null ? { ...this.#head, bytes: Buffer.concat(this.#pieces) } : null;
  }
}
