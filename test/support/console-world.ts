/**
 * A company made up for the console's pages: flows, events, policies and hosts in the shapes of the API, the same each time.
 * It holds no data that was found, as the API holds none.
 */

import type {
  Backtest,
  EdgeDetail,
  EdgeRow,
  EventDetail,
  EventRow,
  Excerpt,
  Fleet,
  FlowMap,
  Health,
  MapFlow,
  MapNode,
  Overview,
  PolicySet,
  Totals,
  TryAnswer,
  Vocabulary,
} from '../../console/api/shapes.ts';
import { worseCoverage } from '../../flow/coverage.ts';
import type { Action, Severity } from '../../flow/decision.ts';
import type { ReviewState } from '../../flow/event.ts';
import type { Category } from '../../flow/finding.ts';

/** Numbers in 0..1, the same for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const CLASSES: readonly (readonly [entity: string, category: Category])[] = [
  ['EMAIL_ADDRESS', 'personal'],
  ['PERSON', 'personal'],
  ['PHONE_NUMBER', 'personal'],
  ['CREDIT_CARD', 'financial'],
  ['IBAN_CODE', 'financial'],
  ['US_SSN', 'government_id'],
  ['AWS_SECRET_KEY', 'credential'],
  ['OPENAI_API_KEY', 'credential'],
  ['MEDICAL_RECORD', 'health'],
  ['IP_ADDRESS', 'network'],
  ['VIN', 'vehicle'],
  ['STAFF_ID', 'custom'],
];

const APPS = [
  ['support-assistant', 'team-support'],
  ['billing', 'team-billing'],
  ['claims-intake', 'team-claims'],
  ['crm-sync', 'team-crm'],
  ['kyc-worker', 'team-risk'],
  ['code-review-bot', 'team-platform'],
  ['marketing-mailer', 'team-growth'],
  ['data-science', 'team-data'],
  ['mobile-api', 'team-mobile'],
  ['ledger', 'team-billing'],
  ['chat-frontend', 'team-support'],
  ['report-builder', 'team-data'],
] as const;

const DESTINATIONS = [
  ['api.openai.com', 'OpenAI', 'genai', 'US', true],
  ['api.anthropic.com', 'Anthropic', 'genai', 'US', true],
  ['generativelanguage.googleapis.com', 'Google', 'genai', 'US', false],
  ['bedrock-runtime.eu-central-1.amazonaws.com', 'AWS Bedrock', 'genai', 'DE', true],
  ['api.mistral.ai', 'Mistral', 'genai', 'FR', false],
  ['api.stripe.com', 'Stripe', 'saas', 'US', true],
  ['api.hubapi.com', 'HubSpot', 'saas', 'US', false],
  ['db-crm.internal.bank.example', null, 'datastore', null, true],
  ['pg-shadow.internal.bank.example', null, 'datastore', null, false],
  ['o42.ingest.sentry.io', 'Sentry', 'saas', 'US', false],
  ['files.weir-test.example', null, 'unknown', null, false],
] as const;

const RULES: readonly (readonly [policy: string, rule: string, action: Action, severity: Severity])[] = [
  ['default', 'card-in-prompt', 'block', 'high'],
  ['default', 'credential-in-prompt', 'block', 'critical'],
  ['default', 'direct-identifier', 'tokenize', 'high'],
  ['claims', 'patient-with-diagnosis', 'block', 'critical'],
  ['default', 'network-address', 'alert', 'low'],
  ['staff', 'staff-id', 'redact', 'medium'],
];

const FULL = { level: 'full', reason: null } as const;
const DAY = 86_400_000;

export interface World {
  readonly now: number;
  readonly edges: readonly EdgeRow[];
  /** Newest first. */
  readonly events: EventRow[];
}

function pick<T>(list: readonly T[], random: () => number): T {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
}

export function categoryOf(entity: string): Category {
  return CLASSES.find(([name]) => name === entity)?.[1] ?? 'custom';
}

