/**
 * The account of one exchange: what is learned of it on the way, and the one event and two edges that it ends in.
 * It is closed once; a second closing does nothing. No value of a message enters it, only places and fingerprints.
 */
import type { Inspection } from '../engine/inspect.ts';
import { describeRoute } from '../engine/route-text.ts';
import { excerptOf } from '../engine/transform/excerpt.ts';
import { type Coverage, FULL, worseCoverage } from '../flow/coverage.ts';
import { type Action, actionRank, type Decision, type Direction, type Ruling, stronger } from '../flow/decision.ts';
import type { EdgeObservation, Via } from '../flow/edge.ts';
import type { EventBody, Outcome } from '../flow/event.ts';
import { eventDestination } from '../flow/event-destination.ts';
import { countEntities, edgesOf, eventOf, isOver, type Side, timeText, withFields } from '../flow/event-of.ts';
import type { Message } from '../flow/message.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { Closing, Opening, Recorder } from '../flow/recorder.ts';

interface ShownSide extends Side {
  readonly excerpt: string | null;
}

export interface AccountStart {
  readonly id: string;
  readonly startedAt: number;
  readonly source: Source;
  readonly destination: Destination | null;
  /** `https`, `http`, `websocket`, `tunnel`, `unknown`. */
  readonly protocol: string;
  readonly provider: string | null;
  /** How the destination's name is known; `proxy` unless said. */
  readonly via?: Via | undefined;
}

export class Account {
  readonly id: string;
  readonly source: Source;
  provider: string | null;
  model: string | null = null;
  route: string | null = null;
  /** The bytes of the bodies as they crossed the client's connection. */
  bytesOut = 0;
  bytesIn = 0;
  /** Hears the method of a call by JSON-RPC. */
  onCall: ((method: string) => void) | null = null;
  readonly #startedAt: number;
  /** RFC 3339. */
  readonly #time: string;
  readonly #recorder: Recorder;
  readonly #now: () => number;
  readonly #sides: ShownSide[] = [];
  #destination: Destination | null;
  #protocol: string;
  readonly #via: Via;
  #coverage: Coverage = FULL;
  #isClosed = false;
  /** Of a stream: the strongest that was decided on a message of each direction. */
  readonly #messages: Partial<Record<Direction, { strongest: ShownSide }>> = {};

  constructor(start: AccountStart, recorder: Recorder, now: () => number) {
    this.id = start.id;
    this.source = start.source;
    this.provider = start.provider;
    this.#startedAt = start.startedAt;
    this.#time = timeText(start.startedAt);
    this.#destination = start.destination;
    this.#protocol = start.protocol;
    this.#via = start.via ?? 'proxy';
    this.#recorder = recorder;
    this.#now = now;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** A host that is spoken to in a provider's shape turned out to be one. */
  set destination(destination: Destination) {
    this.#destination = destination;
  }

  /** What was found and decided in one direction. */
  enter(message: Message, inspection: Inspection, excerptChars: number): void {
    const { extraction, findings, coverage, decision, fields } = inspection;
    if (message.direction === 'request') {
      this.model = extraction.model;
      this.provider ??= extraction.shape?.split('.', 1)[0] ?? null;
      if (extraction.rpcMethod != null) this.onCall?.(extraction.rpcMethod);
      this.route = describeRoute(message.method, message.target, extraction.segments, findings);
    }
    const excerpt = excerptOf(extraction.segments, findings, excerptChars);
    this.#sides.push({ direction: message.direction, findings, coverage, decision, excerpt, fields });
  }

  /**
   * One message of a stream. Where something was found in it, or done to it, it has an event of its own, which is kept
   * when this resolves (with the id of that event; null where there is none); rejects with WeirError
   * `store_unwritable`. Edges count what it held with it, and the call at the stream's end.
   */
  async enterMessage(
    message: Message,
    inspection: Inspection,
    { id, excerptChars }: { readonly id: string; readonly excerptChars: number },
  ): Promise<string | null> {
    const { extraction, findings, coverage, decision } = inspection;
    const { direction } = message;
    const bare: ShownSide = { direction, findings: [], coverage: FULL, decision, excerpt: null };
    this.lessen(coverage);
    const all = this.#messages[direction] ?? { strongest: bare };
    this.#messages[direction] = all;
    if (isOver(decision, all.strongest.decision)) all.strongest = bare;
    const { action } = decision.enforced;
    if (findings.length === 0 && actionRank(action) <= actionRank('alert')) return null;
    const excerpt = excerptOf(extraction.segments, findings, excerptChars);
    const side: ShownSide = { direction, findings, coverage, decision, excerpt };
    const event = this.#event([side], FULL, action === 'block' ? 'blocked' : 'completed', null, null);
    const bytes = { out: 0, in: 0, [direction === 'request' ? 'out' : 'in']: message.body.length };
    const time = timeText(this.#now());
    const told = { ...event, id, time, bytes, latencyMs: null };
    const entities: Record<string, number> = {};
    countEntities(findings, entities);
    const way = direction === 'request' ? 'out' : 'in';
    const edges = this.#destination === null ? [] : edgesOf(told, this.#told, () => entities);
    await this.#recorder.closeSoon({
      event: told,
      edges: edges
        .filter((edge) => edge.direction === way)
        .map((edge) => ({ ...edge, calls: 0, bytesOut: 0, bytesIn: 0 })),
      excerpt,
    });
    return id;
  }

