/** What a policy set says of one message. */

export const ACTIONS = ['allow', 'alert', 'tokenize', 'redact', 'block'] as const;
/** Ordered from the weakest to the strongest. */
export type Action = (typeof ACTIONS)[number];

export function actionRank(action: Action): number {
  return ACTIONS.indexOf(action);
}

export function stronger(a: Action, b: Action): Action {
  return actionRank(b) > actionRank(a) ? b : a;
}

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type Mode = 'enforce' | 'monitor';
export const DIRECTIONS = ['request', 'response'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** How a redacted span is written: `[ENTITY]`, `****`, the last four characters kept, or a keyed hash. */
export const REDACTIONS = ['label', 'mask', 'last4', 'hash'] as const;
export type Redaction = (typeof REDACTIONS)[number];

/** One rule's verdict on one finding: what is to be done at its span. `finding` is an index into the findings. */
export interface Verdict {
  readonly finding: number;
  readonly action: 'tokenize' | 'redact';
  readonly with: Redaction;
}

/** Why a decision was taken, one line a rule that held or an exception that took something out. */
export interface Reason {
  readonly policy: string;
  readonly rule: string;
  readonly action: Action;
  /** A sentence without values: `2 CREDIT_CARD at /messages/1/content, score 1 >= 0.5`. */
  readonly text: string;
}

/** The strongest rule that held, of one mode. */
export interface Ruling {
  readonly action: Action;
  readonly mode: Mode;
  readonly policy: string | null;
  readonly policyVersion: string | null;
  readonly rule: string | null;
  readonly severity: Severity | null;
  /** The rule's own message to the user, if it has one. */
  readonly message: string | null;
}

export interface Decision {
  /** What is to be carried out; `allow` with nulls when no rule of an enforced policy held. */
  readonly enforced: Ruling;
  /** The strongest of the policies in monitor mode, if any held. */
  readonly monitored: Ruling | null;
  readonly verdicts: readonly Verdict[];
  /** Findings (indices) that the enforced ruling is about: named in a block's answer. */
  readonly subject: readonly number[];
  readonly explanation: readonly Reason[];
}
