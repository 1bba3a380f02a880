/**
 * A heard exchange through the engine, as the proxy has a request and its answer: extract, scan, decide. What would be held
 * there counts as held here, so that a body that cannot be read is decided on alike.
 */

import { examineReading, type Readers } from '../engine/examine-reading.ts';
import { type Extraction, extract } from '../engine/extract/extract.ts';
import { isGenaiService } from '../engine/extract/message-protocols.ts';
import { isSignIn } from '../engine/extract/sign-in.ts';
import { type Engine, type Examined, examine, judgeExamined, type UsageLedger } from '../engine/inspect.ts';
import { describeRoute } from '../engine/route-text.ts';
import { excerptOf } from '../engine/transform/excerpt.ts';
import { opaque, worseCoverage } from '../flow/coverage.ts';
import { actionRank, type Direction } from '../flow/decision.ts';
import type { Side } from '../flow/event-of.ts';
import type { LearnedFields } from '../flow/learned.ts';
import type { Message } from '../flow/message.ts';
import type { Override } from '../flow/override.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { HeardExchange, HeardMessage } from './reassemble/heard.ts';

export interface InspectingHeard extends Readers {
  readonly engine: Engine;
  readonly usage: UsageLedger | null;
  readonly overrides: () => readonly Override[];
  /** What is known of the fields of an edge. */
  readonly learned: (message: Message) => LearnedFields | null;
  readonly excerptChars: number;
}

export interface InspectedExchange {
  readonly destination: Destination;
  readonly sides: readonly Side[];
  readonly provider: string | null;
  readonly model: string | null;
  readonly route: string | null;
  readonly excerpt: string | null;
}

interface Parties {
  readonly source: Source;
  readonly destination: Destination;
  /** Unix time in ms. */
  readonly now: number;
}

interface Inspected {
  readonly side: Side;
  readonly extraction: Extraction;
  readonly excerpt: string | null;
}

/** With those who take time over documents and names. Never rejects for what the messages hold. */
export async function inspectHeard(
  exchange: HeardExchange,
  parties: Parties,
  inspecting: InspectingHeard,
): Promise<InspectedExchange> {
  const { engine } = inspecting;
  const taken = takenOf(exchange, parties, engine);
  const examined: Examined[] = [];
  for (const { extraction } of taken.messages) examined.push(await examineReading(engine, extraction, inspecting));
  return concluded(exchange, taken, examined, parties, inspecting);
}

/** The same at once: where nothing is to be waited for, or nothing can be. */
export function inspectHeardNow(
  exchange: HeardExchange,
  parties: Parties,
  inspecting: InspectingHeard,
): InspectedExchange {
  const { engine, readNames } = inspecting;
  const taken = takenOf(exchange, parties, engine);
  const names = readNames === null ? null : { names: [], isWhole: false };
  const examined = taken.messages.map(({ extraction }) => examine(engine, extraction, names));
  return concluded(exchange, taken, examined, parties, inspecting);
}

interface Taken {
  readonly destination: Destination;
  readonly messages: readonly {
    readonly message: Message;
    readonly heard: HeardMessage;
    readonly extraction: Extraction;
  }[];
  readonly isSignIn: boolean;
}

function takenOf({ request, response, isWithinStream }: HeardExchange, parties: Parties, engine: Engine): Taken {
  const { host } = parties.destination;
  const path = request?.target.split('?', 1)[0] ?? '';
  if (request !== null && isSignIn(host, request.method, path)) {
    return { destination: parties.destination, messages: [], isSignIn: true };
  }
  let { destination } = parties;
  const messages: Taken['messages'][number][] = [];
  for (const [direction, heard] of [
    ['request', request],
    ['response', response],
  ] as const) {
    if (heard === null) continue;
    const message = messageOf(direction, heard, { ...parties, destination }, isWithinStream);
    const isCut = heard.coverage.level !== 'full';
    const extraction = extract(message, isCut ? { ...engine, takesCut: true } : engine);
    // A host that nobody knows and that is spoken to in a provider's shape is a provider's.
    const isSpokenTo = extraction.shape !== null || isGenaiService(heard.target);
    if (direction === 'request' && destination.category === 'unknown' && isSpokenTo) {
      destination = { ...destination, category: 'genai' };
    }
    messages.push({ message: { ...message, destination }, heard, extraction });
  }
  return { destination, messages, isSignIn: false };
}

function messageOf(direction: Direction, heard: HeardMessage, parties: Parties, isWithinStream: boolean): Message {
  return {
    direction,
    source: parties.source,
    destination: parties.destination,
    method: heard.method === '' ? 'GET' : heard.method,
    target: heard.target === '' ? '/' : heard.target,
    status: heard.status,
    headers: heard.headers,
    body: heard.body,
    ...(isWithinStream ? { isWithinStream } : {}),
  };
}

function concluded(
  exchange: HeardExchange,
  { destination, messages, isSignIn: isUnread }: Taken,
  examined: readonly Examined[],
  parties: Parties,
  inspecting: InspectingHeard,
): InspectedExchange {
  const inspected = messages.map(({ message, heard }, at) =>
    decided(message, heard, examined[at] as Examined, parties, inspecting),
  );
  const asked = inspected.find(({ side }) => side.direction === 'request');
  const { request } = exchange;
  const excerpts = inspected.flatMap(({ excerpt }) => (excerpt === null ? [] : [excerpt]));
  const unread = isUnread ? [unreadSide()] : [];
  const isNamed = request !== null && request.target !== '';
  return {
    destination,
    sides: [...inspected.map(({ side }) => side), ...unread],
    provider: (asked ?? inspected[0])?.extraction.shape?.split('.', 1)[0] ?? null,
    model: asked?.extraction.model ?? null,
    route: isNamed
      ? describeRoute(request.method, request.target, asked?.extraction.segments ?? [], asked?.side.findings ?? [])
      : null,
    excerpt: excerpts.length === 0 ? null : excerpts.join('\n'),
  };

  function unreadSide(): Side {
    const none = { action: 'allow', mode: 'enforce', policy: null, policyVersion: null, rule: null } as const;
    const enforced = { ...none, severity: null, message: null };
    const decision = { enforced, monitored: null, verdicts: [], subject: [], explanation: [] };
    return { direction: 'request', findings: [], coverage: opaque('sign-in'), decision };
  }
}

function decided(
  message: Message,
  heard: HeardMessage,
  examined: Examined,
  { now }: Parties,
  { engine, usage, overrides, learned, excerptChars }: InspectingHeard,
): Inspected {
  const { hasLimits, hasOverrides } = engine.policies;
  const scope = { source: message.source, destination: message.destination, direction: message.direction };
  // What was not heard whole says nothing of whether the proxy could have read it.
  const held = heard.coverage.level === 'full' && actionRank(engine.policies.strongest(scope)) > actionRank('alert');
  const judged = judgeExamined(engine, message, examined, {
    now: new Date(now),
    held,
    usage: hasLimits ? usage : null,
    overrides: hasOverrides ? overrides() : [],
    learned: learned(message),
    bytes: heard.bytes,
  });
  const { extraction, findings, coverage, decision, fields } = judged;
  const { direction } = message;
  return {
    side: { direction, findings, coverage: worseCoverage(coverage, heard.coverage), decision, fields },
    extraction,
    excerpt: excerptOf(extraction.segments, findings, excerptChars),
  };
}
