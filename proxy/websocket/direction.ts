/**
 * One direction of a WebSocket: the frames of one leg become messages, each is treated as the judge says, and leaves by the
 * other leg. Messages keep their bounds and their order; what is held is bounded and counts as a held body.
 */
import { isUtf8 } from 'node:buffer';
import { opaque, truncated } from '../../flow/coverage.ts';
import type { Direction as Way } from '../../flow/decision.ts';
import type { Account } from '../account.ts';
import type { ExchangeContext } from '../context.ts';
import { failClosed, failOpen } from '../failing.ts';
import { HeldShare } from '../held-budget.ts';
import { BrokenProtocol, CLOSE, type Close, readClose } from './close.ts';
import { AT_ONCE_BYTES, type InflatingMessage } from './deflate.ts';
import { CLOSING, CONTINUATION, type FramePiece, PONG, TEXT } from './frame-reader.ts';
import { Gathered } from './gathered.ts';
import type { Judge, Way as Treatment, Verdict } from './judge.ts';
import type { Leg } from './leg.ts';
import { TextCheck } from './text-check.ts';

/** What becomes of the WebSocket beyond the message at hand. */
export interface Endings {
  /** The leg's peer has said goodbye. */
  closed(leg: Leg, close: Close): Promise<void>;
  /** The message is not passed on, and nothing after it. */
  stopped(verdict: Exclude<Verdict, { kind: 'send' }>): void;
  /** A message larger than what may be held, or no room for it. */
  oversize(leg: Leg, code: number, text: string): void;
}

/** The message that is coming in. */
interface Coming {
  readonly opcode: number;
  readonly isCompressed: boolean;
  inflating: InflatingMessage | null;
  /** Null until its first byte is known. */
  way: Treatment | null;
  /** What is held, or of a message that is passed on what is scanned beside. */
  readonly held: Gathered;
  /** Of what is passed on, how much is scanned beside, and how much there was. */
  sampleBytes: number;
  seen: number;
  /** Of a text that is passed on in pieces. */
  check: TextCheck | null;
  /** Its frames are passed on as they are. */
  isMirrored: boolean;
  hasBegun: boolean;
}

const NOTHING = Buffer.alloc(0);

/** What a direction asks of the judge of its session. */
export type Judging = Pick<
  Judge,
  'wayOf' | 'undecided' | 'decide' | 'control' | 'rest' | 'beside' | 'dueAt' | 'tick' | 'isWaiting' | 'letGo'
>;

export class Direction {
  readonly #way: Way;
  readonly #from: Leg;
  readonly #to: Leg;
  readonly #judge: Judging;
  readonly #account: Account;
  readonly #endings: Endings;
  readonly #present: () => ExchangeContext;
  readonly #room: HeldShare;
  #coming: Coming | null = null;
  /** When a message last came or went. */
  #lastAt: number;
  /** Nothing more is read: the peer has said goodbye, or broke the protocol. */
  isDeaf = false;
  /** Nothing more is passed on; a goodbye is still heard. */
  #isStopped = false;

  constructor(
    way: Way,
    from: Leg,
    to: Leg,
    { judge, account, endings }: { readonly judge: Judging; readonly account: Account; readonly endings: Endings },
    present: () => ExchangeContext,
  ) {
    this.#way = way;
    this.#from = from;
    this.#to = to;
    this.#judge = judge;
    this.#account = account;
    this.#endings = endings;
    this.#present = present;
    this.#room = new HeldShare(present().budget);
    this.#lastAt = present().now();
  }

  get lastAt(): number {
    return this.#lastAt;
  }

  /** True between two messages. */
  get isBetween(): boolean {
    return this.#coming === null;
  }

