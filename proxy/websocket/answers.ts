/**
 * A server's messages over which a text grows, where a rule could act on what it says: judged while they come, or waited
 * with until the text has ended where the rules can only be carried out on the whole of it.
 */
import type { WantedTokens } from '../../engine/transform/conversation.ts';
import type { Asking } from '../../engine/transform/stream/asking.ts';
import type { StreamGate } from '../../engine/transform/stream/gate.ts';

export type Issue = (wanted: WantedTokens) => Promise<Iterable<readonly [token: string, value: string]>>;

const DATA = Buffer.from('data: ');
const EVENT_END = Buffer.from('\n\n');

/** Messages as an event stream, which the engine takes apart; a line break would end an event's data. */
export function asEvents(messages: readonly Buffer[]): Buffer {
  const events = Buffer.concat(messages.flatMap((one) => [DATA, one, EVENT_END]));
  let at = 0;
  for (const { length } of messages) {
    at += DATA.length;
    for (const end = at + length; at < end; at++) if (events[at] === 0x0a || events[at] === 0x0d) events[at] = 0x20;
    at += EVENT_END.length;
  }
  return events;
}

/** The messages in such a stream. */
function messagesIn(events: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < events.length; ) {
    const end = events.indexOf(EVENT_END, at);
    const stop = end === -1 ? events.length : end;
    messages.push(events.subarray(at + DATA.length, stop));
    at = stop + EVENT_END.length;
  }
  return messages;
}

/** One answer, or several that grow at the same time, judged while its messages come. */
export class StreamedAnswer {
  readonly gate: StreamGate;
  readonly #issue: Issue;
  bytes = 0;

  constructor(gate: StreamGate, issue: Issue) {
    this.gate = gate;
    this.#issue = issue;
  }

  /** What may leave with this message. */
  async push(message: Buffer, now: number): Promise<readonly Buffer[]> {
    this.bytes += message.length;
    const event = asEvents([message]);
    const passed = await this.#carryOut(this.gate.push(event, now));
    // Bytes that nothing was done to are the sender's, line breaks included.
    return passed.equals(event) ? [message] : messagesIn(passed);
  }

  /** What has waited for long enough. */
  async tick(now: number): Promise<readonly Buffer[]> {
    return messagesIn(await this.#carryOut(this.gate.tick(now)));
  }

  /** The texts have ended. */
  async end(now: number): Promise<readonly Buffer[]> {
    return messagesIn(await this.#carryOut(this.gate.end(now)));
  }

  async #carryOut(work: Asking<Buffer>): Promise<Buffer> {
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      const { until } = step.value;
      if (until !== undefined) {
        await until;
        continue;
      }
      this.gate.tokens.learn(await this.#issue(step.value));
      this.gate.tokens.withhold(step.value);
    }
  }
}

/** Messages that wait for the end of their texts. */
export class WaitingAnswer {
  #messages: Buffer[] = [];
  #bytes = 0;

  /** True while no more than so much waits. */
  push(message: Buffer, maxBytes: number): boolean {
    this.#messages.push(message);
    this.#bytes += message.length;
    return this.#bytes <= maxBytes;
  }

  /** All that waits, in order. */
  take(): readonly Buffer[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    return messages;
  }
}
