import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBaseline } from '../../cli/flows/baseline-file.ts';
import type { Edge } from '../../flow/edge.ts';
import { type AllowedFlow, type Baseline, baselineOf, baselineYaml } from '../../map/baseline.ts';
import { DRIFT_KINDS, type Drift, type DriftContext, driftOf } from '../../map/drift.ts';
import { edge, knowledge, NOW } from './made-edges.ts';

const KNOWN = knowledge();
const approved = (edges: Iterable<Edge>) => baselineOf(edges, { knowledge: KNOWN, expires: '2027-06-30' });
const drift = (baseline: Baseline, edges: Iterable<Edge>, context: Partial<DriftContext> = {}) =>
  driftOf(baseline, edges, { knowledge: KNOWN, now: NOW, ...context });
const told = ({ kind, source, destination, entity }: Drift) =>
  [kind, source, destination, entity].filter((one) => one !== null).join(' ');
const yamlOf = (baseline: Baseline) => [...baselineYaml(baseline)].join('');

/** A day's traffic of a house that is in order, but for what it has accepted. */
const HOUSE: readonly Edge[] = [
  edge('billing', 'api.stripe.com', { entities: { CREDIT_CARD: 4 } }),
  edge('billing', 'cards-db:5432', {
    direction: 'in',
    channel: 'sensor',
    protocol: 'postgres',
    entities: { CREDIT_CARD: 9 },
  }),
  edge('chat', 'api.openai.com', { entities: { EMAIL_ADDRESS: 3 }, calls: 200 }),
  edge('chat', 'api.openai.com', { entities: { EMAIL_ADDRESS: 3 }, channel: 'sensor' }),
  edge('chat', '10.0.0.9:6379', { channel: 'sensor', protocol: 'redis', entities: { PERSON: 1 } }),
  edge({ host: 'build-7', process: 'curl' }, 'files.example:80', { protocol: 'http' }),
];

test('what was approved is no drift', () => {
  assert.deepEqual(drift(approved(HOUSE), HOUSE), []);
});

test('the baseline is YAML in a stable order that reads back as it was', () => {
  const yaml = yamlOf(approved(HOUSE));
  assert.equal(yamlOf(approved(HOUSE.toReversed())), yaml);
  assert.deepEqual(parseBaseline('flows.yaml', yaml), approved(HOUSE));
  assert.match(
    yaml,
    /- source: "chat"\n {4}destination: "10\.0\.0\.9:6379"\n {4}direction: out\n {4}entities: \[PERSON\]\n {4}coverage: full\n {4}callsPerDay: \[0, 100\]\n {4}bytesPerDay: \[0, 1000000\]\n {4}accepts: \[shadow_store, plaintext\]\n {4}owner: "team-chat"\n {4}expires: "2027-06-30"\n/,
  );
  assert.deepEqual(parseBaseline('flows.yaml', yamlOf({ flows: [] })), { flows: [] });
});

test('names that are markup elsewhere are text in the YAML', () => {
  for (const name of ['a: b', '"x" # y', 'no', '\u0007\u202e\u2028', '*', '- z', '\ud800', 'yes\nflows: []']) {
    const baseline = approved([edge(name, 'files.example', { entities: { [name]: 1 } })]);
    const yaml = yamlOf(baseline);
    assert.ok(!/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Cs}]/u.test(yaml), 'nothing acts on a terminal');
    const plain = { ...baseline, flows: baseline.flows.map((flow) => ({ ...flow, entities: [] })) };
    assert.deepEqual(parseBaseline('flows.yaml', yamlOf(plain)).flows[0]?.source, name);
  }
});

