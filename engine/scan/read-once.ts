/**
 * The end of a run of bytes, where many cues may stand in one run: bytes that an earlier cue was followed by are known, so
 * all cues together read each byte once, however long a value may be.
 */
import { runEnd } from './bytes.ts';
import type { Passage } from './passage.ts';

/** `runEnd` for places that rise from call to call; `reader` names who asks, always with the same set. */
export function runEndOnce(passage: Passage, reader: string, at: number, set: Uint8Array, limit: number): number {
  // Every byte from an earlier place up to this one is of the set.
  const known = Math.min(passage.readTo(reader), at + limit);
  const from = Math.max(at, known);
  const end = runEnd(passage.text, from, set, at + limit - from);
  if (end > known) passage.markRead(reader, end);
  return end;
}
