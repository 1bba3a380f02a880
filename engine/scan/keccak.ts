/**
 * Keccak-256 as Ethereum uses it: the padding before the NIST standard (0x01), so node:crypto's SHA3-256 is another
 * hash. Lanes are pairs of 32-bit words. For short inputs; it is not meant for secrets of our own.
 */

const RATE_BYTES = 136;

function roundConstants(): Uint32Array {
  const constants = new Uint32Array(48);
  let register = 1;
  for (let round = 0; round < 24; round++) {
    for (let j = 0; j < 7; j++) {
      if ((register & 1) !== 0) {
        const bit = (1 << j) - 1;
        const word = round * 2 + (bit >= 32 ? 1 : 0);
        constants[word] = (constants[word] ?? 0) ^ (1 << (bit & 31));
      }
      register = (register << 1) ^ ((register >> 7) * 0x171);
    }
  }
  return constants;
}

/** Order and distance in which rho and pi move the lanes (FIPS 202 §3.2.2, §3.2.3). */
function moves(): { readonly to: Uint8Array; readonly by: Uint8Array } {
  const to = new Uint8Array(24);
  const by = new Uint8Array(24);
  let x = 1;
  let y = 0;
  for (let t = 0; t < 24; t++) {
    const next = (2 * x + 3 * y) % 5;
    x = y;
    y = next;
    to[t] = x + 5 * y;
    by[t] = (((t + 1) * (t + 2)) / 2) % 64;
  }
  return { to, by };
}

const CONSTANTS = roundConstants();
const MOVES = moves();

function permute(s: Uint32Array): void {
  const c = new Uint32Array(10);
  const row = new Uint32Array(10);
  const at = (words: Uint32Array, i: number): number => words[i] ?? 0;
  for (let round = 0; round < 24; round++) {
    for (let i = 0; i < 10; i++) c[i] = at(s, i) ^ at(s, i + 10) ^ at(s, i + 20) ^ at(s, i + 30) ^ at(s, i + 40);
    for (let x = 0; x < 5; x++) {
      const left = ((x + 4) % 5) * 2;
      const right = ((x + 1) % 5) * 2;
      const low = at(c, left) ^ ((at(c, right) << 1) | (at(c, right + 1) >>> 31));
      const high = at(c, left + 1) ^ ((at(c, right + 1) << 1) | (at(c, right) >>> 31));
      for (let y = 0; y < 50; y += 10) {
        s[y + x * 2] = at(s, y + x * 2) ^ low;
        s[y + x * 2 + 1] = at(s, y + x * 2 + 1) ^ high;
      }
    }
    let low = at(s, 2);
    let high = at(s, 3);
    for (let t = 0; t < 24; t++) {
      const lane = (MOVES.to[t] ?? 0) * 2;
      const by = MOVES.by[t] ?? 0;
      const [a, b] = by < 32 ? [low, high] : [high, low];
      const shift = by & 31;
      const movedLow = shift === 0 ? a : (a << shift) | (b >>> (32 - shift));
      const movedHigh = shift === 0 ? b : (b << shift) | (a >>> (32 - shift));
      low = at(s, lane);
      high = at(s, lane + 1);
      s[lane] = movedLow;
      s[lane + 1] = movedHigh;
    }
    for (let y = 0; y < 50; y += 10) {
      for (let i = 0; i < 10; i++) row[i] = at(s, y + i);
      for (let i = 0; i < 10; i++) s[y + i] = at(row, i) ^ (~at(row, (i + 2) % 10) & at(row, (i + 4) % 10));
    }
    s[0] = at(s, 0) ^ at(CONSTANTS, round * 2);
    s[1] = at(s, 1) ^ at(CONSTANTS, round * 2 + 1);
  }
}

/** The 32 bytes of Keccak-256. */
export function keccak256(input: Uint8Array): Uint8Array {
  const blocks = Math.floor(input.length / RATE_BYTES) + 1;
  const padded = new Uint8Array(blocks * RATE_BYTES);
  padded.set(input);
  padded[input.length] = 0x01;
  padded[padded.length - 1] = (padded[padded.length - 1] ?? 0) | 0x80;
  const state = new Uint32Array(50);
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += RATE_BYTES) {
    for (let word = 0; word < RATE_BYTES / 4; word++) {
      state[word] = (state[word] ?? 0) ^ view.getUint32(block + word * 4, true);
    }
    permute(state);
  }
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  for (let word = 0; word < 8; word++) out.setUint32(word * 4, state[word] ?? 0, true);
  return digest;
}