/** `edges` flows; sources and destinations beyond the first few are numbered. */
export function makeWorld(edges: number, events: number, now = Date.UTC(2026, 10, 26, 9, 30)): World {
  const random = chance(7);
  const made = Array.from({ length: edges }, (_, i) => edge(i, edges, random, now));
  const seen = events === 0 ? [] : Array.from({ length: events }, (_, i) => event(i, pick(made, random), random, now));
  return { now, edges: made, events: seen.toSorted((a, b) => (a.time < b.time ? 1 : -1)) };
}

function source(i: number, random: () => number): EdgeRow['source'] {
  const [name, owner] = APPS[i % APPS.length] ?? APPS[0];
  const app = i < APPS.length ? name : `${name}-${Math.floor(i / APPS.length)}`;
  return {
    label: app,
    app,
    verified: random() > 0.2,
    owner,
    host: `node-${1 + (i % 7)}`,
    pid: null,
    process: i % 3 === 0 ? 'python3' : 'node',
    exe: `/srv/${app}/bin/${i % 3 === 0 ? 'python3' : 'node'}`,
    user: 'svc',
    container: null,
    credential: null,
  };
}

function destination(i: number): EdgeRow['destination'] {
  const [known, vendor, category, country, sanctioned] = DESTINATIONS[i % DESTINATIONS.length] ?? DESTINATIONS[0];
  const host = i < DESTINATIONS.length ? known : `h${Math.floor(i / DESTINATIONS.length)}.${known}`;
  const port = category === 'datastore' ? 5432 : 443;
  const label = vendor === null ? (port === 443 ? host : `${host}:${port}`) : `${vendor} ${host}`;
  return {
    label,
    host,
    port,
    vendor,
    category,
    country,
    sanctioned,
    owner: sanctioned ? 'team-platform' : null,
    note: null,
  };
}

function edge(i: number, of: number, random: () => number, now: number): EdgeRow {
  const sources = of > 400 ? 400 : 12;
  const destinations = of > 400 ? 120 : DESTINATIONS.length;
  const entities: Record<string, number> = {};
  const kinds = Math.floor(random() * 4);
  for (let k = 0; k < kinds; k += 1) entities[pick(CLASSES, random)[0]] = Math.ceil(random() ** 3 * 900);
  const first = now - random() * 60 * DAY;
  const calls = Math.ceil(random() ** 4 * 20_000);
  const isSensor = random() < 0.25;
  const channels = isSensor
    ? (['sensor'] as const)
    : random() < 0.3
      ? (['proxy', 'sensor'] as const)
      : (['proxy'] as const);
  const id = `e${String(i).padStart(5, '0')}`;
  const to = destination(Math.floor(random() * random() * destinations));
  const risk = Object.keys(entities).length === 0 ? Math.round(random() * 15) : Math.round(20 + random() * 75);
  return {
    id,
    source: source(Math.floor(random() * sources), random),
    destination: to,
    protocol: to.category === 'datastore' ? 'postgres' : 'https',
    direction: to.category === 'datastore' && random() < 0.7 ? 'in' : 'out',
    channels,
    edges: [id],
    entities,
    calls,
    bytesOut: Math.round(calls * (800 + random() * 9000)),
    bytesIn: Math.round(calls * (500 + random() * 4000)),
    actions: { allow: Math.round(calls * 0.9), tokenize: Math.round(calls * 0.08), block: Math.round(calls * 0.02) },
    firstSeen: new Date(first).toISOString(),
    lastSeen: new Date(now - random() * (now - first)).toISOString(),
    coverage: random() < 0.15 ? { level: 'opaque', reason: 'tunnelled' } : FULL,
    risk,
    isNew: now - first < 7 * DAY,
  };
}