  /** Takes what has come; resolves once it has been dealt with. Rejects with BrokenProtocol. */
  async take(chunk: Buffer): Promise<void> {
    if (this.isDeaf) return;
    for (const piece of this.#from.reader.read(chunk)) {
      if (piece.opcode === CLOSING) return await this.#closing(piece.bytes);
      // After goodbye nobody listens any more (RFC 6455 §5.5.1).
      if (this.#isStopped || this.#to.isShut) this.#drop();
      else if (piece.opcode > CLOSING) await this.#control(piece);
      else if (!this.#keep(piece)) await this.#data(piece);
      if (this.isDeaf) return;
      if (this.#to.socket.writableNeedDrain) await this.#to.drained();
    }
  }

  /** When `tick` is to be called; null where nothing waits for it. */
  get dueAt(): number | null {
    return this.#isStopped ? null : this.#judge.dueAt(this.#way);
  }

  /** What has waited for long enough; it is text, since nothing else waits. */
  async tick(): Promise<void> {
    if (!this.#isStopped && !this.#to.isShut) await this.#send(TEXT, await this.#judge.tick(this.#way));
  }

  /** The peer has gone without a goodbye: what was waited with is all that there will be. */
  async flush(): Promise<void> {
    if (this.#isStopped || this.isDeaf) return;
    const verdict = await this.#judge.rest(this.#way);
    if (!this.#to.isShut) await this.#send(TEXT, verdict);
  }

  /** What is held of a message that will not come whole is let go. */
  release(): void {
    this.#drop();
  }

  #drop(): void {
    const coming = this.#coming;
    this.#coming = null;
    if (coming === null) return;
    coming.inflating?.destroy();
    this.#room.release();
  }

  async #closing(payload: Buffer): Promise<void> {
    this.isDeaf = true;
    let close = readClose(payload);
    this.#from.isCloseReceived = true;
    if (this.#isStopped) return this.#endings.closed(this.#from, close);
    await this.#send(TEXT, await this.#judge.rest(this.#way));
    // What waited ended the stream.
    if (this.#isStoppedNow()) return this.#endings.closed(this.#from, close);
    if (close.reason !== '' && !this.#to.isShut) {
      const verdict = await this.#judge.control(this.#way, Buffer.from(close.reason, 'utf8'));
      if (verdict.kind !== 'send') return this.#stop(verdict);
      close = { code: close.code, reason: verdict.messages[0]?.toString('utf8') ?? '' };
    }
    await this.#endings.closed(this.#from, close);
  }

  async #control({ opcode, bytes }: FramePiece): Promise<void> {
    if (opcode === PONG && this.#from.isAnswer(bytes)) return;
    const verdict = await this.#judge.control(this.#way, bytes);
    if (verdict.kind !== 'send') return this.#stop(verdict);
    this.#to.fragment(opcode, true, verdict.messages[0] ?? NOTHING);
  }

  /** The common case of a part of a message that is held, at once: a message may come in very many. */
  #keep(piece: FramePiece): boolean {
    const coming = this.#coming;
    if (coming === null || coming.isCompressed || coming.way === null || coming.way === 'pass') return false;
    if ((piece.opcode !== CONTINUATION && piece.at === 0) || isLastOf(piece)) return false;
    if (coming.held.length + piece.bytes.length > this.#most(coming)) return false;
    if (!this.#room.grow(piece.bytes.length)) return false;
    coming.held.add(piece.bytes);
    return true;
  }

  #most({ way }: Coming): number {
    const { limits } = this.#present().config;
    return way === 'shape' ? limits.shapeBytes : limits.inspectBytes;
  }

  async #data(piece: FramePiece): Promise<void> {
    const isFirst = piece.opcode !== CONTINUATION && piece.at === 0;
    if (isFirst) this.#coming = comingOf(piece);
    const coming = this.#coming;
    // Its beginning was dropped with what stood before a goodbye.
    if (coming === null) return;
    const isLast = isLastOf(piece);
    this.#lastAt = this.#present().now();
    const bytes = coming.isCompressed ? await this.#inflated(coming, piece, isFirst && isLast, isLast) : piece.bytes;
    if (coming.way === null) {
      if (bytes.length === 0 && !isLast) return;
      coming.way = this.#judge.wayOf(this.#way, bytes[0] ?? -1);
      if ((coming.way === 'pass' || coming.way === 'restore') && !(await this.#letWaitingGo())) return this.#drop();
      if (coming.way === 'pass') this.#beginPassing(coming, !coming.isCompressed && isFirst);
    }
    if (coming.way === 'pass') await this.#pass(coming, piece, bytes, isFirst && isLast, isLast);
    else await this.#hold(coming, bytes, isLast);
  }

  async #inflated(coming: Coming, piece: FramePiece, isWhole: boolean, isLast: boolean): Promise<Buffer> {
    const { inflater } = this.#from;
    if (inflater === null) return piece.bytes;
    if (isWhole && piece.length <= AT_ONCE_BYTES) return inflater.whole(piece.bytes);
    coming.inflating ??= inflater.pieces();
    const bytes = await coming.inflating.push(piece.bytes);
    if (!isLast) return bytes;
    return Buffer.concat([bytes, await coming.inflating.end()]);
  }

  /** Gathers the message, and decides on it once it is whole. */
  async #hold(coming: Coming, bytes: Buffer, isLast: boolean): Promise<void> {
    if (bytes.length > 0) {
      // Until there is room nothing more is read.
      const hasRoom = this.#room.grow(bytes.length) || (await this.#room.growWhenRoom(bytes.length));
      coming.held.add(bytes);
      if (!hasRoom || coming.held.length > this.#most(coming)) return this.#tooMuch(coming, hasRoom, isLast);
    }
    if (!isLast) return;
    await this.#settle(coming);
  }

  async #settle(coming: Coming): Promise<void> {
    const payload = coming.held.bytes();
    try {
      if (coming.opcode === TEXT && !isUtf8(payload)) throw new BrokenProtocol(CLOSE.invalidText, NO_TEXT);
      const way = coming.way ?? 'hold';
      const isText = coming.opcode === TEXT;
      if (!isText && !(await this.#letWaitingGo())) return;
      const verdict = await this.#judge.decide(this.#way, payload, way, isText);
      await this.#send(coming.opcode, verdict);
      if (way === 'restore') await this.#judge.beside(this.#way, payload, null);
    } finally {
      this.#drop();
    }
  }

  async #tooMuch(coming: Coming, hasRoom: boolean, isLast: boolean): Promise<void> {
    const context = this.#present();
    const { limits, onError } = context.config;
    if (coming.way === 'shape' && hasRoom) {
      coming.way = this.#judge.undecided();
      if (coming.way === 'pass') return this.#letGo(coming, isLast);
      if (isLast) await this.#settle(coming);
      return;
    }
    const text = hasRoom
      ? `a message is larger than limits.inspectBytes (${limits.inspectBytes} bytes)`
      : 'no room for held bodies (limits.heldBytes)';
    if (coming.way === 'hold' || coming.way === 'shape') {
      const where = hasRoom ? 'size' : 'room';
      if (onError === 'closed') {
        failClosed(this.#account, where, text, context);
        this.#drop();
        this.isDeaf = true;
        return this.#endings.oversize(this.#from, hasRoom ? CLOSE.tooLarge : CLOSE.tryLater, text);
      }
      failOpen(this.#account, where, text, context);
      this.#account.lessen(opaque('too-large'));
    } else this.#account.lessen(truncated('limit'));
    await this.#letGo(coming, isLast);
  }

  /** What was gathered is passed on, and what follows as it comes. */
  async #letGo(coming: Coming, isLast: boolean): Promise<void> {
    const bytes = coming.held.bytes();
    coming.held.clear();
    this.#room.release();
    coming.way = 'pass';
    this.#beginPassing(coming, false);
    await this.#passFragment(coming, bytes, isLast);
  }

  #beginPassing(coming: Coming, isMirrored: boolean): void {
    coming.isMirrored = isMirrored;
    coming.check = coming.opcode === TEXT ? new TextCheck() : null;
    coming.sampleBytes = this.#present().config.limits.besideBytes;
  }

  async #pass(coming: Coming, piece: FramePiece, bytes: Buffer, isWhole: boolean, isLast: boolean): Promise<void> {
    if (isWhole) {
      this.#look(coming, bytes, true);
      await this.#to.message(coming.opcode, bytes);
    } else if (coming.isMirrored) {
      this.#look(coming, bytes, isLast);
      if (piece.at === 0) this.#to.begin(piece.opcode, piece.isFinal, piece.length);
      this.#to.piece(bytes);
    } else return this.#passFragment(coming, bytes, isLast);
    if (isLast) await this.#passed(coming);
  }

  /** A piece in a frame of its own. */
  async #passFragment(coming: Coming, bytes: Buffer, isLast: boolean): Promise<void> {
    this.#look(coming, bytes, isLast);
    if (bytes.length > 0 || isLast) {
      this.#to.fragment(coming.hasBegun ? CONTINUATION : coming.opcode, isLast, bytes);
      coming.hasBegun = true;
    }
    if (isLast) await this.#passed(coming);
  }

  #look(coming: Coming, bytes: Buffer, isLast: boolean): void {
    coming.seen += bytes.length;
    const left = coming.sampleBytes - coming.held.length;
    if (left > 0) coming.held.add(bytes.length <= left ? bytes : bytes.subarray(0, left));
    const { check } = coming;
    if (check === null) return;
    if (!check.take(bytes) || (isLast && !check.isWhole)) throw new BrokenProtocol(CLOSE.invalidText, NO_TEXT);
  }

  async #passed({ held, seen }: Coming): Promise<void> {
    this.#drop();
    await this.#judge.beside(this.#way, held.bytes(), seen > held.length ? truncated('limit') : null);
  }

  async #send(opcode: number, verdict: Verdict): Promise<void> {
    if (verdict.kind !== 'failed') for (const message of verdict.messages) await this.#to.message(opcode, message);
    if (verdict.kind !== 'send') return this.#stop(verdict);
    this.#lastAt = this.#present().now();
  }

  /** Messages that wait are text, and leave as such before one that is none or is not held. False where they end the stream. */
  async #letWaitingGo(): Promise<boolean> {
    if (this.#judge.isWaiting(this.#way)) await this.#send(TEXT, await this.#judge.letGo(this.#way));
    return !this.#isStopped;
  }

  /** It may have been while something was waited for. */
  #isStoppedNow(): boolean {
    return this.#isStopped;
  }

  #stop(verdict: Exclude<Verdict, { kind: 'send' }>): void {
    this.#isStopped = true;
    this.#endings.stopped(verdict);
  }
}

/** The message ends with this piece. */
function isLastOf({ isFinal, at, bytes, length }: FramePiece): boolean {
  return isFinal && at + bytes.length === length;
}

const NO_TEXT = 'a text message that is not UTF-8';

function comingOf({ opcode, isCompressed }: FramePiece): Coming {
  return {
    opcode,
    isCompressed,
    inflating: null,
    way: null,
    held: new Gathered(),
    sampleBytes: 0,
    seen: 0,
    check: null,
    isMirrored: false,
    hasBegun: false,
  };
}
