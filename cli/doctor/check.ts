/** What a check of `weir doctor` says. A check never throws and changes nothing on the host. */

/** `off` is a part that is not there and need not be. */
export type CheckStatus = 'ok' | 'warning' | 'broken' | 'off';

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found, in one line. */
  readonly what: string;
  /** How to mend it; null where there is nothing to mend. */
  readonly fix: string | null;
}

export function ok(name: string, what: string): Check {
  return { name, status: 'ok', what, fix: null };
}

export function off(name: string, what: string): Check {
  return { name, status: 'off', what, fix: null };
}

export function warning(name: string, what: string, fix: string): Check {
  return { name, status: 'warning', what, fix };
}

export function broken(name: string, what: string, fix: string): Check {
  return { name, status: 'broken', what, fix };
}

/** Why a call to the host failed, without its path: `EACCES`. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