function event(i: number, of: EdgeRow, random: () => number, now: number): EventRow {
  const [policy, rule, action, severity] = pick(RULES, random);
  const entities = Array.from({ length: 1 + Math.floor(random() * 2) }, () => pick(CLASSES, random)).map(
    ([entity, category]) => ({
      entity,
      category,
      count: 1 + Math.floor(random() * 3),
      maxScore: Math.round((0.5 + random() / 2) * 100) / 100,
    }),
  );
  const states: readonly ReviewState[] = [
    'open',
    'open',
    'open',
    'confirmed',
    'false_positive',
    'accepted_risk',
    'needs_action',
  ];
  const review = action === 'block' ? pick(states, random) : 'open';
  const isGenai = of.destination.category === 'genai';
  return {
    id: `01K${String(9_000_000 - i).padStart(8, '0')}WEIRTESTEVENT0`.slice(0, 26),
    kind: 'exchange',
    time: new Date(now - random() ** 2 * 6 * DAY).toISOString(),
    summary: `${entities[0]?.entity ?? ''} from ${of.source.label} to ${of.destination.label}`,
    channel: 'proxy',
    action,
    enforced: random() > 0.1,
    mode: 'enforce',
    outcome: action === 'block' ? 'blocked' : 'completed',
    status: action === 'block' ? 400 : 200,
    severity,
    policy,
    rule,
    source: of.source,
    destination: of.destination,
    provider: isGenai ? 'openai' : null,
    model: isGenai ? pick(['gpt-5', 'gpt-5-mini', 'claude-sonnet-5'], random) : null,
    route: 'POST /v1/chat/completions',
    entities,
    coverage: FULL,
    review,
    reviewedBy: review === 'open' ? null : 'mira',
    refersTo: null,
    reason: null,
  };
}

export const WORKING: Health = {
  isReady: true,
  parts: [
    { name: 'proxy', isReady: true, reason: null },
    { name: 'store', isReady: true, reason: null },
    { name: 'sensor', isReady: true, reason: null },
  ],
};

const ROUTING: Overview['routing'] = {
  proxyUrl: 'http://127.0.0.1:8787',
  certificate: '/home/mira/.weir/ca.pem',
  commands: [
    {
      title: 'A command and all that it starts',
      command: './weir run -- claude',
      note: 'Proxy and certificate are set for every common runtime.',
    },
    { title: 'This shell', command: 'eval "$(./weir env)"', note: null },
    {
      title: 'One SDK, by the gateway',
      command: 'export OPENAI_BASE_URL=http://127.0.0.1:8787/openai/v1',
      note: 'No certificate is needed.',
    },
  ],
};

const NOTHING: Totals = {
  calls: 0,
  blocked: 0,
  redacted: 0,
  tokenized: 0,
  alerted: 0,
  newEdges: 0,
  drift: 0,
  bytesOut: 0,
  bytesIn: 0,
};

export function overviewOf(world: World, from: number, to: number): Overview {
  const random = chance(11);
  const buckets = 48;
  const stepMs = Math.max(60_000, Math.round((to - from) / buckets));
  const hasCalls = world.edges.length > 0;
  const series = Array.from({ length: buckets }, (_, i) => {
    const wave = hasCalls ? 0.4 + 0.6 * Math.sin((i / buckets) * Math.PI * 2 + 4) ** 2 : 0;
    const calls = Math.round(wave * (500 + random() * 300));
    const part = (share: number) => Math.round(calls * share * random());
    return {
      start: new Date(from + i * stepMs).toISOString(),
      calls,
      blocked: part(0.02),
      redacted: part(0.015),
      tokenized: part(0.08),
      alerted: part(0.03),
    };
  });
  const sum = (key: 'calls' | 'blocked' | 'redacted' | 'tokenized' | 'alerted') =>
    series.reduce((all, bucket) => all + bucket[key], 0);
  const totals: Totals = hasCalls
    ? {
        calls: sum('calls'),
        blocked: sum('blocked'),
        redacted: sum('redacted'),
        tokenized: sum('tokenized'),
        alerted: sum('alerted'),
        newEdges: world.edges.filter(({ firstSeen }) => Date.parse(firstSeen) >= from).length,
        drift: 2,
        bytesOut: 48_200_000,
        bytesIn: 22_000_000,
      }
    : NOTHING;
  const line = () => Array.from({ length: buckets }, () => Math.round(random() * 30));
  const found = new Map<string, number>();
  for (const { entities } of world.edges)
    for (const [name, times] of Object.entries(entities)) found.set(name, (found.get(name) ?? 0) + times);
  const open = world.events.filter(({ action, review }) => action === 'block' && review === 'open').length;
  const byCalls = world.edges.toSorted((a, b) => b.calls - a.calls);
  const firstOf = <T>(key: (row: EdgeRow) => string, make: (row: EdgeRow) => T): readonly T[] => {
    const kept = new Map<string, T>();
    for (const row of byCalls) if (!kept.has(key(row)) && kept.size < 10) kept.set(key(row), make(row));
    return [...kept.values()];
  };
  return {
    range: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    totals,
    before: hasCalls ? { ...totals, calls: Math.round(totals.calls * 0.92), blocked: totals.blocked + 7 } : null,
    openReviews: { value: open, isExact: true },
    series,
    stepMs,
    entities: [...found]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, 10)
      .map(([entity, count]) => ({ entity, category: categoryOf(entity), count, series: line() })),
    destinations: firstOf(
      (row) => row.destination.label,
      (row) => ({
        destination: row.destination,
        calls: row.calls,
        blocked: row.actions['block'] ?? 0,
        bytesOut: row.bytesOut,
        series: line(),
      }),
    ),
    sources: firstOf(
      (row) => row.source.label,
      (row) => ({ source: row.source, calls: row.calls, blocked: row.actions['block'] ?? 0 }),
    ),
    coverage: hasCalls
      ? { full: 9200, truncated: 310, opaque: 640, reasons: { tunnelled: 580, limit: 310, encoded: 60 } }
      : { full: 0, truncated: 0, opaque: 0, reasons: {} },
    losses: [{ what: 'ring buffer full', count: 12 }],
    health: WORKING,
    hasCalls,
    routing: ROUTING,
  };
}

