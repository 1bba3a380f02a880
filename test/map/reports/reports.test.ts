import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ccpaReport } from '../../../map/reports/ccpa.ts';
import { gdprReport } from '../../../map/reports/gdpr.ts';
import { hipaaReport } from '../../../map/reports/hipaa.ts';
import { pciReport } from '../../../map/reports/pci.ts';
import { transferText } from '../../../map/reports/regions.ts';
import type { Report } from '../../../map/reports/report.ts';
import { scanFirstReport } from '../../../map/reports/scan-first.ts';
import { edge, knowledge } from '../made-edges.ts';
import { bucketReads, HOUSE, inputOf } from './bank.ts';

const figures = ({ figures: all }: Report) => Object.fromEntries(all.map(({ label, value }) => [label, value]));
const rows = ({ tables }: Report, title: string) => tables.find((one) => one.title === title)?.rows ?? [];
const violations = (report: Report) =>
  (report.data['violations'] as Record<string, unknown>[]).map(
    ({ source, destination, entity, edge: id }) => `${source} ${destination} ${entity} ${id}`,
  );

test('pci: what leaves the fence is a violation a class and edge; what was held back comes last, and says so', () => {
  const report = pciReport(inputOf(HOUSE));
  assert.deepEqual(violations(report), [
    `chat api.openai.com CREDIT_CARD ${HOUSE[4]?.id}`,
    `chat hooks.slack.com CREDIT_CARD ${HOUSE[6]?.id}`,
  ]);
  const isHeld = (report.data['violations'] as { isHeld: boolean }[]).map((one) => one.isHeld);
  assert.deepEqual(isHeld, [false, true]);
  assert.deepEqual(figures(report), {
    'flows of card data': 5,
    'of them inside the environment': 3,
    'leave it': 1,
    'would have left it, and were held back': 1,
    'card data in clear on a network': 2,
    'security codes or track data written to a store': 1,
    'flows between inside and outside without card data seen': 0,
  });
  assert.deepEqual(rows(report, 'Held back')[0]?.cells.slice(0, 4), [
    'chat',
    'sends to',
    'Slack hooks.slack.com',
    'CREDIT_CARD 5',
  ]);
});

test('pci: without an environment nothing is inside, and that is said', () => {
  const known = knowledge({ environments: new Map() });
  const report = pciReport(inputOf(HOUSE, { knowledge: known }));
  assert.equal(violations(report).length, 5);
  assert.match(report.lead.join(' '), /No environments\.pci is configured/);
});

test('pci: who belongs inside and was never seen is named', () => {
  const report = pciReport(inputOf([edge('billing', 'files.example')]));
  assert.ok(report.notSeen.includes('Inside the environment, and never seen: store cards, vendor stripe.'));
});

test('every figure counts flows whose edges it names', () => {
  for (const report of [pciReport, gdprReport, ccpaReport, hipaaReport].map((make) => make(inputOf(HOUSE)))) {
    const ids = new Set(HOUSE.map(({ id }) => id));
    for (const { label, value, edges } of report.figures) {
      assert.equal(value > 0, edges.length > 0, `${report.kind}: ${label}`);
      for (const id of edges) assert.ok(ids.has(id));
    }
    for (const { rows: all, columns } of report.tables) {
      for (const { cells, edges } of all) assert.ok(cells.length === columns.length && edges.length > 0);
    }
  }
});

test('every report says what it could not see', () => {
  const made = [pciReport, gdprReport, ccpaReport, hipaaReport].map((make) => make(inputOf(HOUSE)));
  for (const { notSeen, kind } of [...made, scanFirstReport(inputOf(HOUSE), null)]) {
    const text = notSeen.join('\n');
    assert.match(text, /1 of \d+ flows could not be looked into in some call \(tunnelled\)/, kind);
    assert.match(text, /Data at rest/, kind);
    assert.ok(!/No sensor/.test(text), kind);
  }
  const blind = pciReport(inputOf([edge({ app: 'chat' }, 'files.example')], { losses: 'The sensor lost 3 events.' }));
  assert.match(blind.notSeen.join('\n'), /No sensor reported/);
  assert.match(blind.notSeen.join('\n'), /1 flows come from sources whose label was claimed/);
  assert.match(blind.notSeen.join('\n'), /The sensor lost 3 events\./);
  assert.match(pciReport(inputOf([])).notSeen.join('\n'), /No flow was seen at all/);
});

