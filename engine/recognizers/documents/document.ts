/** A kind of document that several different cues close together make: its stretch from the first line to the last. */
import type { Passage } from '../../scan/passage.ts';
import type { Cue, HitExample, MissExample, Recognizer } from '../../scan/recognizer.ts';
import type { Cluster } from '../../scan/tally.ts';

export interface DocumentSpec {
  /** kebab-case, unique. */
  readonly name: string;
  readonly entity: string;
  readonly cues: readonly Cue[];
  /** Whether a cue counts where it stands; absent: everywhere. */
  readonly counts?: (passage: Passage, start: number, end: number, cue: Cue) => boolean;
  /** Bytes between two cues of one stretch. */
  readonly gap: number;
  /** Score of a stretch; 0 is none. */
  readonly score: (cluster: Cluster, passage: Passage) => number;
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

export function documentKind(spec: DocumentSpec): Recognizer {
  const numbers = new Map(spec.cues.map((cue, number) => [cue, number]));
  const recognizer: Recognizer = {
    name: spec.name,
    entity: spec.entity,
    category: 'content',
    countries: [],
    cues: spec.cues,
    findAtCue(passage, start, end, cue): void {
      if (spec.counts === undefined || spec.counts(passage, start, end, cue)) {
        passage.note(recognizer, start, end, numbers.get(cue) ?? 0);
      }
    },
    finish(passage): void {
      for (const cluster of passage.tallyOf(recognizer)?.clusters(spec.gap) ?? []) {
        const score = spec.score(cluster, passage);
        if (score === 0) continue;
        const { text } = passage;
        passage.reportWhole(recognizer, lineStart(text, cluster.start), lineEnd(text, cluster.end), score);
      }
    },
    hits: spec.hits,
    misses: spec.misses,
  };
  return recognizer;
}

/** Longest part of a line that belongs to the stretch with its cue, bytes. */
const MAX_LINE = 400;

export function lineStart(text: Buffer, at: number): number {
  const first = Math.max(0, at - MAX_LINE);
  let start = at;
  while (start > first && text[start - 1] !== 0x0a) start--;
  return start;
}

export function lineEnd(text: Buffer, at: number): number {
  const last = Math.min(text.length, at + MAX_LINE);
  let end = at;
  while (end < last && text[end] !== 0x0a && text[end] !== 0x0d) end++;
  return end;
}

/** Literal cues in any case, `exact` where a list says so; none may stand within a word. */
export function cuesOf(literals: readonly string[], how: Omit<Cue, 'literal'> = {}): Cue[] {
  return literals.map((literal) => ({ literal, ...how }));
}