test('a flow that is in no entry is a new destination; to the first LLM of a workload, that', () => {
  const baseline = approved(HOUSE);
  const found = drift(baseline, [
    ...HOUSE,
    edge('chat', 'api.mistral.ai', {}),
    edge('billing', 'api.mistral.ai', { entities: { PERSON: 1 } }),
    edge('billing', 'hooks.slack.com'),
  ]);
  assert.deepEqual(found.map(told), [
    'cross_border billing api.mistral.ai:443',
    'new_workload_to_llm billing api.mistral.ai:443',
    'new_destination billing hooks.slack.com:443',
    'new_destination chat api.mistral.ai:443',
  ]);
  assert.match(found[1]?.text ?? '', /^it sent nothing to any LLM before; seen: PERSON$/);
});

test('a class that a known flow did not carry is named, the graver ones first', () => {
  const more = HOUSE.map((one) =>
    one.source.app === 'chat' ? { ...one, entities: { ...one.entities, PHONE_NUMBER: 1, AWS_SECRET_KEY: 2 } } : one,
  );
  const found = drift(approved(HOUSE), more);
  assert.deepEqual(
    found.map((one) => `${one.severity} ${told(one)}`),
    [
      'high new_class chat 10.0.0.9:6379 AWS_SECRET_KEY',
      'high new_class chat api.openai.com:443 AWS_SECRET_KEY',
      'medium new_class chat 10.0.0.9:6379 PHONE_NUMBER',
      'medium new_class chat api.openai.com:443 PHONE_NUMBER',
    ],
  );
  assert.equal(found[1]?.edges.length, 2, 'both channels');
});

test('volume is measured by the busiest day where days are known, else by the mean', () => {
  const one = edge('chat', 'api.openai.com', { calls: 13 * 100 });
  const baseline = approved([one]);
  assert.deepEqual(baseline.flows[0]?.callsPerDay, [0, 500]);
  assert.deepEqual(drift(baseline, [one]), []);
  assert.deepEqual(drift(baseline, [{ ...one, calls: 13 * 501 }]).map(told), ['volume chat api.openai.com:443']);
  const peakOf = () => ({ calls: 501.4, bytes: 2_000_000_000 });
  assert.equal(
    drift(baseline, [one], { peakOf })[0]?.text,
    '501 calls a day, allowed 0 to 500; 2000000000 bytes a day, allowed 0 to 1000000',
  );
});

test('a call to an LLM that the proxy did not see, or not any more, went round it', () => {
  const one = edge('chat', 'api.openai.com');
  const baseline = approved([one]);
  const sensor = { ...one, id: 's', channel: 'sensor' as const };
  assert.deepEqual(drift(baseline, [one, sensor]), []);
  assert.deepEqual(drift(baseline, [sensor]).map(told), ['bypass chat api.openai.com:443']);
  const later = { ...sensor, lastSeen: '2026-06-15T11:00:00.000Z' };
  assert.deepEqual(drift(baseline, [one, later]).map(told), ['bypass chat api.openai.com:443']);
  const byEvent = drift(baseline, [one], { bypasses: new Map([[one.id, ['event-1']]]) });
  assert.deepEqual(
    byEvent.map((item) => [told(item), item.events]),
    [['bypass chat api.openai.com:443', ['event-1']]],
  );
});

test('a shadow store, plaintext and card data outside its fence are drift until they are accepted', () => {
  const bad = [
    edge('chat', '10.0.0.9:5432', { channel: 'sensor', protocol: 'postgres', entities: { CREDIT_CARD: 1 } }),
    edge('chat', 'hooks.slack.com', { entities: { CREDIT_CARD: 1, CARD_CVV: 1 } }),
  ];
  const { flows } = approved(bad);
  const strict = { flows: flows.map((flow): AllowedFlow => ({ ...flow, accepts: [] })) };
  assert.deepEqual(drift(strict, bad).map(told), [
    'pci_fence chat 10.0.0.9:5432 CREDIT_CARD',
    'pci_fence chat hooks.slack.com:443 CARD_CVV',
    'pci_fence chat hooks.slack.com:443 CREDIT_CARD',
    'plaintext chat 10.0.0.9:5432',
    'shadow_store chat 10.0.0.9:5432',
  ]);
  assert.deepEqual(drift({ flows }, bad), []);
});