  /** A failure of our own, that `onError` decided on. */
  failedOpen(text: string): void {
    this.#own('alert', text);
  }

  failedClosed(text: string): void {
    this.#own('block', text);
  }

  #own(action: 'alert' | 'block', text: string): void {
    const ruling: Ruling = {
      action,
      mode: 'enforce',
      policy: 'proxy',
      policyVersion: null,
      rule: 'onError',
      severity: 'high',
      message: null,
    };
    const explanation = [{ policy: 'proxy', rule: 'onError', action, text }];
    const decision: Decision = { enforced: ruling, monitored: null, verdicts: [], subject: [], explanation };
    this.#sides.push({ direction: 'request', findings: [], coverage: FULL, decision, excerpt: null });
  }

  /** Something was not looked at, beyond what the sides say. */
  lessen(coverage: Coverage): void {
    this.#coverage = worseCoverage(this.#coverage, coverage);
  }

  /** The strongest action carried out so far: `x-weir-action`. */
  get action(): Action {
    let action: Action = 'allow';
    for (const side of this.#allSides()) action = stronger(action, side.decision.enforced.action);
    return action;
  }

  /** Before the first byte goes upstream. Throws WeirError `store_unwritable`. */
  open(): void {
    this.#recorder.open(this.#opening());
  }

  /** The same, together with what else is recorded now; rejects. */
  openSoon(): Promise<void> {
    return this.#recorder.openSoon(this.#opening());
  }

  /** Before the client gets the last byte. Throws WeirError `store_unwritable`. */
  close(outcome: Outcome, status: number | null, reason: string | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#recorder.close(this.#closing(outcome, status, reason));
  }

  /** The same, together with what else is recorded now; rejects. */
  closeSoon(outcome: Outcome, status: number | null, reason: string | null): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    return this.#recorder.closeSoon(this.#closing(outcome, status, reason));
  }

  #opening(): Opening {
    return {
      id: this.id,
      exchange: this.id,
      time: this.#time,
      source: this.#sourceNow(),
      destination: eventDestination(this.#destination),
      provider: this.provider,
      model: this.model,
      route: this.route,
    };
  }

  #closing(outcome: Outcome, status: number | null, reason: string | null): Closing {
    const event = this.#event(this.#allSides(), this.#coverage, outcome, status, reason);
    let excerpt: string | null = null;
    for (const side of this.#sides) {
      if (side.excerpt !== null) excerpt = excerpt === null ? side.excerpt : `${excerpt}\n${side.excerpt}`;
    }
    return { event, edges: this.#destination === null ? [] : this.#edges(event), excerpt };
  }

  #sourceNow(): Source {
    return this.#recorder.sourceOf?.(this.source) ?? this.source;
  }

  #allSides(): readonly ShownSide[] {
    if (this.#messages.request === undefined && this.#messages.response === undefined) return this.#sides;
    const sides = [...this.#sides];
    for (const messages of [this.#messages.request, this.#messages.response]) {
      if (messages === undefined) continue;
      const { direction, decision } = messages.strongest;
      const at = sides.findIndex((side) => side.direction === direction);
      const head = sides[at];
      if (head === undefined) sides.push(messages.strongest);
      else if (isOver(decision, head.decision)) sides[at] = { ...head, decision };
    }
    return sides;
  }

  #event(
    sides: readonly Side[],
    least: Coverage,
    outcome: Outcome,
    status: number | null,
    reason: string | null,
  ): EventBody {
    return eventOf({
      id: this.id,
      time: this.#time,
      channel: 'proxy',
      exchange: this.id,
      outcome,
      status,
      sides,
      coverage: least,
      source: this.#sourceNow(),
      destination: this.#destination,
      provider: this.provider,
      model: this.model,
      route: this.route,
      bytes: { out: this.bytesOut, in: this.bytesIn },
      latencyMs: this.#now() - this.#startedAt,
      reason,
    });
  }

  #edges(event: EventBody): readonly EdgeObservation[] {
    return withFields(
      edgesOf(event, this.#told, (direction) => this.#entities(direction)),
      this.#sides,
    );
  }

  get #told(): { readonly via: Via; readonly protocol: string } {
    return { via: this.#via, protocol: this.#protocol };
  }

  #entities(direction: Direction): Record<string, number> {
    const entities: Record<string, number> = {};
    for (const side of this.#sides) {
      if (side.direction === direction) countEntities(side.findings, entities);
    }
    return entities;
  }
}
