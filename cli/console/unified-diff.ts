/** Two texts compared line by line, as `diff -u` writes it and `patch` takes it. Bounded in work: what differs too much is replaced whole. */

const CONTEXT = 3;
/** Differing lines that are looked for one by one. */
const MAX_EDITS = 2000;

type Step = { readonly kind: ' ' | '-' | '+'; readonly line: string };

/** Empty where they are the same. Null is a file that is not there. */
export function unifiedDiff(name: string, before: string | null, after: string | null): string {
  if (before === after) return '';
  const steps = stepsOf(linesOf(before), linesOf(after));
  const head = [
    before === null ? '--- /dev/null' : `--- a/${name}`,
    after === null ? '+++ /dev/null' : `+++ b/${name}`,
  ];
  return `${[...head, ...hunksOf(steps)].join('\n')}\n`;
}

/** A text that ends without a newline says so, as `diff` does. */
function linesOf(text: string | null): readonly string[] {
  if (text === null || text === '') return [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  return last === '' ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

function stepsOf(a: readonly string[], b: readonly string[]): readonly Step[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const same = (lines: readonly string[]): readonly Step[] => lines.map((line) => ({ kind: ' ', line }));
  return [
    ...same(a.slice(0, start)),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...same(a.slice(a.length - end)),
  ];
}

/** Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): the fewest lines removed and added. */
function middle(a: readonly string[], b: readonly string[]): readonly Step[] {
  const max = Math.min(a.length + b.length, MAX_EDITS);
  const trace: Map<number, number>[] = [];
  let best = new Map([[1, 0]]);
  for (let d = 0; d <= max; d++) {
    trace.push(new Map(best));
    for (let k = -d; k <= d; k += 2) {
      const [less, more] = [best.get(k - 1) ?? -1, best.get(k + 1) ?? -1];
      let x = k === -d || (k !== d && less < more) ? more : less + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      best.set(k, x);
      if (x >= a.length && y >= b.length) return walkedBack(trace, a, b);
    }
    best = new Map(best);
  }
  return [...a.map((line): Step => ({ kind: '-', line })), ...b.map((line): Step => ({ kind: '+', line }))];
}

function walkedBack(
  trace: readonly Map<number, number>[],
  a: readonly string[],
  b: readonly string[],
): readonly Step[] {
  const steps: Step[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = trace.length - 1; d >= 0; d--) {
    const best = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const [less, more] = [best.get(k - 1) ?? -1, best.get(k + 1) ?? -1];
    const before = k === -d || (k !== d && less < more) ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (best.get(before) ?? 0);
    const fromY = d === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY) {
      x--;
      y--;
      steps.push({ kind: ' ', line: a[x] ?? '' });
    }
    if (d === 0) break;
    if (x === fromX) steps.push({ kind: '+', line: b[--y] ?? '' });
    else steps.push({ kind: '-', line: a[--x] ?? '' });
  }
  return steps.reverse();
}

function hunksOf(steps: readonly Step[]): readonly string[] {
  const lines: string[] = [];
  const changed = steps.flatMap(({ kind }, at) => (kind === ' ' ? [] : [at]));
  let [oldLine, newLine, done] = [1, 1, 0];
  const pass = (to: number): void => {
    for (; done < to; done++) {
      const kind = steps[done]?.kind;
      if (kind !== '+') oldLine++;
      if (kind !== '-') newLine++;
    }
  };
  for (let i = 0; i < changed.length; ) {
    const first = changed[i] ?? 0;
    let last = first;
    while (i < changed.length && (changed[i] ?? 0) <= last + 2 * CONTEXT) last = changed[i++] ?? 0;
    const [from, to] = [Math.max(0, first - CONTEXT), Math.min(steps.length, last + CONTEXT + 1)];
    pass(from);
    const hunk = steps.slice(from, to);
    const olds = hunk.filter(({ kind }) => kind !== '+').length;
    const news = hunk.filter(({ kind }) => kind !== '-').length;
    // Of no line, the one before it is named.
    lines.push(`@@ -${olds === 0 ? oldLine - 1 : oldLine},${olds} +${news === 0 ? newLine - 1 : newLine},${news} @@`);
    for (const { kind, line } of hunk) lines.push(`${kind}${line}`);
    pass(to);
  }
  return lines;
}