const NODE_KIND: Readonly<Record<string, MapNode['kind']>> = {
  genai: 'llm',
  datastore: 'datastore',
  saas: 'thirdparty',
  cdn: 'thirdparty',
  internal: 'internal',
};

interface End {
  readonly id: string;
  readonly label: string;
  readonly filter: string;
}

/** As the server does it: so many nodes on either side, the rest joined into one. */
export function mapOf(world: World, rows: readonly EdgeRow[], limit: number): FlowMap {
  const isLarge = rows.length > 400;
  const sourceEnd = ({ source }: EdgeRow): End =>
    isLarge
      ? { id: `s:${source.owner}`, label: source.owner ?? 'no owner', filter: `owner:${source.owner}` }
      : { id: `s:${source.label}`, label: source.label, filter: `app:${source.label}` };
  const destinationEnd = ({ destination: to }: EdgeRow): End =>
    isLarge
      ? {
          id: `d:${to.vendor ?? to.host}`,
          label: to.vendor ?? to.host ?? '',
          filter: to.vendor === null ? `host:${to.host}` : `vendor:"${to.vendor}"`,
        }
      : { id: `d:${to.label}`, label: to.label, filter: `host:${to.host}` };
  const kept = (end: (row: EdgeRow) => End): ReadonlyMap<string, number> => {
    const calls = new Map<string, number>();
    for (const row of rows) calls.set(end(row).id, (calls.get(end(row).id) ?? 0) + row.calls);
    return new Map([...calls].toSorted(([, a], [, b]) => b - a).slice(0, limit));
  };
  const keptSources = kept(sourceEnd);
  const keptDestinations = kept(destinationEnd);
  const nodes = new Map<string, MapNode>();
  const flows = new Map<string, MapFlow>();
  const members = new Map<string, Set<string>>();
  const join = (row: EdgeRow, side: MapNode['side'], end: End, isKept: boolean): string => {
    const id = isKept ? end.id : `${side}:rest`;
    const old = nodes.get(id);
    const own = members.get(id) ?? new Set();
    own.add(side === 'source' ? row.source.label : row.destination.label);
    members.set(id, own);
    nodes.set(id, {
      id,
      side,
      kind: side === 'source' ? 'workload' : (NODE_KIND[row.destination.category] ?? 'unknown'),
      label: isKept ? end.label : '',
      owner: side === 'source' ? row.source.owner : row.destination.owner,
      vendor: side === 'source' ? null : row.destination.vendor,
      category: side === 'source' ? null : row.destination.category,
      country: side === 'source' ? null : row.destination.country,
      sanctioned: side === 'source' || !isKept ? null : row.destination.sanctioned,
      members: own.size,
      isRest: !isKept,
      calls: (old?.calls ?? 0) + row.calls,
      isNew: (old?.isNew ?? true) && row.isNew,
      risk: Math.max(old?.risk ?? 0, row.risk ?? 0),
      coverage: worseCoverage(old?.coverage ?? FULL, row.coverage),
      filter: isKept ? end.filter : null,
    });
    return id;
  };
  for (const row of rows) {
    const from = join(row, 'source', sourceEnd(row), keptSources.has(sourceEnd(row).id));
    const to = join(row, 'destination', destinationEnd(row), keptDestinations.has(destinationEnd(row).id));
    const id = `${from}>${to}>${row.direction}`;
    const old = flows.get(id);
    const entities = { ...old?.entities };
    for (const [name, times] of Object.entries(row.entities)) entities[name] = (entities[name] ?? 0) + times;
    flows.set(id, {
      id,
      source: from,
      destination: to,
      direction: row.direction,
      entities,
      calls: (old?.calls ?? 0) + row.calls,
      bytesOut: (old?.bytesOut ?? 0) + row.bytesOut,
      bytesIn: (old?.bytesIn ?? 0) + row.bytesIn,
      actions: row.actions,
      channels: row.channels,
      firstSeen: row.firstSeen,
      lastSeen: row.lastSeen,
      coverage: row.coverage,
      risk: Math.max(old?.risk ?? 0, row.risk ?? 0),
      isNew: (old?.isNew ?? true) && row.isNew,
      edges: (old?.edges ?? 0) + 1,
      edge: old === undefined ? row.id : null,
      filter: `${sourceEnd(row).filter} ${destinationEnd(row).filter}`,
    });
  }
  const classes = new Map<string, number>();
  for (const { entities } of rows)
    for (const [name, times] of Object.entries(entities)) classes.set(name, (classes.get(name) ?? 0) + times);
  const facet = (values: readonly (string | null)[]) => {
    const counts = new Map<string, number>();
    for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts].toSorted(([, a], [, b]) => b - a).map(([value, count]) => ({ value, label: null, count }));
  };
  const from = world.now - 60 * DAY;
  return {
    range: { from: new Date(from).toISOString(), to: new Date(world.now).toISOString() },
    group: isLarge ? { source: 'owner', destination: 'vendor' } : { source: 'none', destination: 'none' },
    nodes: [...nodes.values()],
    classes: [...classes]
      .toSorted(([, a], [, b]) => b - a)
      .map(([entity, count]) => ({ entity, category: categoryOf(entity), count })),
    flows: [...flows.values()],
    total: {
      edges: rows.length,
      sources: new Set(rows.map((row) => row.source.label)).size,
      destinations: new Set(rows.map((row) => row.destination.label)).size,
      calls: rows.reduce((all, { calls }) => all + calls, 0),
    },
    facets: {
      class: facet(rows.flatMap(({ entities }) => Object.keys(entities))),
      app: facet(rows.map((row) => row.source.app)),
      owner: facet(rows.map((row) => row.source.owner)),
      vendor: facet(rows.map((row) => row.destination.vendor)),
      category: facet(rows.map((row) => row.destination.category)),
      country: facet(rows.map((row) => row.destination.country)),
      channel: facet(rows.flatMap(({ channels }) => channels)),
    },
    losses: [{ what: 'ring buffer full', count: 12 }],
    history: Array.from({ length: 60 }, (_, i) => {
      const start = from + i * DAY;
      return {
        start: new Date(start).toISOString(),
        calls: 200 + ((i * 37) % 90),
        newEdges: world.edges.filter(
          ({ firstSeen }) => Date.parse(firstSeen) >= start && Date.parse(firstSeen) < start + DAY,
        ).length,
      };
    }),
    stepMs: DAY,
    problem: null,
  };
}

