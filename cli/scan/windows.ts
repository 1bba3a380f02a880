/**
 * A text of any length, cut into windows that the scanner can take. A text up to one window is one, so nothing is cut
 * in what people scan every day. Of a longer one each window shares a stretch with the next: a finding belongs to the
 * window in which its start lies before the cut, and has all its surroundings there.
 */

export interface WindowSizes {
  /** Bytes of a window. */
  readonly window: number;
  /** Bytes behind the cut, seen by the window before it: longer than a finding is. */
  readonly overlap: number;
  /** Bytes before the cut, seen by the window behind it: further than context reaches. */
  readonly context: number;
}

/** A window is as long as the longest body that the proxy holds by default. */
export const WINDOW_SIZES: WindowSizes = { window: 32 << 20, overlap: 256 << 10, context: 16 << 10 };

export interface Window {
  /** UTF-8. Holds until the next window is asked for. */
  readonly text: Buffer;
  /** Findings that start at `from` or later and before `to` are this window's. */
  readonly from: number;
  readonly to: number;
  /** How many bytes on the next window begins; 0 for the last. */
  readonly step: number;
}

export type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>;

/** At least one window, an empty one for an empty text. */
export async function* windowsOf(pieces: Pieces, sizes: WindowSizes = WINDOW_SIZES): AsyncGenerator<Window> {
  let only: Buffer | null = null;
  let store: Buffer | null = null;
  let length = 0;
  let from = 0;
  for await (const piece of pieces) {
    if (piece.length === 0) continue;
    if (only === null && store === null && piece.length <= sizes.window) {
      only = piece;
      continue;
    }
    store ??= Buffer.allocUnsafeSlow(sizes.window);
    if (only !== null) {
      length = only.copy(store);
      only = null;
    }
    for (let at = 0; at < piece.length; ) {
      if (length === store.length) {
        const cut = characterStart(store, length - sizes.overlap);
        const step = characterStart(store, Math.max(0, cut - sizes.context));
        yield { text: store, from, to: cut, step };
        store.copyWithin(0, step, length);
        length -= step;
        from = cut - step;
      }
      const copied = piece.copy(store, length, at);
      at += copied;
      length += copied;
    }
  }
  const text = only ?? store?.subarray(0, length) ?? Buffer.alloc(0);
  yield { text, from, to: text.length + 1, step: 0 };
}

/** `at`, or the start of the character that is cut there; of bytes that are no UTF-8, `at` or near. */
function characterStart(text: Buffer, at: number): number {
  let start = at;
  while (start > 0 && at - start < 3 && ((text[start] as number) & 0xc0) === 0x80) start--;
  return start;
}
