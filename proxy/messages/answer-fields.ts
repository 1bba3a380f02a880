/**
 * The fields of an answer to a stream of messages, head and trailers: decided on as those of any answer are, and told apart
 * where all of them stand in the head.
 */
import { opaque } from '../../flow/coverage.ts';
import type { Message } from '../../flow/message.ts';
import { reasonOf } from '../answer.ts';
import { inspectWithNames } from '../inspection.ts';
import type { MessageStream } from './message-stream.ts';

export class AnswerFields {
  readonly #stream: MessageStream;
  readonly #isOver: () => boolean;
  #isEntered = false;

  constructor(stream: MessageStream, isOver: () => boolean) {
    this.#stream = stream;
    this.#isOver = isOver;
  }

  /** A head or trailers, decided on: as they go on; null where that ended the stream. */
  async decide(status: number, headers: readonly string[], body: Buffer): Promise<readonly string[] | null> {
    const stream = this.#stream;
    const { account, context } = stream;
    const message = this.#message(status, headers, body);
    const held = stream.holds.response;
    try {
      const inspection = await inspectWithNames(context, message, {
        now: new Date(context.now()),
        held,
        pseudonyms: null,
        isHead: true,
      });
      if (this.#isOver()) return null;
      // One account of a direction is enough, where there is nothing more to say.
      if (!this.#isEntered || inspection.findings.length > 0) account.enter(message, inspection, context.excerptChars);
      this.#isEntered = true;
      if (inspection.decision.enforced.action === 'block') {
        stream.end(stream.blocked(message, inspection, account.id));
        return null;
      }
      return inspection.edited?.changed.headers === true ? inspection.edited.headers : headers;
    } catch (error) {
      context.log(`weir: the fields of an answer of exchange ${account.id} failed: ${reasonOf(error)}`);
      if (!held) {
        account.lessen(opaque('failed'));
        return headers;
      }
      const ending = stream.failure('internal', 'inspection', 'the proxy failed to inspect the answer');
      if (ending === null) return headers;
      stream.end(ending);
      return null;
    }
  }

  #message(status: number, headers: readonly string[], body: Buffer): Message {
    const { incoming, destination } = this.#stream;
    return {
      direction: 'response',
      source: incoming.source,
      destination,
      method: incoming.request.method ?? 'POST',
      target: incoming.target,
      status,
      headers,
      body,
    };
  }
}

/** Of an answer that is all trailers (gRPC over HTTP2, Trailers-Only): what stands in the head, and what behind it. */
export function splitTrailersOnly(headers: readonly string[]): { readonly head: string[]; readonly rest: string[] } {
  const head: string[] = [];
  const rest: string[] = [];
  for (const [name, value] of pairsOf(headers)) {
    (/^(?:content-type|grpc-encoding|grpc-accept-encoding|date|server|via)$/i.test(name) ? head : rest).push(
      name,
      value,
    );
  }
  return { head, rest };
}

/** A flat list as names with their values. */
export function pairsOf(fields: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) pairs.push([fields[i] as string, fields[i + 1] as string]);
  return pairs;
}
