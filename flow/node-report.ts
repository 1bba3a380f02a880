/**
 * What a node says of itself to its fleet: which policies it runs, what it refused and why, and what it did since it took
 * them up. Plain data; nothing in it comes from a message.
 */

/** What of Weir runs as a node. */
export const NODE_PARTS = ['proxy', 'sensor', 'collector', 'console'] as const;
export type NodePart = (typeof NODE_PARTS)[number];

export interface NodeReport {
  /** Its name in the fleet that it has joined; else an id that its home has drawn. Always the same. */
  readonly node: string;
  readonly host: string;
  readonly labels: readonly string[];
  /** What runs there. */
  readonly parts: readonly NodePart[];
  /** Version of Weir. */
  readonly weir: string;
  /** RFC 3339, UTC; the process, not the node. */
  readonly startedAt: string;
  /** Bundle that runs; null for none. */
  readonly bundle: { readonly name: string; readonly version: number; readonly since: string } | null;
  /** The last bundle that was refused, unless one was taken up since. */
  readonly refused: RefusedBundle | null;
  /** Why the newest bundle is not taken up though nothing is wrong with it: its time, its labels, its share. */
  readonly held: string | null;
  /** The chains that its home has written, the present one last. */
  readonly writers: readonly string[];
  /** Records that made room in its outbox since the process started; checkpoints stand for them. */
  readonly dropped: number;
  /** Exchanges since the bundle was taken up, by the strongest action that was carried out. */
  readonly counts: NodeCounts;
}

/** Whether it judges by policies: nobody waits for others to run a bundle. */
export function judges({ parts }: Pick<NodeReport, 'parts'>): boolean {
  return parts.includes('proxy') || parts.includes('sensor');
}

export interface RefusedBundle {
  /** Null where it could not be read so far. */
  readonly name: string | null;
  readonly version: number | null;
  readonly reason: string;
  readonly since: string;
}

export interface NodeCounts {
  readonly calls: number;
  readonly block: number;
  readonly redact: number;
  readonly tokenize: number;
  readonly alert: number;
}

export const NO_COUNTS: NodeCounts = { calls: 0, block: 0, redact: 0, tokenize: 0, alert: 0 };

/** A report as the fleet has it. */
export interface HeardReport extends NodeReport {
  /** RFC 3339, UTC, by the clock of the bus. */
  readonly heard: string;
  /** It has been silent for longer than it ever is while it runs. */
  readonly isSilent: boolean;
}