test('card data stays inside its fence between its apps, stores and vendors; what was held back is told, less gravely', () => {
  const strict = (edges: readonly Edge[]) => ({
    flows: approved(edges).flows.map((flow): AllowedFlow => ({ ...flow, accepts: [] })),
  });
  const inside = HOUSE.filter(({ source }) => source.app === 'billing');
  assert.deepEqual(
    drift(strict(inside), inside).map(({ kind }) => kind),
    ['plaintext'],
  );
  const held = [edge('chat', 'hooks.slack.com', { entities: { CREDIT_CARD: 1 }, calls: 3, actions: { block: 3 } })];
  const [item, ...others] = drift(strict(held), held);
  assert.deepEqual([item?.kind, item?.severity, others], ['pci_fence', 'medium', []]);
  assert.match(item?.text ?? '', /was held back: CREDIT_CARD$/);
  const claimed = [edge({ app: 'billing' }, 'api.stripe.com', { entities: { CREDIT_CARD: 1 } })];
  assert.deepEqual(
    drift(strict(claimed), claimed).map(({ kind }) => kind),
    ['pci_fence'],
    'a claimed label is not inside',
  );
  assert.deepEqual(drift(strict(claimed), claimed, { knowledge: knowledge({ environments: new Map() }) }), []);
});

test('on this host nothing travels in clear', () => {
  const local = [edge('chat', '127.0.0.1:8080', { protocol: 'http' })];
  assert.deepEqual(drift({ flows: approved(local).flows.map((flow) => ({ ...flow, accepts: [] })) }, local), []);
});

test('data that goes to another country than before is told', () => {
  const one = edge('chat', 'api.openai.com', { entities: { PERSON: 1 } });
  const [flow] = approved([one]).flows;
  assert.ok(flow);
  const moved = drift({ flows: [{ ...flow, country: 'DE' }] }, [one]);
  assert.deepEqual(
    moved.map(({ kind, text }) => [kind, text]),
    [['cross_border', 'data goes to US, before to DE']],
  );
  assert.deepEqual(drift({ flows: [{ ...flow, country: null }] }, [one]), []);
});

test('coverage that was lost is told, and coverage that was never there is not', () => {
  const seen = edge('chat', 'api.openai.com');
  const blind = { ...seen, coverage: { level: 'opaque' as const, reason: 'tunnelled' } };
  assert.deepEqual(drift(approved([seen]), [blind]).map(told), ['coverage_lost chat api.openai.com:443']);
  assert.deepEqual(drift(approved([blind]), [blind]), []);
});

test('an entry that ran out is told where its flow goes on, with its owner', () => {
  const one = edge('chat', 'api.mistral.ai');
  const [flow] = approved([one]).flows;
  assert.ok(flow);
  const until = (expires: string) =>
    drift({ flows: [{ ...flow, expires }] }, [one]).map(({ kind, text }) => [kind, text]);
  assert.deepEqual(until('2026-06-14'), [['expired', 'its entry ran out after 2026-06-14 (owner team-chat)']]);
  assert.deepEqual(until('2026-06-15'), [], 'allowed to the end of the day');
  assert.deepEqual(drift({ flows: [{ ...flow, expires: '2026-01-01' }] }, []), []);
});

test('entries may take * for sources, destinations and classes, a host for all its ports, a store by name', () => {
  const entry = (change: Partial<AllowedFlow>): Baseline => {
    const [flow] = approved([edge('chat', 'api.openai.com')]).flows;
    assert.ok(flow);
    return { flows: [{ ...flow, entities: ['*'], country: null, ...change }] };
  };
  const calls = [edge('chat', 'api.openai.com', { entities: { US_SSN: 1 } })];
  for (const change of [
    { source: '*' },
    { source: 'CH*', destination: '*.openai.com:*' },
    { destination: 'API.openai.com' },
  ])
    assert.deepEqual(drift(entry(change), calls), [], JSON.stringify(change));
  const [, other] = drift(entry({ destination: '*.openai.org*' }), calls);
  assert.equal(other?.kind, 'new_workload_to_llm');
  const store = [edge('chat', 'crm-db:5432', { channel: 'sensor', protocol: 'postgres+tls' })];
  assert.deepEqual(drift(entry({ destination: 'crm' }), store), []);
});

