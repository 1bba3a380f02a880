/**
 * The client's messages on their way upstream: each waits for its decision, and no byte of it is sent before. Only the one
 * message is held; where the upstream or the decision is slow, the client is read no further.
 */
import { Transform, type TransformCallback } from 'node:stream';
import { HeldShare } from '../held-budget.ts';
import { inStream } from './endings.ts';
import { IncomingMessages } from './incoming-messages.ts';
import { changed, type Judged, type MessageStream } from './message-stream.ts';

export class RequestGate extends Transform {
  readonly #stream: MessageStream;
  readonly #messages: IncomingMessages;
  readonly #room: HeldShare;
  #taken = 0;
  /** The rest of a message that is too large, and goes on all the same. */
  #isPassing = false;
  #isTaking = false;
  #timer: NodeJS.Timeout | undefined;
  /** What is let go by the clock. */
  #doing: Promise<void> = Promise.resolve();

  constructor(stream: MessageStream) {
    super();
    const { context, incoming, protocol } = stream;
    this.#stream = stream;
    this.#messages = new IncomingMessages(protocol, incoming.request.rawHeaders, context.config.limits.inspectBytes);
    this.#room = new HeldShare(context.budget);
  }

  /** No message is under way: the client is not waited for. */
  get isIdle(): boolean {
    return !this.#messages.isWithin;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#isTaking = true;
    this.#doing
      .then(() => this.#take(chunk))
      .then(
        () => {
          this.#isTaking = false;
          done();
        },
        (error: unknown) => done(error instanceof Error ? error : new Error('the gate failed')),
      );
  }

  override _flush(done: TransformCallback): void {
    if (!this.#stream.isEnded && this.#messages.isWithin)
      this.#malformed('the request ends in the middle of a message');
    // Ended: what goes upstream must not look complete.
    if (this.#stream.isEnded) return;
    this.#isTaking = true;
    this.#doing
      .then(() => this.#stream.last('request'))
      .then(
        (judged) => {
          if (this.#sendJudged(judged)) done();
        },
        (error: unknown) => done(error instanceof Error ? error : new Error('the gate failed')),
      );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#room.release();
    done(error);
  }

  async #take(chunk: Buffer): Promise<void> {
    const stream = this.#stream;
    if (stream.isEnded || this.destroyed) return;
    if (!(await this.#takeRoom(chunk.length))) return;
    const pieces = this.#messages.push(chunk);
    if (pieces === null) return this.#malformed('the request is no base64');
    for (const piece of pieces) {
      if (stream.isEnded || this.destroyed) return;
      if (piece.kind === 'rest') {
        if (this.#isPassing) this.#send(piece.bytes);
        continue;
      }
      if (piece.kind === 'large') {
        if (!this.#sendJudged(await stream.last('request'))) return;
        this.#isPassing = this.#passLarge(piece.length);
        if (this.#isPassing) this.#send(piece.head);
        continue;
      }
      const { coding, protocol } = this.#messages;
      if (!this.#sendJudged(await stream.judge('request', { ...piece, coding, protocol }))) return;
    }
    this.#giveRoom();
    this.#expectTick();
  }

  /** False where the stream is over. */
  #sendJudged({ sent, ending }: Judged): boolean {
    if (this.destroyed) return false;
    for (const { given, edited } of sent) this.#send(changed(given, edited));
    if (ending !== null) this.#stream.end(ending);
    return ending === null && !this.#stream.isEnded;
  }

  /** Messages that wait for the next of the client are let go in time. */
  #expectTick(): void {
    clearTimeout(this.#timer);
    const dueAt = this.#stream.dueAt('request');
    if (dueAt === null || this.destroyed) return;
    const tick = (): void => {
      // What is being taken will see to it.
      if (this.#isTaking || this.destroyed || this.#stream.isEnded) return;
      this.#doing = this.#stream.tick('request').then((judged) => {
        if (this.#sendJudged(judged)) this.#expectTick();
      });
    };
    this.#timer = setTimeout(tick, Math.max(1, dueAt - this.#stream.context.now()));
  }

  #send(bytes: Buffer): void {
    this.push(inStream(this.#stream.protocol, bytes));
  }

  async #takeRoom(bytes: number): Promise<boolean> {
    if (!this.#room.grow(bytes) && !(await this.#room.growWhenRoom(bytes))) {
      const ending = this.#stream.failure('unavailable', 'room', 'no room for held messages (limits.heldBytes)');
      if (ending !== null) this.#stream.end(ending);
      // Without room it cannot be held, and what is not held is not inspected.
      if (ending !== null) return false;
      this.#room.charge(bytes);
    }
    this.#taken += bytes;
    return true;
  }

  #giveRoom(): void {
    const left = Math.min(this.#messages.heldBytes, this.#taken);
    this.#room.shrink(this.#taken - left);
    this.#taken = left;
  }

  #passLarge(length: number): boolean {
    const { inspectBytes } = this.#stream.context.config.limits;
    const text = `a message of ${length} bytes is larger than limits.inspectBytes (${inspectBytes} bytes)`;
    const ending = this.#stream.failure('resource_exhausted', 'size', text);
    if (ending !== null) this.#stream.end(ending);
    return ending === null;
  }

  #malformed(text: string): void {
    const { account } = this.#stream;
    const eventId = account.id;
    this.#stream.end({ code: 'invalid_argument', text, eventId, outcome: 'malformed', reason: text });
  }
}
