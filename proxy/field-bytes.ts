/** The bytes that names and values of fields are made of, as tables, for those who read heads byte by byte. */

/** 1: a byte of a name, or of a method (RFC 9110 §5.6.2). */
export const TOKEN = byteTable(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
/** 1: a byte of a value; neither a control character nor half of a line's end is one (RFC 9110 §5.5). */
export const VALUE = byteTable(/[\t\x20-\x7e\x80-\xff]/);

function byteTable(of: RegExp): Uint8Array {
  return new Uint8Array(256).map((_, byte) => (of.test(String.fromCharCode(byte)) ? 1 : 0));
}

/** A space or a tab. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}
