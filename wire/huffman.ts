/**
 * HPACK's Huffman code (RFC 7541 appendix B). The code is canonical: codes rise with their length, and within a length
 * with the symbol, so that the lengths alone are the table.
 */

/** Bits of each byte's code; the last one is the end of a string, which never stands in one. */
const LENGTHS: readonly number[] = [
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
  30,
];
const END_OF_STRING = 256;
const MAX_BITS = 30;

/** By length: the first code, the symbols in the order of their codes. */
const FIRST_CODE: number[] = [];
const SYMBOLS: number[][] = [];

{
  let code = 0;
  for (let bits = 0; bits <= MAX_BITS; bits++) {
    code *= 2;
    FIRST_CODE.push(code);
    const symbols = LENGTHS.flatMap((length, symbol) => (length === bits ? [symbol] : []));
    SYMBOLS.push(symbols);
    code += symbols.length;
  }
}

/** The text as Latin-1; null where it is not in this code, or is padded with more or other than the end's first bits. */
export function huffmanText(bytes: Buffer): string | null {
  // No code is shorter than five bits.
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / 5));
  let length = 0;
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      bits++;
      const symbol = SYMBOLS[bits]?.[code - (FIRST_CODE[bits] ?? 0)];
      if (symbol === undefined) {
        if (bits === MAX_BITS) return null;
        continue;
      }
      if (symbol === END_OF_STRING) return null;
      out[length++] = symbol;
      code = 0;
      bits = 0;
    }
  }
  const isPadding = bits < 8 && code === 2 ** bits - 1;
  return isPadding ? out.toString('latin1', 0, length) : null;
}