test('gdpr: recipients with categories, country and the ground of a transfer', () => {
  const report = gdprReport(inputOf(HOUSE, { retention: 'events 90d' }));
  const outside = rows(report, 'Recipients outside the house').map(({ cells }) => cells.slice(0, 5));
  assert.deepEqual(outside, [
    ['Mistral AI', 'LLM provider, sanctioned', 'FR', 'inside the EEA', 'health (ICD10_CODE); personal (PERSON)'],
    [
      ...['OpenAI', 'LLM provider', 'US'],
      'outside the EEA: adequacy decision for recipients certified under the EU-US Data Privacy Framework (Article 45)',
      'financial (CREDIT_CARD); personal (EMAIL_ADDRESS)',
    ],
    ['Slack', 'third party', 'US', outside[2]?.[3], 'financial (CREDIT_CARD)'],
    ['Stripe', 'third party, sanctioned', 'US', outside[2]?.[3], 'financial (CREDIT_CARD); personal (EMAIL_ADDRESS)'],
    ['files.example', 'unknown', 'not known', 'country not known', 'health (ICD10_CODE)'],
  ]);
  assert.equal(figures(report)['of them to a country outside the EEA'], 3);
  assert.match(report.lead.join(' '), /events 90d/);
  assert.deepEqual(
    rows(report, 'Where it comes from').map(({ cells }) => cells[0]),
    ['cards', 'crm'],
  );
});

test('a country is inside the EEA, adequate, or neither', () => {
  assert.equal(transferText('IS'), 'inside the EEA');
  assert.match(transferText('CH'), /adequacy decision \(Article 45\)/);
  assert.match(transferText('IN'), /needs safeguards/);
  assert.equal(transferText(null), 'country not known');
});

test('ccpa: a business without a contract on record counts as sold or shared to', () => {
  const report = ccpaReport(inputOf(HOUSE));
  const shown = rows(report, 'Recipients').map(({ cells }) => [cells[0], String(cells[1]).startsWith('counts as')]);
  assert.deepEqual(shown, [
    ['Mistral AI', false],
    ['OpenAI', true],
    ['Slack', true],
    ['Stripe', false],
    ['files.example', true],
  ]);
  assert.equal(figures(report)['of them without a contract on record'], 3);
});

test('hipaa: health information with identifiers, disclosed, in clear', () => {
  assert.deepEqual(figures(hipaaReport(inputOf(HOUSE))), {
    'flows with health information': 3,
    'of them with identifiers': 2,
    'disclosed outside the house': 2,
    'of them without an agreement on record': 1,
    'in clear on a network': 1,
    'recipients outside': 2,
  });
});

const stores = (report: Report) =>
  report.data['stores'] as { name: string; score: number; reasons: string[]; newClasses: string[]; edges: string[] }[];

test('scan-first: by the classes seen, the way outside, and lack of an owner', () => {
  const report = scanFirstReport(inputOf(HOUSE), null);
  assert.deepEqual(
    stores(report).map(({ name, score }) => [name, score]),
    [
      ['10.0.0.9', 67],
      ['cards', 43],
      ['crm', 37],
    ],
  );
  const reasons = Object.fromEntries(stores(report).map((one) => [one.name, one.reasons]));
  assert.deepEqual(reasons['10.0.0.9'], [
    'ICD10_CODE, PERSON seen in its traffic',
    'nobody owns it',
    'nobody has listed it',
    'its traffic is in clear',
  ]);
  assert.deepEqual(reasons['crm'], [
    'EMAIL_ADDRESS, PERSON seen in its traffic',
    'what is read from it can go to OpenAI api.openai.com, not sanctioned',
    'its traffic is in clear',
  ]);
});

