/**
 * The weights as they ship: a table of hashed rows of one byte a label, transitions between labels, gazetteers; packed
 * with Brotli into a module of text, so that they reach the engine without a file being opened. Unpacked once a process.
 */
import { brotliDecompressSync } from 'node:zlib';
import { type Gazetteer, unpackGazetteer } from './gazetteer.ts';
import { LABELS, LANES } from './labels.ts';
import shipped from './weights.json' with { type: 'json' };

export interface Model {
  /** LANES numbers a row. */
  readonly weights: Int32Array;
  /** Rows are hashes under this mask. */
  readonly mask: number;
  /** Label before times LABELS plus label; a forbidden step is far below all sums. */
  readonly transitions: Int32Array;
  readonly gazetteer: Gazetteer;
}

/** A model at rest. `data` is base64 of Brotli: the weights, row by row, then the gazetteer. */
export interface PackedModel {
  readonly format: number;
  readonly rowBits: number;
  readonly entries: number;
  readonly transitions: readonly number[];
  readonly data: string;
  /** Digest of the data that it was trained on (scripts/names). */
  readonly inputs: string;
}

export const FORMAT = 1;

/** Throws where the data is not of this format. */
export function unpackModel(packed: PackedModel): Model {
  const bytes = brotliDecompressSync(Buffer.from(packed.data, 'base64'));
  const rows = 1 << packed.rowBits;
  if (packed.format !== FORMAT || packed.transitions.length !== LABELS * LABELS || bytes.length < rows * LABELS)
    throw new Error('the weights of the name tagger are of another format');
  // Label by label at rest, which packs better.
  const weights = new Int32Array(rows * LANES);
  for (let label = 0; label < LABELS; label++) {
    const times = label % 2 === 0 ? 1 : 65_536;
    for (let row = 0; row < rows; row++) {
      const weight = ((bytes[label * rows + row] as number) << 24) >> 24;
      const at = row * LANES + (label >> 1);
      weights[at] = (weights[at] as number) + weight * times;
    }
  }
  return {
    weights,
    mask: rows - 1,
    transitions: Int32Array.from(packed.transitions),
    gazetteer: unpackGazetteer(bytes.subarray(rows * LABELS), packed.entries),
  };
}

let unpacked: Model | null = null;

/** The weights of the package. */
export function shippedModel(): Model {
  unpacked ??= unpackModel(shipped);
  return unpacked;
}
