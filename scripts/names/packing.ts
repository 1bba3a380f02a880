/** Trained weights as bytes: one a weight, on one scale, small ones as none. */
import { brotliCompressSync, constants } from 'node:zlib';
import { packGazetteer } from '../../engine/names/gazetteer.ts';
import { LABELS, mayFollow } from '../../engine/names/labels.ts';
import { FORMAT, type PackedModel } from '../../engine/names/model.ts';
import type { Trained } from './crf.ts';
import { digestOfInputs } from './inputs.ts';

/** Units of a weight of 1. Weights above 127 units are cut. */
export const UNITS = 28;
/** Weights below, in units, are left out. */
const LEAST = 2;
const NEVER = -1_000_000;

export function pack(trained: Trained, entries: ReadonlyMap<number, number>, quality = 11): PackedModel {
  const rows = trained.weights.length / LABELS;
  const bytes = new Uint8Array(trained.weights.length);
  for (let label = 0; label < LABELS; label++)
    for (let row = 0; row < rows; row++) {
      const units = Math.round((trained.weights[row * LABELS + label] as number) * UNITS);
      bytes[label * rows + row] = Math.abs(units) < LEAST ? 0 : Math.max(-127, Math.min(127, units));
    }
  const transitions = Array.from({ length: LABELS * LABELS }, (_, at) =>
    mayFollow(Math.floor(at / LABELS), at % LABELS) ? Math.round((trained.transitions[at] as number) * UNITS) : NEVER,
  );
  const packed = brotliCompressSync(Buffer.concat([bytes, packGazetteer(entries)]), {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: 22 },
  });
  return {
    format: FORMAT,
    rowBits: Math.log2(rows),
    entries: entries.size,
    transitions,
    data: packed.toString('base64'),
    inputs: digestOfInputs(),
  };
}
