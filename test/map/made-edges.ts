/** Edges made by hand, and what is known of their ends, for the tests of the map. */
import type { Edge, EdgeDetail } from '../../flow/edge.ts';
import type { Category } from '../../flow/finding.ts';
import { bareSource, type Source } from '../../flow/parties.ts';
import type { Knowledge, KnownDestination } from '../../map/knowledge.ts';

export const NOW = new Date('2026-06-15T12:00:00.000Z');

const NOBODY: Source = bareSource();

/** A verified app, or with `{…}` whatever is known. */
export function from(source: string | Partial<Source>): Source {
  return typeof source === 'string'
    ? { ...NOBODY, app: source, verified: true, host: 'node-1' }
    : { ...NOBODY, ...source };
}

let made = 0;

/** `to` is `host` or `host:port`; the rest as it is for a call that was looked at whole and let through. */
export function edge(source: string | Partial<Source>, to: string, change: Partial<Edge> = {}): Edge {
  const [, host = to, port] = /^(.*?)(?::(\d+))?$/.exec(to) ?? [];
  const calls = change.calls ?? 10;
  made += 1;
  return {
    id: `edge-${made}`,
    source: from(source),
    destination: { host, port: Number(port ?? 443), vendor: null, category: 'unknown', country: null },
    via: 'proxy',
    protocol: 'https',
    direction: 'out',
    channel: 'proxy',
    entities: {},
    calls,
    bytesOut: 1000,
    bytesIn: 1000,
    firstSeen: '2026-06-01T00:00:00.000Z',
    lastSeen: '2026-06-14T00:00:00.000Z',
    actions: { allow: calls },
    coverage: { level: 'full', reason: null },
    risk: null,
    ...change,
  };
}

export function detail(change: Partial<EdgeDetail> = {}): EdgeDetail {
  return {
    maxScore: 1,
    firstSeen: '2026-06-01T00:00:00.000Z',
    lastSeen: '2026-06-14T00:00:00.000Z',
    fingerprints: [],
    paths: [],
    ...change,
  };
}

const CATEGORIES: Readonly<Record<string, Category>> = {
  CREDIT_CARD: 'financial',
  CARD_CVV: 'financial',
  IBAN_CODE: 'financial',
  EMAIL_ADDRESS: 'personal',
  PERSON: 'personal',
  PHONE_NUMBER: 'personal',
  US_SSN: 'government_id',
  AWS_SECRET_KEY: 'credential',
  ICD10_CODE: 'health',
  IP_ADDRESS: 'network',
};

const UNKNOWN: KnownDestination = {
  vendor: null,
  category: 'unknown',
  country: null,
  sanctioned: false,
  owner: null,
  note: null,
};

export const DESTINATIONS: Readonly<Record<string, Partial<KnownDestination>>> = {
  'api.openai.com': { vendor: 'OpenAI', category: 'genai', country: 'US' },
  'api.mistral.ai': { vendor: 'Mistral AI', category: 'genai', country: 'FR', sanctioned: true, owner: 'team-ml' },
  'api.stripe.com': { vendor: 'Stripe', category: 'saas', country: 'US', sanctioned: true, owner: 'team-pay' },
  'hooks.slack.com': { vendor: 'Slack', category: 'saas', country: 'US' },
};

/** A company: stores crm and cards, apps that answer at NAME.internal, an environment for card data. */
export function knowledge(change: Partial<Knowledge> = {}): Knowledge {
  const stores: Readonly<Record<string, string | null>> = { 'crm-db': 'crm', 'cards-db': 'cards' };
  return {
    ownerOfApp: (app) => (app === 'orphan' ? null : `team-${app}`),
    appOfPrincipal: (arn) => /:assumed-role\/([a-z]+)\//.exec(arn)?.[1] ?? null,
    appAt: (host) => /^([a-z]+)\.internal$/.exec(host)?.[1] ?? null,
    storeAt(host) {
      const name = stores[host];
      return name == null ? null : { name, owner: `team-${name}` };
    },
    destinationAt(host) {
      const known = DESTINATIONS[host];
      return known === undefined ? null : { ...UNKNOWN, ...known };
    },
    categoryOf: (entity) => CATEGORIES[entity] ?? 'custom',
    environments: new Map([['pci', { apps: ['billing'], stores: ['cards'], vendors: ['stripe'] }]]),
    ...change,
  };
}
