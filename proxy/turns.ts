/**
 * Work of one kind is done for all calls that are ready before the next kind begins: what one call has brought into the
 * processor's caches, code and tables, then serves the others.
 *
 * Bytes that come are kept until the event loop has read whatever else came with them; then all of them are handed on.
 * From there on calls go side by side by themselves, since what waits for nothing is continued in the order in which it
 * began: an `await NOW` between two kinds of work lets the others catch up.
 */

/** Nothing to wait for, but for the other calls of this turn. */
export const NOW = null;

let waiting: (() => void)[] = [];

/** Calls `work` when the event loop has read all that has come. Once for each time that it is given. */
export function inTurn(work: () => void): void {
  if (waiting.push(work) === 1) setImmediate(takeTurn);
}

function takeTurn(): void {
  const works = waiting;
  waiting = [];
  let at = 0;
  try {
    while (at < works.length) works[at++]?.();
  } finally {
    // One that breaks takes no other with it.
    for (; at < works.length; at++) inTurn(works[at] as () => void);
  }
}
