import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge } from '../../../flow/edge.ts';
import { ccpaReport } from '../../../map/reports/ccpa.ts';
import { gdprReport } from '../../../map/reports/gdpr.ts';
import { hipaaReport } from '../../../map/reports/hipaa.ts';
import { pciReport } from '../../../map/reports/pci.ts';
import {
  REPORT_FORMATS,
  REPORT_KINDS,
  type Report,
  type ReportFormat,
  type ReportKind,
} from '../../../map/reports/report.ts';
import { scanFirstReport } from '../../../map/reports/scan-first.ts';
import { writeReport } from '../../../map/reports/write.ts';
import { cyclonedxValidator } from '../../support/cyclonedx.ts';
import { openlineageValidator } from '../../support/openlineage.ts';
import { edge, knowledge } from '../made-edges.ts';
import { bucketReads, HOUSE, inputOf } from './bank.ts';

function reportOf(kind: ReportKind, edges: readonly Edge[]): Report {
  const input = inputOf(edges);
  const makers = { pci: pciReport, gdpr: gdprReport, ccpa: ccpaReport, hipaa: hipaaReport };
  return kind === 'scan-first' ? scanFirstReport(input, null) : makers[kind](input);
}

const text = (kind: ReportKind, format: ReportFormat, edges: readonly Edge[] = HOUSE) =>
  [...writeReport(reportOf(kind, edges), format, { version: '1.2.3', categoryOf: knowledge().categoryOf })].join('');

const ESTATE = [...HOUSE, bucketReads('invoices', 'billing')];

/** Names that are markup, formulas, commands to a terminal or ends of cells. */
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='x",
  '=HYPERLINK("http://evil.example")',
  '| a | b |',
  '`code` **bold** [x](javascript:x) ![y](z)',
  '\x1b[2J\x07\u202e\u2028',
  '\ud800',
  '&lt;b&gt;',
  'https://evil.example www.evil.example',
];

const named = (name: string): readonly Edge[] => [
  edge(name, 'files.example', {
    destination: { host: name, port: 443, vendor: name, category: 'saas', country: null },
    entities: { CREDIT_CARD: 1, ICD10_CODE: 1, EMAIL_ADDRESS: 1, [name]: 1 },
    coverage: { level: 'truncated', reason: name },
  }),
  edge(name, name, { protocol: 'postgres', channel: 'sensor', direction: 'in', entities: { PERSON: 1 } }),
];

test('html is one file without script or anything from elsewhere, whatever the names hold', () => {
  for (const kind of REPORT_KINDS) {
    for (const name of HOSTILE) {
      const html = text(kind, 'html', named(name));
      const tags = [...html.matchAll(/<\/?([a-zA-Z!][a-zA-Z0-9]*)/g)].map(([, tag]) => tag?.toLowerCase());
      const known = 'doctype html head meta title style body header h1 p main section h2 dl div dt dd b span a ul li';
      const drawn = 'svg defs marker path g rect text table thead tbody tr th td code';
      for (const tag of new Set(tags))
        assert.ok(`!${known} ${drawn}`.split(/[! ]/).includes(tag?.replace('!', '') ?? ''), tag);
      assert.ok(!/\son[a-z]+\s*=/i.test(html.replace(/&[^;]+;/g, '').replace(/>[^<]*</g, '><')), name);
      assert.ok(!/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Cs}]/u.test(html));
      assert.ok(!/(?:src|href)="(?!#)/.test(html));
    }
  }
});

test('html links lead to rows that are there', () => {
  for (const kind of REPORT_KINDS) {
    const html = text(kind, 'html', ESTATE);
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    assert.ok(links.length > 0, kind);
    for (const link of links) assert.ok(ids.has(link), `${kind} ${link}`);
    assert.match(html, /01KB5EVENT/);
    assert.match(html, /<h2 id="gaps">What could not be seen<\/h2>/);
  }
});

