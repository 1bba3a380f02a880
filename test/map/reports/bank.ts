/** A small house for the tests of reports: card data inside and outside its fence, patients, an LLM, stores and buckets. */
import type { Edge } from '../../../flow/edge.ts';
import { mergedFlows } from '../../../map/merged-flows.ts';
import type { ReportInput } from '../../../map/reports/report.ts';
import { riskOf } from '../../../map/risk.ts';
import { edge, knowledge, NOW } from '../made-edges.ts';

const SENSOR = { channel: 'sensor', protocol: 'postgres' } as const;

export const HOUSE: readonly Edge[] = [
  edge('billing', 'cards-db:5432', { ...SENSOR, direction: 'in', entities: { CREDIT_CARD: 40 } }),
  edge('billing', 'cards-db:5432', { ...SENSOR, entities: { CARD_CVV: 2 } }),
  edge('billing', 'api.stripe.com', { entities: { CREDIT_CARD: 12, EMAIL_ADDRESS: 3 } }),
  edge('chat', 'crm-db:5432', { ...SENSOR, direction: 'in', entities: { EMAIL_ADDRESS: 90, PERSON: 80 } }),
  edge('chat', 'api.openai.com', { entities: { EMAIL_ADDRESS: 9, CREDIT_CARD: 1 }, calls: 20, models: ['gpt-4o'] }),
  edge('chat', 'api.openai.com', { entities: { EMAIL_ADDRESS: 9 }, channel: 'sensor' }),
  edge('chat', 'hooks.slack.com', { entities: { CREDIT_CARD: 5 }, calls: 5, actions: { block: 5 } }),
  edge('ward', '10.0.0.9:5432', { ...SENSOR, entities: { ICD10_CODE: 7, PERSON: 7 } }),
  edge('ward', 'api.mistral.ai', { entities: { ICD10_CODE: 2, PERSON: 2 } }),
  edge('ward', 'files.example', { entities: { ICD10_CODE: 1 } }),
  edge('idle', 'hooks.slack.com', {}),
  edge('idle', 'tunnel.example', { protocol: 'tunnel', coverage: { level: 'opaque', reason: 'tunnelled' } }),
];

const LOG = {
  channel: 'log',
  protocol: 's3',
  direction: 'in',
  coverage: { level: 'opaque', reason: 'log' },
} as const;

/** CloudTrail's view: `apps` by their role, and a principal that belongs to nobody. */
export function bucketReads(bucket: string, role: string): Edge {
  const user = role === 'stranger' ? 'arn:aws:iam::1:user/x' : `arn:aws:sts::1:assumed-role/${role}/i-1`;
  return edge({ user }, `${bucket}.s3.eu-central-1.amazonaws.com`, LOG);
}

export function inputOf(edges: readonly Edge[], change: Partial<ReportInput> = {}): ReportInput {
  const known = knowledge();
  return {
    flows: mergedFlows(edges, known),
    knowledge: known,
    now: NOW,
    riskOf: (flow) => riskOf(flow, flow.place, flow.channels, { knowledge: known, now: NOW }),
    eventsOf: ({ entities }) => (Object.keys(entities).length === 0 ? [] : ['01KB5EVENT']),
    retention: null,
    losses: null,
    ...change,
  };
}