test('entries of an earlier baseline stay as they are, and what is new is added', () => {
  const one = edge('chat', 'api.openai.com', { entities: { PERSON: 1 } });
  const [flow] = approved([one]).flows;
  assert.ok(flow);
  const keep = { flows: [{ ...flow, owner: 'somebody', note: 'ticket 7', entities: [], expires: '2026-12-31' }] };
  const { flows } = baselineOf([edge('billing', 'api.stripe.com'), one], {
    knowledge: KNOWN,
    expires: '2027-01-31',
    keep,
  });
  assert.deepEqual(
    flows.map(({ source, owner, note, expires }) => [source, owner, note, expires]),
    [
      ['billing', 'team-billing', null, '2027-01-31'],
      ['chat', 'somebody', 'ticket 7', '2026-12-31'],
    ],
  );
});

test("a cloud's many buckets, known from logs alone, are one entry a source, which takes them all", () => {
  const arn = 'arn:aws:sts::1:assumed-role/backup/i-1';
  const read = (bucket: string) =>
    edge({ user: arn }, `${bucket}.s3.eu-central-1.amazonaws.com`, {
      ...{ channel: 'log', protocol: 's3', direction: 'in', calls: 100 },
      coverage: { level: 'opaque', reason: 'log' },
    });
  const many = Array.from({ length: 30 }, (_, i) => read(`bucket-${i}`));
  const baseline = approved([...many, ...HOUSE]);
  const [entry, ...others] = baseline.flows.filter(({ source }) => source === 'backup');
  assert.deepEqual([entry?.destination, others.length], ['*.s3.eu-central-1.amazonaws.com:443', 0]);
  assert.deepEqual(drift(baseline, [...many, read('new'), ...HOUSE]), []);
  assert.equal(approved(many.slice(0, 5)).flows.length, 5, 'a few stand by themselves');
});

test('the same drift has the same key, whichever edges showed it', () => {
  const key = (change: Partial<Edge>) =>
    drift({ flows: [] }, [edge('chat', 'files.example', change)]).map((one) => one.key);
  assert.deepEqual(key({ calls: 1 }), key({ calls: 900, channel: 'sensor' }));
});

test('5,000 flows are compared with 5,000 entries', () => {
  const many = Array.from({ length: 5000 }, (_, i) =>
    edge(`app-${i % 500}`, `h${i}.example`, { entities: { PERSON: 1 } }),
  );
  const baseline = parseBaseline('flows.yaml', yamlOf(approved(many)));
  const more = [...many, edge('app-1', 'new.example')];
  const before = process.cpuUsage();
  assert.deepEqual(drift(baseline, more).map(told), ['new_destination app-1 new.example:443']);
  const { user } = process.cpuUsage(before);
  assert.ok(user < 20_000_000, `${user / 1e6} s of CPU`);
});

test('every kind of drift has a name of its own', () => {
  assert.equal(new Set(DRIFT_KINDS).size, 11);
});

test('errors of the file are told with their place', () => {
  const wrong = (text: string) => {
    try {
      parseBaseline('flows.yaml', text);
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
    return '';
  };
  const entry = '- {source: a, destination: "b:1", direction: out';
  assert.match(wrong(`flows:\n${entry}, expires: "2026-02-31"}`), /^flows\.yaml:2:\d+: expected a day such as/);
  assert.match(wrong(`flows:\n${entry}, callsPerDay: [5, 1]}`), /:2:\d+: expected \[FROM, TO\]/);
  assert.match(wrong(`flows:\n${entry}, accepts: [everything]}`), /:2:\d+: expected one of bypass/);
  assert.match(wrong('flws: []'), /^flows\.yaml:1:1: unknown key "flws"; did you mean "flows"\?/);
});
