/** Words with a meaning of their own, shown the same everywhere: actions, severities, reviews, kinds of data, parties. */
import type { Action, Severity } from '../../../flow/decision.ts';
import type { ReviewState } from '../../../flow/event.ts';
import type { DestinationParty, SourceParty } from '../../api/shapes.ts';
import { count, words } from './format.ts';

const DONE: Readonly<Record<Action, string>> = {
  allow: 'allowed',
  alert: 'alerted',
  tokenize: 'tokenized',
  redact: 'redacted',
  block: 'blocked',
};

interface ActionProps {
  readonly action: Action;
  /** False: it was decided and not carried out. */
  readonly enforced?: boolean;
}

export function ActionBadge({ action, enforced = true }: ActionProps) {
  return (
    <span class="badge" data-tone={action} title={enforced ? undefined : 'Decided, and not carried out'}>
      {enforced ? DONE[action] : `would be ${DONE[action]}`}
    </span>
  );
}

/** What a rule does, as policies name it. */
export function RuleAction({ action }: { readonly action: Action }) {
  return (
    <span class="badge" data-tone={action}>
      {action}
    </span>
  );
}

const SEVERITY_TONE: Readonly<Record<Severity, string>> = {
  info: 'none',
  low: 'none',
  medium: 'alert',
  high: 'redact',
  critical: 'block',
};

export function SeverityBadge({ severity }: { readonly severity: Severity | null }) {
  if (severity === null) return <span class="faint">none</span>;
  return (
    <span class="badge" data-tone={SEVERITY_TONE[severity]}>
      {severity}
    </span>
  );
}

const REVIEW_TONE: Readonly<Record<ReviewState, string>> = {
  open: 'accent',
  confirmed: 'block',
  false_positive: 'none',
  accepted_risk: 'alert',
  needs_action: 'redact',
};

export function ReviewBadge({ state }: { readonly state: ReviewState }) {
  return (
    <span class="badge" data-tone={REVIEW_TONE[state]}>
      {words(state)}
    </span>
  );
}

/** The colour of a kind of data. */
export function dataTone(category: string | null): string {
  return category === null ? 'var(--data-none)' : `var(--data-${category}, var(--data-custom))`;
}

interface EntityProps {
  readonly entity: string;
  readonly category: string | null;
  readonly count?: number;
}

export function Entity({ entity, category, count: times }: EntityProps) {
  return (
    <span class="entity" style={{ '--tone': dataTone(category) }}>
      {entity}
      {times !== undefined && <span class="faint">×{count(times)}</span>}
    </span>
  );
}

interface EntitiesProps {
  readonly of: readonly { readonly entity: string; readonly category: string | null; readonly count: number }[];
  readonly most?: number;
}

/** The first of them, and how many more there are. */
export function Entities({ of, most = 3 }: EntitiesProps) {
  if (of.length === 0) return <span class="faint">nothing found</span>;
  return (
    <span class="entities">
      {of.slice(0, most).map((one) => (
        <Entity key={one.entity} {...one} />
      ))}
      {of.length > most && <span class="faint small">and {of.length - most} more</span>}
    </span>
  );
}

/** A workload, with what its label rests on. */
export function SourceName({ source }: { readonly source: SourceParty }) {
  const label = source.app ?? source.label;
  return (
    <span title={source.app !== null && !source.verified ? 'The label was claimed without its token' : undefined}>
      {label}
      {source.app !== null && !source.verified && <span class="faint"> (unverified)</span>}
    </span>
  );
}

export function DestinationName({ destination }: { readonly destination: DestinationParty }) {
  const { vendor, host, port, label } = destination;
  if (vendor === null || host === null) return <span>{label}</span>;
  return (
    <span>
      {vendor} <span class="faint">{port === null || port === 443 ? host : `${host}:${port}`}</span>
    </span>
  );
}

function riskTone(score: number): string {
  if (score >= 75) return 'block';
  if (score >= 50) return 'redact';
  return score >= 25 ? 'alert' : 'none';
}

/** A risk of 0 to 100, by number and colour. */
export function Risk({ score }: { readonly score: number | null }) {
  if (score === null) return <span class="faint">no score</span>;
  return (
    <span class="badge" data-tone={riskTone(score)} title="Risk, 0 to 100">
      <span class="unseen">risk </span>
      {Math.round(score)}
    </span>
  );
}
