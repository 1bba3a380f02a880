/**
 * Values cut between the messages of one direction of a stream, as the proxy carries them: the engine reads the messages
 * together, tokens are asked for where it wants them, and what is found across messages has an event of its own.
 */
import type { Extraction } from '../engine/extract/extract.ts';
import type { Engine, Inspection } from '../engine/inspect.ts';
import type { Carried } from '../engine/transform/carried-tokens.ts';
import type { Asking } from '../engine/transform/stream/asking.ts';
import { CutValues, type Passed } from '../engine/transform/stream/cut-values.ts';
import type { Direction } from '../flow/decision.ts';
import type { Message } from '../flow/message.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { Account } from './account.ts';
import type { ExchangeContext } from './context.ts';
import { givenOf } from './inspection.ts';
import type { Pseudonyms } from './pseudonyms.ts';

export interface CutScope {
  readonly source: Source;
  readonly destination: Destination;
  readonly direction: Direction;
  /** True where nothing is changed, and nothing waits. */
  readonly isBeside: boolean;
}

export interface CutStream {
  /** As things stand now. */
  readonly scope: () => CutScope;
  readonly present: () => ExchangeContext;
  readonly pseudonyms: () => Pseudonyms;
  readonly account: Account;
}

/** What was found across messages; `message` is the last of them. */
export interface Cut {
  readonly inspection: Inspection;
  readonly message: Message;
  readonly eventId: string | null;
}

export interface CutPassed<T> {
  readonly leaving: readonly Carried<T>[];
  readonly cut: Cut | null;
}

export class CutMessages<T> {
  readonly #stream: CutStream;
  #values: CutValues<T> | null = null;
  #engine: Engine | null = null;
  #scope: CutScope | null = null;
  #last: { readonly message: Message; readonly extraction: Extraction } | null = null;

  constructor(stream: CutStream) {
    this.#stream = stream;
  }

  get dueAt(): number | null {
    return this.#values?.dueAt ?? null;
  }

  heard(): void {
    this.#values?.heard();
  }

  /** A message that has been judged by itself. Rejects where it cannot be edited or recorded, or no token can be had. */
  async take(
    item: T,
    message: Message,
    { extraction, findings, edits }: Inspection,
    mayWait = true,
  ): Promise<CutPassed<T>> {
    const context = this.#stream.present();
    const before = await this.#open(context, extraction.shape === null);
    this.#last = { message, extraction };
    const judged = { item, message, extraction, findings, edits };
    const values = this.#values;
    if (values === null) return before;
    return together(before, await this.#carryOut(values.take(judged, context.now(), mayWait)));
  }

  async tick(): Promise<CutPassed<T>> {
    const values = this.#values;
    return values === null ? NOTHING : await this.#carryOut(values.tick(this.#stream.present().now()));
  }

  async end(): Promise<CutPassed<T>> {
    const values = this.#values;
    return values === null ? NOTHING : await this.#carryOut(values.end());
  }

  /** What waited under other policies, or for somebody else: it is read no further. */
  async #open(context: ExchangeContext, mayBePieces: boolean): Promise<CutPassed<T>> {
    const { engine } = context;
    const { present } = this.#stream;
    const scope = this.#stream.scope();
    const { destination, isBeside } = scope;
    const known = this.#scope;
    if (this.#engine === engine && known?.destination === destination && known.isBeside === isBeside) return NOTHING;
    const before = await this.end();
    this.#engine = engine;
    this.#scope = scope;
    this.#values = new CutValues<T>(engine, {
      ...scope,
      mayBePieces,
      holdMs: context.config.limits.holdMs,
      overrides: () => givenOf(present(), {}).overrides,
      now: () => present().now(),
    });
    return before;
  }

  async #carryOut(work: Asking<Passed<T>>): Promise<CutPassed<T>> {
    const tokens = this.#values?.tokens;
    const last = this.#last;
    for (;;) {
      const step = work.next();
      if (step.done === true) return await this.#recorded(step.value);
      // Of what is only looked at nothing is changed: a label will do.
      if (this.#scope?.isBeside === false && last !== null) {
        const issued = await this.#stream.pseudonyms().issue(last.extraction, step.value);
        tokens?.learn(issued.known(step.value));
      }
      tokens?.withhold(step.value);
    }
  }

  async #recorded({ leaving, inspection }: Passed<T>): Promise<CutPassed<T>> {
    const last = this.#last;
    const { account, present } = this.#stream;
    if (inspection === null || last === null || account.isClosed) return { leaving, cut: null };
    const { message } = last;
    const context = present();
    const told = { id: context.newId(), excerptChars: context.excerptChars };
    // Its bytes have been counted with each message.
    const eventId = await account.enterMessage({ ...message, body: EMPTY }, inspection, told);
    return { leaving, cut: { inspection, message, eventId } };
  }
}

const EMPTY = Buffer.alloc(0);
const NOTHING: CutPassed<never> = { leaving: [], cut: null };

/** One after the other; of what was found the later counts, unless the first ended the stream. */
export function together<T>(first: CutPassed<T>, second: CutPassed<T>): CutPassed<T> {
  if (first.leaving.length === 0 && first.cut === null) return second;
  const isOver = first.cut?.inspection.decision.enforced.action === 'block';
  return isOver ? first : { leaving: [...first.leaving, ...second.leaving], cut: second.cut ?? first.cut };
}
