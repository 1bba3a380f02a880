/**
 * A recognizer's own check put to a cell of a table, without anybody else being asked: by its number, its label or its
 * cue, whichever finds the cell's value.
 */

import { isDigit } from './bytes.ts';
import type { Label } from './labels.ts';
import { NumberChain } from './numbers.ts';
import type { Passage, Sighting } from './passage.ts';
import type { Recognizer } from './recognizer.ts';

/** Tells whether the cell `start`..`end` of a text is, as a whole, what a recognizer finds, as sure of it as it was of the first. */
export type CellCheck = (text: Buffer, start: number, end: number) => boolean;

/** Makes a passage of a text that bears a label. */
export type PassageOf = (text: Buffer, label: Label) => Passage;

type Probe = (text: Buffer, start: number, end: number) => Sighting | null;

/** The check of a recognizer that found all of `cell`; null where it does not find it by itself. */
export function cellCheck(recognizer: Recognizer, cell: Buffer, label: Label, passageOf: PassageOf): CellCheck | null {
  for (const probe of probesOf(recognizer, label, passageOf)) {
    const first = probe(cell, 0, cell.length);
    if (first === null) continue;
    const isLabelled = label.wanted.includes(recognizer);
    return (text, start, end) =>
      (isLabelled && recognizer.labelledScore?.(text, start, end) === first.score) ||
      probe(text, start, end)?.score === first.score;
  }
  return null;
}

function probesOf(recognizer: Recognizer, label: Label, passageOf: PassageOf): readonly Probe[] {
  const probes: Probe[] = [];
  const within = (look: (passage: Passage, start: number, end: number) => void): Probe => {
    let passage: Passage | null = null;
    return (text, start, end) => {
      if (passage === null || passage.text !== text) passage = passageOf(text, label);
      look(passage, start, end);
      const { sightings } = passage;
      let found: Sighting | null = null;
      for (let i = 0; i < sightings.length && found === null; i++) {
        const one = sightings[i] as Sighting;
        if (one.recognizer === recognizer && one.start === start && one.end === end) found = one;
      }
      sightings.length = 0;
      return found;
    };
  };
  if (recognizer.numbers !== undefined) {
    const chain = new NumberChain();
    probes.push(
      within((passage, start, end) => {
        const { text } = passage;
        let at = start;
        while (at < end && !isDigit(text[at] as number)) at++;
        if (at === end) return;
        chain.read(text, at);
        if (chain.count > 0) recognizer.findInNumbers?.(passage, chain, 0, chain.count - 1);
      }),
    );
  }
  const [cue, ...others] = recognizer.cues ?? [];
  if (cue !== undefined && others.length === 0 && cue.literal.length === 1) {
    const byte = cue.literal.charCodeAt(0);
    probes.push(
      within((passage, start, end) => {
        const at = passage.text.indexOf(byte, start);
        if (at !== -1 && at < end) recognizer.findAtCue?.(passage, at, at + 1, cue);
      }),
    );
  }
  if (label.wanted.includes(recognizer)) {
    probes.push((text, start, end) => {
      const passage = passageOf(text.subarray(start, end), label);
      recognizer.findLabelled?.(passage);
      const found = passage.sightings.find((one) => one.start === 0 && one.end === end - start);
      return found === undefined ? null : found;
    });
  }
  return probes;
}
