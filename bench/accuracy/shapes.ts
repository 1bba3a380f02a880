/**
 * Values by shape, as issuers document them: literals with `{class count}` between. Classes: `d` digits, `h` and `H`
 * hexadecimal, `l` and `L` letters, `a` and `U` letters with digits of one case, `A` of both, `W` also `_` and `-`, `B`
 * also `+` and `/`, `5` base32, `c` the characters of bech32, `u` a UUID. A count may be a range: `{A20-40}`.
 */

export type Random = () => number;

const CLASSES: Readonly<Record<string, string>> = {
  d: '0123456789',
  h: '0123456789abcdef',
  H: '0123456789ABCDEF',
  l: 'abcdefghijklmnopqrstuvwxyz',
  L: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  a: 'abcdefghijklmnopqrstuvwxyz0123456789',
  U: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  A: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  W: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-',
  B: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  '5': 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  c: 'qpzry9x8gf2tvdw0s3jn54khce6mua7l',
};

export function pick<T>(random: Random, from: readonly T[]): T {
  const at = Math.floor(random() * from.length);
  const item = from[at];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** Characters of a class; a run that has to hold a digit and a letter mostly does, as chance has it. */
export function letters(random: Random, name: string, count: number): string {
  const from = CLASSES[name];
  if (from === undefined) throw new Error(`no class ${name}`);
  let made = '';
  while (made.length < count) made += from[Math.floor(random() * from.length)];
  return made;
}

export function int(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

export function uuid(random: Random): string {
  const hex = (count: number): string => letters(random, 'h', count);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${pick(random, ['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
}

/** Fills a shape. */
export function fill(random: Random, shape: string): string {
  return shape.replace(/\{(\w)(\d*)(?:-(\d+))?\}/g, (_, name: string, least: string, most: string | undefined) => {
    if (name === 'u') return uuid(random);
    const from = least === '' ? 1 : Number(least);
    return letters(random, name, most === undefined ? from : int(random, from, Number(most)));
  });
}
