/** Passages for tests of single recognizers. */
import { ContextIndex } from '../../engine/scan/context-index.ts';
import { Labels } from '../../engine/scan/labels.ts';
import { Passage } from '../../engine/scan/passage.ts';
import type { Recognizer } from '../../engine/scan/recognizer.ts';

/** A text as a scanner of these recognizers alone would hand it to them. */
export function passageOf(text: Buffer, label: string, recognizers: readonly Recognizer[]): Passage {
  const index = new ContextIndex(recognizers.flatMap(({ context }) => context ?? []));
  const labels = new Labels(recognizers, index);
  return new Passage(text, labels.read(label), null, { enabled: new Set(recognizers), index, least: 0 });
}