export function edgeDetailOf(world: World, row: EdgeRow): EdgeDetail {
  return {
    row,
    via: 'proxy',
    entities: Object.entries(row.entities).map(([entity, count]) => ({
      entity,
      category: categoryOf(entity),
      count,
      maxScore: 0.95,
      lastSeen: row.lastSeen,
      fingerprints: Math.ceil(count / 3),
      paths: [
        { path: '/messages/0/content', count: Math.ceil(count / 2) },
        { path: '/messages/2/content/0/text', count: Math.floor(count / 2) },
      ],
    })),
    risk: {
      score: row.risk ?? 0,
      terms: [
        { name: 'sensitivity', value: 0.9, text: 'card numbers and government ids' },
        {
          name: 'trust',
          value: row.destination.sanctioned ? 0.3 : 0.8,
          text: row.destination.sanctioned ? 'a sanctioned destination' : 'nobody has sanctioned this destination',
        },
        { name: 'volume', value: 0.4, text: 'more than half of all flows' },
        { name: 'control', value: 0.2, text: 'goes through the proxy, rules hold' },
        { name: 'novelty', value: row.isNew ? 1 : 0.1, text: row.isNew ? 'seen first this week' : 'known for weeks' },
      ],
    },
    series: Array.from({ length: 30 }, (_, i) => ({
      start: new Date(world.now - (30 - i) * DAY).toISOString(),
      calls: 10 + ((i * 13) % 40),
      findings: (i * 7) % 11,
    })),
    stepMs: DAY,
    events: world.events.filter((event) => event.source.label === row.source.label).slice(0, 10),
    suggestion: {
      text: `Keeps ${Object.keys(row.entities)[0] ?? 'everything'} from ${row.destination.host}.`,
      yaml: `apiVersion: weir/v1\nkind: Policy\nname: stop-${row.id}\nmatch:\n  destinations: {hosts: ["${row.destination.host}"]}\nrules:\n  - name: stop\n    detect: {entities: ["*"]}\n    action: block\n`,
      policy: `stop-${row.id}`,
    },
    isInBaseline: !row.isNew,
  };
}

