/** How far a scan is, on one line of the terminal's stderr that is wiped before anything else is printed there. */

const FIRST_MS = 500;
const EVERY_MS = 150;

export interface Progress {
  onBytes(bytes: number): void;
  onFile(): void;
  /** Before anything is printed to the terminal. */
  clear(): void;
}

/** For anything that is no terminal. */
export const NO_PROGRESS: Progress = { onBytes() {}, onFile() {}, clear() {} };

/** `now` in milliseconds. Nothing is shown for what is done within half a second. */
export function terminalProgress(err: (text: string) => void, now: () => number): Progress {
  const began = now();
  let shownAt = began + FIRST_MS - EVERY_MS;
  let isShown = false;
  let files = 0;
  let bytes = 0;
  const show = (): void => {
    const time = now();
    if (time - shownAt < EVERY_MS) return;
    shownAt = time;
    isShown = true;
    const rate = (bytes / 1e6 / Math.max(0.001, (time - began) / 1000)).toFixed(1);
    err(`\r\x1b[K${files} ${files === 1 ? 'file' : 'files'}, ${(bytes / 1e6).toFixed(1)} MB, ${rate} MB/s`);
  };
  return {
    onBytes(count) {
      bytes += count;
      show();
    },
    onFile() {
      files++;
      show();
    },
    clear() {
      if (isShown) err('\r\x1b[K');
      isShown = false;
    },
  };
}
