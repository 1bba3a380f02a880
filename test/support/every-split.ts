/** Every way to cut bytes in two, and all single bytes: a parser of a stream must not care. */

/** Calls `check` with the bytes cut at each place (both ends included) and once byte by byte. */
export function everySplit(bytes: Buffer, check: (chunks: readonly Buffer[]) => void): void {
  for (let at = 0; at <= bytes.length; at++) check([bytes.subarray(0, at), bytes.subarray(at)]);
  check([...bytes].map((byte) => Buffer.from([byte])));
}

/** All ways to cut a text into two at a UTF-16 unit, and into single units; surrogate pairs stay together. */
export function everyTextSplit(text: string): string[][] {
  const splits: string[][] = [];
  for (let at = 0; at <= text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit < 0xe000) continue;
    splits.push([text.slice(0, at), text.slice(at)]);
  }
  splits.push([...text]);
  return splits;
}

/** A small seeded generator (mulberry32): the same numbers on every run, 0 <= n < 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
