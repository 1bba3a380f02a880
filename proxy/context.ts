/** What passes between the stages of an exchange. Types only. */
import type { Duplex, Readable } from 'node:stream';
import type { Catalog } from '../catalog/catalog.ts';
import type { ProxyConfig } from '../config/config.ts';
import type { Credentials } from '../engine/credentials.ts';
import type { DocumentReader } from '../engine/extract/documents.ts';
import type { Shape } from '../engine/extract/extract.ts';
import type { Engine, UsageLedger } from '../engine/inspect.ts';
import type { NameReader } from '../engine/names/given.ts';
import type { LearnedFields } from '../flow/learned.ts';
import type { Message } from '../flow/message.ts';
import type { Override } from '../flow/override.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { Recorder } from '../flow/recorder.ts';
import type { Account } from './account.ts';
import type { Target } from './authority.ts';
import type { ClientRequest, ClientResponse } from './client-message.ts';
import type { Conversations } from './conversations.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { ProxyFigures } from './figures.ts';
import type { Call, Forwarder, ResponseSink } from './forward.ts';
import type { RateWatch } from './held.ts';
import type { HeldBudget } from './held-budget.ts';
import type { Peers } from './peers.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import type { Traces } from './traces.ts';
import type { YoungChunks } from './young-chunks.ts';

/** What the exchanges of one proxy share. */
export interface ExchangeContext {
  readonly config: ProxyConfig;
  readonly excerptChars: number;
  readonly engine: Engine;
  /** Asks the model for names; null without one. */
  readonly readNames: NameReader | null;
  /** Reads documents that messages carry; null without. */
  readonly readDocuments: DocumentReader | null;
  /** Another thread for large messages; null without. */
  readonly elsewhere: Elsewhere | null;
  readonly catalog: Catalog;
  readonly forwarder: Forwarder;
  readonly recorder: Recorder;
  readonly conversations: Conversations;
  readonly credentials: Credentials;
  readonly budget: HeldBudget;
  readonly rates: RateWatch;
  readonly figures: ProxyFigures;
  /** Looks up who connects; null where that cannot be done. */
  readonly peers: Peers | null;
  /** True where a rule needs to know: then a call waits for it, a little. */
  readonly waitsForPeers: boolean;
  /** Null where traces are off. */
  readonly traces: Traces | null;
  readonly usage: UsageLedger;
  readonly overrides: () => readonly Override[];
  readonly learned: (message: Message) => LearnedFields | null;
  readonly youngChunks: YoungChunks;
  /** The exchange that each client connection is busy with: what breaks on the connection belongs to its record. */
  readonly underWay: WeakMap<Duplex, { readonly account: Account; readonly response: ClientResponse }>;
  /** Aborted once the proxy stops: streams without an end of their own are then to come to one. */
  readonly stopping: AbortSignal;
  readonly isBypassed: (host: string) => boolean;
  readonly newId: () => string;
  readonly now: () => number;
  /** Says loudly, on stderr, what an operator must know; never a value. */
  readonly log: (line: string) => void;
}

/** One request as the listener hands it over. */
export interface Incoming {
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  /** The head announces a body (RFC 9112 §6, RFC 9113 §8.1). */
  readonly hasBody: boolean;
  /** The length of its body where the client declared it. */
  readonly declaredLength: number | null;
  readonly origin: Target;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly source: Source;
  /** The gateway's name for the provider; null in the other modes. */
  readonly provider: string | null;
  readonly expectsContinue: boolean;
}

/** A request that is ready to go upstream. */
export interface Ready {
  readonly headers: readonly string[];
  readonly target: string;
  /** Null once it was handed on. */
  body: Buffer | Readable | null;
  /** Gives the room back that the body took: its answer has come, and it will not be sent again. */
  readonly letGo: () => void;
  /** The trailers that follow the body, once it has ended; a flat list. */
  readonly trailers: () => readonly string[];
  /** As it is judged by: `genai` where a host of category unknown is spoken to as one. */
  readonly destination: Destination;
  readonly shape: Shape | null;
  readonly isStreamAsked: boolean;
  readonly pseudonyms: Pseudonyms | null;
  readonly holdsResponse: boolean;
  readonly isUnscanned: boolean;
  /** Relays the answer in place of relay.ts, where the body is a stream of messages; null for all others. */
  readonly relay: ((ready: Ready, send: (sink: ResponseSink) => Call) => Promise<void>) | null;
  /** Scans what was streamed by, once it is all known; run before the account is closed. Without the model's names. */
  readonly settle: () => void;
  /** The same with them, where there is time to wait. Rejects as `settle` throws. */
  readonly settleWithNames: () => Promise<void>;
}