export function eventDetailOf(row: EventRow): EventDetail {
  return {
    row,
    decisions: [
      {
        direction: 'request',
        action: row.action,
        mode: 'enforce',
        policy: row.policy,
        policyVersion: '3f1c9a2b77d0',
        rule: row.rule,
        severity: row.severity,
        explanation: [
          `${row.entities[0]?.count ?? 1} ${row.entities[0]?.entity ?? ''} at /messages/0/content, score ${row.entities[0]?.maxScore ?? 1} >= 0.5`,
        ],
      },
    ],
    explanation: [
      `${row.policy}/${row.rule}: ${row.entities[0]?.count ?? 1} ${row.entities[0]?.entity ?? ''} at /messages/0/content, score ${row.entities[0]?.maxScore ?? 1} >= 0.5`,
    ],
    policyVersion: '3f1c9a2b77d0',
    isCurrentPolicy: true,
    rule: {
      name: row.rule ?? '',
      description:
        'Credentials and cards are kept from GenAI providers; direct identifiers of people become pseudonyms.',
      message: 'Nothing was sent. Take the card number out and send the request again.',
      action: row.action,
      yaml: `- name: ${row.rule}\n  detect: {entities: [${row.entities[0]?.entity ?? ''}]}\n  action: ${row.action}\n`,
    },
    findings: row.entities.map(({ entity, category, count, maxScore }) => ({
      entity,
      alternatives: [],
      category,
      direction: 'request',
      role: 'user',
      position: 'latest',
      path: '/messages/0/content',
      count,
      maxScore,
      scores: { [maxScore]: count },
      fingerprints: [`fp-${entity.toLowerCase()}`],
    })),
    bytes: { out: 4210, in: 380 },
    latencyMs: 12,
    exchange: row.id,
    review:
      row.review === 'open'
        ? null
        : { state: row.review, by: row.reviewedBy, note: 'Checked with the team.', time: row.time },
    hasExcerpt: true,
    edges: ['e00001'],
    override: { forMs: 900_000, needsReason: true },
    allowedUntil: null,
    seq: 4711,
    writer: 'node-1',
    hash: 'c2f1',
    prevHash: 'a0b3',
  };
}

