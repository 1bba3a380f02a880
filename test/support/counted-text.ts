/** A text that counts how often its bytes are read, so that a test can tell work without a clock. */

export interface CountedText {
  readonly text: Buffer;
  /** Bytes read so far, one by one or by a method that goes over them. */
  readonly bytesRead: () => number;
}

/** Bytes that a call of a Buffer's method goes over; what is copied or searched natively counts for a tenth, as it is that much faster. */
function costOf(name: string, args: readonly unknown[], result: unknown, length: number): number {
  const [first = 0, second, third] = args;
  const from = Number(second ?? 0);
  if (name === 'toString') return Math.max(0, Math.min(length, Number(third ?? length)) - from) / 10;
  if (name === 'indexOf') return (Number(result) === -1 ? length - from : Number(result) - from + 1) / 10;
  if (name === 'lastIndexOf') return ((second === undefined ? length : from) - Math.max(0, Number(result))) / 10;
  return name === 'subarray' || name === 'at' ? 1 : Math.max(1, length - Number(first));
}

export function countedText(bytes: Buffer): CountedText {
  let read = 0;
  const text = new Proxy(bytes, {
    get(target, key): unknown {
      if (typeof key === 'string' && key !== '' && !Number.isNaN(Number(key))) {
        read++;
        return target[Number(key)];
      }
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, target, args);
        read += costOf(String(key), args, result, target.length);
        return result;
      };
    },
  });
  return { text, bytesRead: () => read };
}