test('scan-first: what a service passes on to another reaches outside too', () => {
  const report = scanFirstReport(
    inputOf([
      edge('billing', 'crm-db:5432', {
        direction: 'in',
        channel: 'sensor',
        protocol: 'postgres',
        entities: { PERSON: 1 },
      }),
      edge('billing', 'chat.internal'),
      edge('chat', 'billing.internal'),
      edge('chat', 'files.example', { entities: { PERSON: 1 } }),
    ]),
    null,
  );
  assert.ok(stores(report)[0]?.reasons.includes('what is read from it can go to files.example, not sanctioned'));
});

test('scan-first: a bucket is judged by what the workloads that reach it handle elsewhere', () => {
  const buckets = [
    bucketReads('invoices', 'billing'),
    bucketReads('letters', 'chat'),
    bucketReads('letters', 'billing'),
    bucketReads('logs', 'clean'),
    bucketReads('mystery', 'stranger'),
    bucketReads('blind', 'never'),
  ];
  const clean = edge('clean', 'hooks.slack.com');
  const report = scanFirstReport(inputOf([...HOUSE, clean, ...buckets]), null);
  assert.deepEqual(report.data['buckets'], {
    total: 5,
    byClass: { CARD_CVV: 2, CREDIT_CARD: 2, EMAIL_ADDRESS: 2, PERSON: 1 },
    scan: 2,
    noScan: 3,
    unknown: 2,
    unjoinedPrincipals: 1,
  });
  const [invoices] = stores(report).filter(({ name }) => name.startsWith('invoices'));
  assert.deepEqual(invoices?.reasons, [
    'reached by billing, handling CARD_CVV, CREDIT_CARD, EMAIL_ADDRESS; its own traffic was not seen',
    'what is read from it can go to Stripe api.stripe.com, sanctioned',
    'nobody owns it',
  ]);
  assert.match(report.notSeen.join('\n'), /1 cloud principals belong to no app/);
  assert.match(report.notSeen.join('\n'), /2 stores that need no scan by what was seen are reached by somebody/);
});

test('scan-first: after an earlier report only what is new is listed', () => {
  const before = scanFirstReport(inputOf(HOUSE), null);
  const earlier = new Map(
    (before.data['stores'] as { name: string; classes: string[] }[]).map(({ name, classes }) => [
      name,
      new Set(classes),
    ]),
  );
  assert.deepEqual(stores(scanFirstReport(inputOf(HOUSE), earlier)), []);
  const more = edge('chat', 'crm-db:5432', { channel: 'sensor', protocol: 'postgres', entities: { US_SSN: 1 } });
  assert.deepEqual(
    stores(scanFirstReport(inputOf([...HOUSE, more]), earlier)).map(({ name, newClasses }) => [name, newClasses]),
    [['crm', ['US_SSN']]],
  );
});

test('10,000 buckets are ranked', () => {
  const roles = ['billing', 'chat', 'clean', 'stranger'];
  const edges = Array.from({ length: 10_000 }, (_, i) => bucketReads(`b${i}`, roles[i % 4] ?? ''));
  const before = process.cpuUsage();
  const { buckets } = scanFirstReport(inputOf([...HOUSE, edge('clean', 'hooks.slack.com'), ...edges]), null).data;
  const { user } = process.cpuUsage(before);
  assert.deepEqual(buckets, {
    total: 10_000,
    byClass: { CARD_CVV: 2500, CREDIT_CARD: 5000, EMAIL_ADDRESS: 5000, PERSON: 2500 },
    scan: 5000,
    noScan: 5000,
    unknown: 2500,
    unjoinedPrincipals: 1,
  });
  assert.ok(user < 30_000_000, `${user / 1e6} s of CPU`);
});