export function excerptOf(row: EventRow): Excerpt {
  const entity = row.entities[0]?.entity ?? 'PERSON';
  return {
    places: [
      {
        path: '/messages/0/content',
        parts: [
          { kind: 'text', text: '… please settle the open invoice for this customer, the card on file is ' },
          { kind: 'mark', entity },
          { kind: 'text', text: ' and it expires next month. Write a short confirmation …' },
        ],
      },
    ],
  };
}

export function fleetOf(world: World): Fleet {
  return {
    hosts: [
      {
        host: 'node-1',
        writer: 'node-1',
        isThis: true,
        version: '0.1.0',
        lastSeen: new Date(world.now).toISOString(),
        events: 48_211,
        health: WORKING,
        workers: 4,
        openConnections: 37,
        sensor: {
          state: 'running',
          reason: null,
          kernel: 'BTF, ring buffer, cgroup hooks',
          attached: [
            {
              name: 'OpenSSL 3.0 /usr/lib/x86_64-linux-gnu/libssl.so.3',
              state: 'attached',
              processes: 14,
              reason: null,
            },
            { name: 'Go crypto/tls /srv/ledger/ledger', state: 'attached', processes: 2, reason: null },
            {
              name: 'bun 1.3 /usr/local/bin/bun',
              state: 'refused',
              processes: 1,
              reason: 'stripped: no symbol to attach to',
            },
          ],
          losses: [{ what: 'ring buffer full', count: 12 }],
        },
      },
      {
        host: 'node-2',
        writer: 'node-2',
        isThis: false,
        version: '0.1.0',
        lastSeen: new Date(world.now - 90_000).toISOString(),
        events: 9120,
        health: {
          isReady: false,
          parts: [
            { name: 'proxy', isReady: true, reason: null },
            { name: 'store', isReady: false, reason: 'the disk is full' },
          ],
        },
        workers: 2,
        openConnections: 0,
        sensor: { state: 'unavailable', reason: 'the kernel has no BTF', kernel: null, attached: [], losses: [] },
      },
    ],
    chains: [
      { writer: 'node-1', seq: 48_211, missing: 0, lastSeen: new Date(world.now).toISOString() },
      { writer: 'node-2', seq: 9120, missing: 14, lastSeen: new Date(world.now - 90_000).toISOString() },
    ],
    notify: [
      {
        name: 'webhook hooks.bank.example',
        waiting: 2,
        sent: 310,
        failed: 1,
        lastError: 'timed out after 10 s',
        lastSent: new Date(world.now - 60_000).toISOString(),
      },
    ],
  };
}

export function vocabularyOf(world: World): Vocabulary {
  const distinct = (values: readonly (string | null)[]): readonly string[] =>
    [...new Set(values)].filter((value) => value !== null).toSorted();
  return {
    entities: CLASSES.map(([entity, category]) => ({ entity, category })),
    apps: distinct(world.edges.map(({ source: { app } }) => app)),
    owners: distinct(world.edges.map(({ source: { owner } }) => owner)),
    vendors: distinct(world.edges.map(({ destination: { vendor } }) => vendor)),
    hosts: distinct(world.edges.map(({ destination: { host } }) => host)).slice(0, 200),
    policies: [{ name: 'default', rules: ['card-in-prompt', 'credential-in-prompt', 'direct-identifier'] }],
    keys: [
      { key: 'class', text: 'an entity, or category:NAME', values: [] },
      { key: 'app', text: 'the label of a source', values: [] },
      { key: 'owner', text: 'who answers for a source', values: [] },
      { key: 'vendor', text: 'who is behind a destination', values: [] },
      { key: 'host', text: 'host of a destination, * for any run of characters', values: [] },
      { key: 'sanctioned', text: 'whether the configuration sanctions it', values: ['yes', 'no'] },
      { key: 'channel', text: 'who saw it', values: ['proxy', 'sensor', 'log'] },
      { key: 'risk', text: 'at least so much', values: [] },
    ],
  };
}

