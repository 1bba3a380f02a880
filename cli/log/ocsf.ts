/**
 * Events in the Open Cybersecurity Schema Framework, version 1.5.0: class 2006 Data Security Finding with the profile
 * security_control. What OCSF has no attribute for stands in `unmapped`. Values never do: there are none.
 */
import { coverageText } from '../../flow/coverage.ts';
import type { Action, Severity } from '../../flow/decision.ts';
import type { ReviewState } from '../../flow/event.ts';
import { type Category, HIGH, MEDIUM } from '../../flow/finding.ts';
import type { ExportedEvent } from './csv.ts';

type Named = readonly [id: number, caption: string];

const SEVERITY: Readonly<Record<Severity, Named>> = {
  info: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
};

/** `data_classification.category_id`. */
const CATEGORY: Readonly<Record<Category, Named>> = {
  personal: [1, 'Personal'],
  health: [1, 'Personal'],
  vehicle: [1, 'Personal'],
  government_id: [2, 'Governmental'],
  financial: [3, 'Financial'],
  business: [4, 'Business'],
  credential: [6, 'Security'],
  network: [6, 'Security'],
  content: [99, 'Other'],
  custom: [99, 'Other'],
};

/** `action_id` and `disposition_id` of what was carried out. */
const CONTROL: Readonly<Record<Action, readonly [action: Named, disposition: Named]>> = {
  allow: [
    [1, 'Allowed'],
    [1, 'Allowed'],
  ],
  alert: [
    [1, 'Allowed'],
    [19, 'Alert'],
  ],
  tokenize: [
    [4, 'Modified'],
    [11, 'Corrected'],
  ],
  redact: [
    [4, 'Modified'],
    [11, 'Corrected'],
  ],
  block: [
    [2, 'Denied'],
    [2, 'Blocked'],
  ],
};
const OBSERVED: readonly [Named, Named] = [
  [3, 'Observed'],
  [15, 'Detected'],
];

const STATUS: Readonly<Record<ReviewState, Named>> = {
  open: [1, 'New'],
  needs_action: [2, 'In Progress'],
  confirmed: [2, 'In Progress'],
  false_positive: [3, 'Suppressed'],
  accepted_risk: [4, 'Resolved'],
};

/** An event as a finding, a review as the update of one; null for an event that is neither. */
export function ocsfFinding(event: ExportedEvent, product: { readonly version: string }): object | null {
  const isReview = event.kind === 'review';
  const hasFinding = event.findings.some((finding) => finding.maxScore >= MEDIUM);
  if (!isReview && !hasFinding && event.action === 'allow') return null;
  const [severityId, severity] = SEVERITY[event.severity ?? 'info'];
  const [activityId, activity]: Named = isReview ? [2, 'Update'] : [1, 'Create'];
  const [statusId, status] = STATUS[event.review?.state ?? 'open'];
  return compact({
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2006,
    class_name: 'Data Security Finding',
    activity_id: activityId,
    activity_name: activity,
    type_uid: 200_600 + activityId,
    type_name: `Data Security Finding: ${activity}`,
    time: Date.parse(event.time),
    severity_id: severityId,
    severity,
    status_id: statusId,
    status,
    comment: event.review?.note ?? null,
    message: isReview ? `review: ${status}` : messageOf(event),
    metadata: compact({
      version: '1.5.0',
      product: { name: 'Weir', vendor_name: 'Weir', version: product.version },
      profiles: ['security_control'],
      uid: event.id,
      correlation_uid: event.exchange,
      sequence: event.seq,
      original_time: event.time,
      log_name: 'weir',
    }),
    finding_info: compact({
      uid: event.refersTo ?? event.id,
      title: isReview ? 'Review' : titleOf(event),
      desc: event.explanation.join('\n') || null,
      types: [...new Set(event.findings.map((finding) => finding.entity))],
      created_time: Date.parse(event.time),
    }),
    ...(isReview ? {} : controlOf(event)),
    ...(isReview ? {} : confidenceOf(event)),
    data_security: isReview ? null : dataSecurity(event),
    actor: actorOf(event),
    src_endpoint: event.source.host === null ? null : { hostname: event.source.host },
    dst_endpoint:
      event.destination.host === null
        ? null
        : compact({
            hostname: event.destination.host,
            port: event.destination.port,
            svc_name: event.destination.vendor,
          }),
    unmapped: unmappedOf(event),
  });
}

