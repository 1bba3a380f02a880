/** Whether Weir does its work: part by part, and as a whole. It says why not in words of ours, never with a value. */

/** One part of a running Weir; `problem` is null while it works. */
export interface Part {
  readonly name: 'proxy' | 'store' | 'sensor' | 'bus';
  readonly problem: string | null;
}

/** What /readyz answers with: 200 once every part works, else 503. */
export interface Readiness {
  readonly status: 200 | 503;
  readonly body: { readonly ready: boolean; readonly parts: Readonly<Record<string, PartState>> };
}

interface PartState {
  readonly ready: boolean;
  readonly reason: string | null;
}

export function readinessOf(parts: readonly Part[]): Readiness {
  const isReady = parts.every(({ problem }) => problem === null);
  const states = parts.map(({ name, problem }) => [name, { ready: problem === null, reason: problem }] as const);
  return { status: isReady ? 200 : 503, body: { ready: isReady, parts: Object.fromEntries(states) } };
}