export function policySetOf(world: World): PolicySet {
  const rule = (name: string, action: Action, detects: string, hits: number, line: number) => ({
    name,
    action,
    detects,
    message: null,
    hits,
    observed: 0,
    lastHit: hits === 0 ? null : new Date(world.now - 3_600_000).toISOString(),
    line,
  });
  return {
    files: [
      {
        id: 'default.yaml',
        path: '/opt/weir/policies/default.yaml',
        isWritable: false,
        isShipped: true,
        hasDraft: false,
        canUndo: false,
        revision: 'r1',
      },
      {
        id: 'claims.yaml',
        path: '/etc/weir/policies/claims.yaml',
        isWritable: true,
        isShipped: false,
        hasDraft: false,
        canUndo: true,
        revision: 'r7',
      },
    ],
    policies: [
      {
        name: 'default',
        kind: 'policy',
        description:
          'Credentials and cards are kept from GenAI providers; direct identifiers of people become pseudonyms.',
        severity: 'high',
        mode: 'enforce',
        rollout: '100%',
        version: '3f1c9a2b77d0',
        file: 'default.yaml',
        rules: [
          rule('credential-in-prompt', 'block', 'any credential in the newest prompt', 41, 20),
          rule('card-in-prompt', 'block', 'CREDIT_CARD in the newest prompt', 118, 26),
          rule('direct-identifier', 'tokenize', 'EMAIL_ADDRESS, PHONE_NUMBER, PERSON and 40 more', 9120, 34),
        ],
        tests: 24,
        expires: null,
        excepts: null,
      },
      {
        name: 'claims',
        kind: 'policy',
        description: 'A person and a diagnosis never stand together in a prompt.',
        severity: 'critical',
        mode: 'monitor',
        rollout: '25%',
        version: 'a1',
        file: 'claims.yaml',
        rules: [
          {
            ...rule('patient-with-diagnosis', 'block', 'PERSON within 300 characters of any health data', 0, 8),
            observed: 17,
          },
        ],
        tests: 6,
        expires: null,
        excepts: null,
      },
      {
        name: 'test-cards',
        kind: 'exception',
        description: 'Published test cards of the payment provider.',
        severity: null,
        mode: null,
        rollout: null,
        version: 'b2',
        file: 'claims.yaml',
        rules: [],
        tests: 0,
        expires: new Date(world.now + 20 * DAY).toISOString(),
        excepts: { policy: 'default', rule: 'card-in-prompt' },
      },
    ],
    drafts: [],
    folder: { path: '/etc/weir/policies', isWritable: true },
    problem: null,
  };
}

/** What a change would have done, of which `samples` are some. */
export function effectOf(world: World, samples: readonly string[]): Backtest {
  const from = new Date(world.now - 30 * DAY).toISOString();
  return {
    range: { from, to: new Date(world.now).toISOString() },
    events: 4211,
    changed: [{ before: 'block', after: 'allow', events: 3, policy: null, rule: null, samples }],
    unchanged: 4200,
    undecidable: 8,
    reasons: { pattern: 8 },
    isComplete: true,
  };
}

/** A stand-in for the engine: whatever is `4111` and on is a card. */
export function triedSample(sample: string): TryAnswer {
  const start = sample.indexOf('4111');
  const isFound = start >= 0;
  return {
    problems: [],
    action: isFound ? 'block' : 'allow',
    policy: isFound ? 'claims' : null,
    rule: isFound ? 'card' : null,
    monitored: null,
    message: isFound ? 'Take the card out.' : null,
    explanation: isFound
      ? [{ policy: 'claims', rule: 'card', action: 'block', text: '1 CREDIT_CARD, score 1 >= 0.5' }]
      : [],
    findings: isFound
      ? [
          {
            entity: 'CREDIT_CARD',
            category: 'financial',
            start,
            end: sample.length,
            score: 1,
            recognizer: 'credit-card',
          },
        ]
      : [],
    output: isFound ? null : sample,
    coverage: FULL,
  };
}