function titleOf(event: ExportedEvent): string {
  const entities = [...new Set(event.findings.map((finding) => finding.entity))].join(', ') || 'no finding';
  return `${entities} to ${event.destination.host ?? 'an unknown destination'}`;
}

function messageOf(event: ExportedEvent): string {
  const by = event.policy === null ? '' : ` by policy ${event.policy}/${event.rule ?? '-'}`;
  return `${event.action}${event.enforced ? '' : ' (not carried out)'}${by}: ${titleOf(event)}`;
}

function controlOf(event: ExportedEvent): object {
  const [[actionId, action], [dispositionId, disposition]] = event.enforced ? CONTROL[event.action] : OBSERVED;
  return {
    action_id: actionId,
    action,
    disposition_id: dispositionId,
    disposition,
    is_alert: event.action !== 'allow',
  };
}

function confidenceOf(event: ExportedEvent): object {
  const best = Math.max(0, ...event.findings.map((finding) => finding.maxScore));
  if (best === 0) return {};
  const [id, caption]: Named = best >= HIGH ? [3, 'High'] : best >= MEDIUM ? [2, 'Medium'] : [1, 'Low'];
  return { confidence_id: id, confidence: caption, confidence_score: Math.round(best * 100) };
}

function dataSecurity(event: ExportedEvent): object {
  const categories = new Set(event.findings.map((finding) => CATEGORY[finding.category]));
  const [only] = categories;
  const [categoryId, category]: Named =
    only === undefined ? [0, 'Unknown'] : categories.size === 1 ? only : [99, 'Other'];
  return compact({
    category_id: categoryId,
    category,
    data_lifecycle_state_id: 2,
    data_lifecycle_state: 'Data in-Transit',
    detection_system_id: 5,
    detection_system: 'Secure Web Gateway',
    discovery_details: event.findings.map((finding) => ({
      type: finding.entity,
      count: finding.count,
      occurrence_details: { json_path: finding.path },
    })),
    total: event.findings.reduce((sum, finding) => sum + finding.count, 0),
    policy: event.policy === null ? null : compact({ name: event.policy, version: event.policyVersion }),
  });
}

/** An actor needs one of application, process or user; without any there is none. */
function actorOf({ source }: ExportedEvent): object | null {
  const { app, process, pid, user } = source;
  if (app === null && process === null && user === null) return null;
  return compact({
    app_name: app,
    process: process === null ? null : compact({ name: process, pid }),
    user: user === null ? null : { name: user },
  });
}

function unmappedOf(event: ExportedEvent): object {
  const { outcome, status, route, provider, model, writer, hash, prevHash, channel, mode, rule } = event;
  return compact({
    coverage: coverageText(event.coverage),
    app_verified: event.source.verified,
    exe: event.source.exe,
    container: event.source.container,
    credential: event.source.credential,
    destination_category: event.destination.category,
    destination_country: event.destination.country,
    review_state: event.review?.state ?? null,
    review_by: event.review?.by ?? null,
    bytes_out: event.bytes.out,
    bytes_in: event.bytes.in,
    ...{
      kind: event.kind,
      outcome,
      status,
      route,
      provider,
      model,
      writer,
      hash,
      prev_hash: prevHash,
      channel,
      mode,
      rule,
    },
  });
}

/** OCSF leaves out what is not known; null is not a value there. */
function compact(object: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));
}