test('markdown: names are text, tables keep their columns, the diagram is Mermaid', () => {
  for (const kind of REPORT_KINDS) {
    for (const name of HOSTILE) {
      const lines = text(kind, 'md', named(name)).split('\n');
      let columns = 0;
      for (const line of lines.filter((one) => one.startsWith('|'))) {
        const cells = line.split('|').length;
        if (/^\|( --- \|)+$/.test(line)) columns = cells;
      }
      assert.ok(columns > 0);
      const body = lines.filter((line) => line.startsWith('|')).join('\n');
      assert.ok(!/<(?!\/?br)[a-z!]/i.test(body), name);
      assert.ok(!/\]\(|:\/\/|\*\*/.test(body), name);
      assert.ok(!/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Cs}]/u.test(body));
    }
    assert.match(text(kind, 'md', ESTATE), /```mermaid\nflowchart LR\n/);
  }
  const table = text('pci', 'md')
    .split('\n')
    .filter((line) => line.startsWith('| chat | sends to'));
  assert.ok(table.length > 0 && table.every((line) => line.split('|').length === 11));
});

test('csv: one head, cells that no spreadsheet takes for a formula', () => {
  for (const kind of REPORT_KINDS) {
    for (const name of HOSTILE) {
      const rows = parseCsv(text(kind, 'csv', named(name)));
      const [head, ...rest] = rows;
      assert.equal(head?.[0], 'Table');
      for (const row of rest) {
        assert.equal(row.length, head?.length, kind);
        for (const cell of row) assert.ok(!/^[=+@\t\r-]/.test(cell), cell);
      }
    }
  }
  const [head = [], ...rest] = parseCsv(text('pci', 'csv'));
  const leaves = rest.filter(([table]) => table === 'Flows that leave the environment');
  assert.deepEqual(
    leaves.map((row) => row[head.indexOf('Destination')]),
    ['OpenAI api.openai.com'],
  );
});

/** RFC 4180. */
function parseCsv(all: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of all.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end !== ',') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

test('json holds what the contract names, the figures with their edges, and the flows with their events', () => {
  const pci = JSON.parse(text('pci', 'json'));
  assert.deepEqual(
    Object.keys(pci.violations[0]).filter((key) => ['source', 'destination', 'entity', 'edge'].includes(key)),
    [...['source', 'destination', 'entity', 'edge']],
  );
  assert.deepEqual(pci.flows[0].events, ['01KB5EVENT']);
  assert.ok(pci.figures.every((one: { edges: unknown }) => Array.isArray(one.edges)) && pci.notSeen.length > 0);
  const scan = JSON.parse(text('scan-first', 'json', ESTATE));
  assert.deepEqual(Object.keys(scan.stores[0]).slice(0, 2), ['name', 'reasons']);
});

test('cyclonedx is valid against the schema of 1.7, whatever the names hold', () => {
  const validate = cyclonedxValidator();
  assert.equal(validate({ bomFormat: 'CycloneDX', specVersion: '1.7', services: [{ data: [{}] }] }), false);
  for (const kind of REPORT_KINDS) {
    for (const edges of [
      ESTATE,
      [],
      ...HOSTILE.map(named),
      [edge('billing', '[::1]:8080', { entities: { CREDIT_CARD: 1, PERSON: 1, ICD10_CODE: 1 } })],
    ]) {
      const bom = JSON.parse(text(kind, 'cyclonedx', edges));
      assert.ok(validate(bom), JSON.stringify(validate.errors?.slice(0, 3)));
    }
  }
  const { services } = JSON.parse(text('pci', 'cyclonedx'));
  const chat = services.find(({ name }: { name: string }) => name === 'chat');
  const [sent] = chat.data.filter(({ name }: { name: string }) => name === 'CREDIT_CARD');
  assert.deepEqual(
    [sent.flow, sent.classification, sent.destination],
    ['outbound', 'financial', ['https://api.openai.com:443']],
  );
  assert.deepEqual(sent.governance.owners, [{ organization: { name: 'team-chat' } }]);
});

test('openlineage: a run of each workload with its inputs and outputs', () => {
  const events = text('gdpr', 'openlineage')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const chat = events.find(({ job }) => job.name === 'chat');
  assert.deepEqual(
    [chat.inputs[0].name, chat.outputs.map(({ name }: { name: string }) => name)],
    ['crm', ['api.openai.com', 'hooks.slack.com']],
  );
  const isValid = openlineageValidator();
  for (const event of events) {
    const { runId } = event.run;
    assert.ok(isValid(event), JSON.stringify(isValid.errors));
    assert.match(runId, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  for (const broken of [
    { ...events[0], run: { runId: 'a run' } },
    { ...events[0], eventTime: 'yesterday' },
    { ...events[0], outputs: [{ name: 'x', namespace: 'y', facets: { own: {} } }] },
  ])
    assert.ok(!isValid(broken));
});

test('nothing seen is a report in every format, too', () => {
  for (const kind of REPORT_KINDS)
    for (const format of REPORT_FORMATS) assert.equal(typeof text(kind, format, []), 'string');
});
