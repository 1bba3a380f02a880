import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { normalise } from '../../engine/scan/normalise.ts';
import { fingerprint } from '../../store/keyed.ts';
import {
  afterwards,
  closingOf,
  FINDING,
  OPENAI,
  observationOf,
  SOURCE,
  sampleEvent,
  startRecorder,
} from '../store/samples.ts';
import { makePlace, type Place } from './run-context.ts';

async function recorded(t: TestContext): Promise<Place> {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const { recorder } = await startRecorder(t, {}, place.home);
  recorder.close(closingOf(sampleEvent({ findings: [FINDING] })));
  recorder.close(closingOf(sampleEvent({ findings: [FINDING] })));
  const source = { ...SOURCE, app: 'chat\x1b]0;x\x07', verified: false };
  recorder.close(
    closingOf(sampleEvent({ source, destination: { ...OPENAI, host: 'files.example', vendor: null, port: 80 } })),
  );
  await recorder.flush();
  return place;
}

test('flows list --json prints one edge a line', async (t) => {
  const place = await recorded(t);
  const { code, out, err } = await place.call(['flows', 'list', '--json']);
  assert.deepEqual([code, err], [0, '']);
  const edges = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    edges.map((edge) => edge.destination.host),
    ['api.openai.com', 'files.example'],
  );
  assert.deepEqual(Object.keys(edges[0]), [
    ...['id', 'source', 'destination', 'via', 'protocol', 'direction', 'channel', 'entities', 'calls', 'bytesOut'],
    ...['bytesIn', 'firstSeen', 'lastSeen', 'actions', 'coverage', 'risk', 'details', 'models', 'riskTerms'],
  ]);
  assert.deepEqual([edges[0].calls, edges[0].entities], [2, { CREDIT_CARD: 4 }]);
});

test('flows list for people is a table in which nothing from outside acts on the terminal', async (t) => {
  const place = await recorded(t);
  const { out } = await place.call(['flows', 'list']);
  const rows = out.trimEnd().split('\n');
  assert.match(
    rows[0] ?? '',
    /^SOURCE +DESTINATION +DIR +PROTOCOL +CALLS +SENT +RECEIVED +LAST SEEN +COVERAGE +RISK +FOUND$/,
  );
  assert.match(
    rows[1] ?? '',
    /^billing +api\.openai\.com:443 +out +https +2 +2\.3 KiB +1\.6 KiB .* full +\d+ +CREDIT_CARD 4$/,
  );
  assert.match(rows[2] ?? '', /^chat·\]0;x· \(unverified\) +files\.example:80 /);
  assert.ok(!/[^\n\P{Cc}]/u.test(out));
});

test('an entity of an own policy has the category that the policy gives it', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const { recorder } = await startRecorder(t, {}, place.home);
  recorder.close(closingOf(sampleEvent({ findings: [{ ...FINDING, entity: 'WARD_NOTE', category: 'health' }] })));
  await recorder.flush();
  writeFileSync(join(place.folder, 'weir.yaml'), 'policies: [own.yaml]\n');
  const recognizer = '{entity: WARD_NOTE, category: health, patterns: ["W-[0-9]{4}"]}';
  const rule = '{name: a, detect: {entities: [WARD_NOTE]}, action: alert}';
  writeFileSync(
    join(place.folder, 'own.yaml'),
    `apiVersion: weir/v1\nkind: Policy\nname: own\nrules: [${rule}]\nrecognizers: [${recognizer}]\n`,
  );
  const { out, err } = await place.call(['flows', 'list', '--json']);
  assert.equal(err, '');
  assert.match(JSON.parse(out).riskTerms.sensitivity.why, /^WARD_NOTE \(health\)$/);
});

test('flows are filtered by app, destination, entity, time and number', async (t) => {
  const place = await recorded(t);
  const hosts = async (...args: string[]) =>
    (await place.call(['flows', 'list', '--json', ...args])).out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).destination.host);
  assert.deepEqual(await hosts('--app', 'billing'), ['api.openai.com']);
  assert.deepEqual(await hosts('--destination', '*.example'), ['files.example']);
  assert.deepEqual(await hosts('--entity', 'CREDIT_CARD'), ['api.openai.com']);
  assert.deepEqual(await hosts('--since', '1h'), ['api.openai.com', 'files.example']);
  assert.deepEqual(await hosts('--since', '2100-01-01'), []);
  assert.equal((await hosts('--limit', '1')).length, 1);
});

test('flows graph prints the map in each format, mermaid unless said otherwise', async (t) => {
  const place = await recorded(t);
  const print = async (...args: string[]) => (await place.call(['flows', 'graph', ...args])).out;
  const mermaid = await print();
  assert.match(mermaid, /^flowchart LR\n {2}s1\["billing"\]\n/);
  assert.match(mermaid, /s1 -->\|"CREDIT_CARD 4<br\/>2 calls"\| d\d/);
  assert.equal(await print('--format', 'mermaid'), mermaid);
  assert.match(await print('--format', 'dot'), /^digraph flows \{/);
  assert.match(await print('--format', 'graphml'), /<data key="edge-entities">CREDIT_CARD=4<\/data>/);
  const graph = JSON.parse(await print('--format', 'json'));
  assert.deepEqual([graph.nodes.length, graph.edges.length], [4, 2]);
  assert.deepEqual(graph.edges[0].entities, { CREDIT_CARD: 4 });
  assert.match(await print('--app', 'nobody'), /^flowchart LR\n$/);
});

test('flows lineage joins what a service read with what it sent', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const { recorder } = await startRecorder(t, {}, place.home);
  const event = sampleEvent({ findings: [FINDING] });
  const store = { ...OPENAI, host: 'crm-db', port: 5432, vendor: null, category: 'datastore', country: null };
  const read = observationOf(event, { destination: store, direction: 'in', channel: 'sensor', protocol: 'postgres' });
  recorder.close({ event, edges: [read, observationOf(event)], excerpt: null });
  await recorder.flush();
  const { code, out } = await place.call(['flows', 'lineage', 'credit_card', '--from', 'CRM-db:*']);
  assert.equal(code, 0);
  assert.match(out, /^CREDIT_CARD {2}crm-db:5432 -> OpenAI api\.openai\.com {2}(possible|confirmed), 2 hops/);
  assert.match(
    out,
    /\n\nWhat CRM-db:\* reaches\nPLACE +TYPE +OWNER +HOPS +ARRIVED +CLASSES\nbilling +workload +- +1 +yes +CREDIT_CARD\n/,
  );
  const json = JSON.parse((await place.call(['flows', 'lineage', '--to', 'openai', '--json'])).out);
  assert.deepEqual([json.total, json.chains[0].hops.length, json.chains[0].hops[0].channels], [1, 2, ['sensor']]);
  const none = await place.call(['flows', 'lineage', '--from', 'nobody']);
  assert.deepEqual([none.code, none.out], [0, '']);
  assert.match(none.err, /^nothing on the map is named nobody\nno such flow was seen\n/);
});

test('a baseline is approved, drift is told in a line each with exit 1, and --keep adds what is new', async (t) => {
  const place = await recorded(t);
  const approved = await place.call(['flows', 'baseline', '--expires', '2099-12-31']);
  assert.deepEqual([approved.code, approved.err], [0, '']);
  assert.match(approved.out, /^#.*\n#.*\napiVersion: weir\/v1\nkind: Baseline\nflows:\n {2}- source: "billing"\n/);
  const file = join(place.folder, 'flows.yaml');
  writeFileSync(file, approved.out);
  assert.deepEqual(await place.call(['flows', 'diff', 'flows.yaml']), { code: 0, out: '', err: '' });
  writeFileSync(file, approved.out.replace('[CREDIT_CARD]', '[]'));
  writeFileSync(join(place.folder, 'weir.yaml'), 'baseline: flows.yaml\n');
  const { code, out } = await place.call(['flows', 'diff']);
  assert.equal(code, 1);
  assert.match(
    out,
    /^new_class \(high\) {2}billing -> api\.openai\.com:443 {2}CREDIT_CARD was not seen on it before \(4 now\) {2}edge \S{22}\n$/,
  );
  const [item] = (await place.call(['flows', 'diff', '--json'])).out.split('\n');
  assert.equal(JSON.parse(item ?? '').kind, 'new_class');
  const [head = '', first = '', second = ''] = approved.out.split(/(?= {2}- source)/);
  writeFileSync(file, `${head}${first.replace(/entities: .*/, 'entities: []')}`);
  const kept = (await place.call(['flows', 'baseline', '--keep', 'flows.yaml', '--expires', '2099-12-31'])).out;
  assert.ok(kept.includes('entities: []') && kept.includes(second));
});

test('drift needs something to measure against, and a baseline that is wrong is told with its place', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  assert.equal((await place.call(['flows', 'diff'])).code, 2);
  writeFileSync(join(place.folder, 'flows.yaml'), 'flows:\n  - {source: a}\n');
  const { code, err } = await place.call(['flows', 'diff', 'flows.yaml']);
  assert.equal(code, 2);
  assert.match(err, /flows\.yaml:2:\d+: /);
  assert.match((await place.call(['flows', 'diff', 'none.yaml'])).err, /none\.yaml:1:1: no such file/);
});

test('flows report prints each report in each format, and names edges and events', async (t) => {
  const place = await recorded(t);
  writeFileSync(join(place.folder, 'weir.yaml'), 'environments: {pci: {apps: [billing], vendors: [Stripe]}}\n');
  const print = async (...args: string[]) => {
    const { code, out, err } = await place.call(['flows', 'report', ...args]);
    assert.deepEqual([code, err], [0, '']);
    return out;
  };
  const json = JSON.parse(await print('pci', '--format', 'json'));
  const [violation] = json.violations;
  assert.deepEqual(
    [violation.source, violation.destination, violation.entity],
    ['billing', 'api.openai.com', 'CREDIT_CARD'],
  );
  const [edge] = (await place.call(['flows', 'list', '--json', '--entity', 'CREDIT_CARD'])).out.split('\n');
  assert.equal(violation.edge, JSON.parse(edge ?? '').id);
  const events = (await place.call(['log', 'list', '--json'])).out.trimEnd().split('\n');
  const ids = events.map((line) => JSON.parse(line).id);
  assert.ok(json.flows[0].events.length > 0 && json.flows[0].events.every((id: string) => ids.includes(id)));
  assert.match(await print('pci'), /^<!doctype html>/);
  for (const kind of ['pci', 'gdpr', 'ccpa', 'hipaa', 'scan-first'])
    for (const format of ['html', 'md', 'csv', 'json', 'cyclonedx', 'openlineage'])
      assert.equal(typeof (await print(kind, '--format', format)), 'string');
  assert.equal(JSON.parse(await print('pci', '--format', 'json', '--until', '2020-01-01')).violations.length, 0);
});

test('scan-first takes an earlier report, and refuses what is none', async (t) => {
  const place = await recorded(t);
  const first = await place.call(['flows', 'report', 'scan-first', '--format', 'json']);
  writeFileSync(join(place.folder, 'earlier.json'), first.out);
  writeFileSync(join(place.folder, 'other.json'), '[]');
  const call = (...args: string[]) => place.call(['flows', 'report', ...args]);
  const again = await call('scan-first', '--format', 'json', '--previous', 'earlier.json');
  assert.deepEqual([again.code, JSON.parse(again.out).stores], [0, []]);
  assert.equal((await call('scan-first', '--previous', 'other.json')).code, 2);
  assert.equal((await call('scan-first', '--previous', 'none.json')).code, 2);
  assert.equal((await call('pci', '--previous', 'earlier.json')).code, 2);
  assert.match((await call('sox')).err, /needs one of pci, gdpr, ccpa, hipaa, scan-first/);
});

test('a wrong format is refused with those there are', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const { code, out, err } = await place.call(['flows', 'graph', '--format', 'svg']);
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /--format must be one of mermaid, dot, json, graphml/);
  assert.equal((await place.call(['flows'])).code, 2);
});

test('a home without records has an empty map', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  assert.deepEqual(await place.call(['flows', 'list', '--json']), { code: 0, out: '', err: '' });
  assert.deepEqual(await place.call(['flows', 'list']), { code: 0, out: '', err: 'no edge matches\n' });
  assert.deepEqual(await place.call(['flows', 'graph']), { code: 0, out: 'flowchart LR\n', err: '' });
});

test('flows find lists the events and edges where a value was seen, whatever it was seen as and however it is written', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const { home, recorder } = await startRecorder(t, {}, place.home);
  const card = fingerprint(home.keys.fingerprint, 'CREDIT_CARD', '4111 1111 1111 1111', normalise);
  const staff = fingerprint(home.keys.fingerprint, 'STAFF_ID', 'E-123456', normalise);
  const sent = sampleEvent({ findings: [{ ...FINDING, fingerprints: [card, staff] }] });
  const own = sampleEvent({
    findings: [{ ...FINDING, entity: 'STAFF_ID', category: 'custom', fingerprints: [staff] }],
  });
  for (const event of [sent, own, sampleEvent()]) recorder.close(closingOf(event));
  await recorder.flush();
  const find = async (value: string) => {
    const { code, out, err } = await place.call(['flows', 'find', '-', '--json'], {}, value);
    return { code, err, found: JSON.parse(out) };
  };
  const { code, err, found } = await find('4111-1111-1111-1111\n');
  assert.deepEqual([code, err], [0, '']);
  assert.deepEqual(found.seenAs, [{ entity: 'CREDIT_CARD', fingerprint: card }]);
  assert.deepEqual(
    found.events.map((event: { id: string }) => event.id),
    [sent.id],
  );
  assert.equal(found.edges[0].edge.destination.host, OPENAI.host);
  assert.equal(found.edges[0].count, 1);
  const staffFound = (await find('e123456')).found;
  assert.equal(staffFound.eventCount, 2, 'a kind that only a policy knows is looked for too');
  const none = await place.call(['flows', 'find', '-'], {}, '4012 8888 8888 1881');
  assert.equal(none.code, 1);
  assert.equal(none.out, '');
  assert.match(none.err, /^not seen \(looked for as CREDIT_CARD/);
  const text = await place.call(['flows', 'find', '-'], {}, '4111111111111111');
  assert.match(text.out, /^seen as CREDIT_CARD: 1 event, 1 edges\n/);
  assert.match(text.out, /request \/messages\/1\/content/);
  for (const { out, err: said } of [none, text]) assert.doesNotMatch(out + said, /4111|4012/);
  for (const args of [
    ['flows', 'find', '4111111111111111'],
    ['flows', 'find'],
    ['flows', 'find', '-'],
  ]) {
    const wrong = await place.call(args);
    assert.equal(wrong.code, 2);
    assert.doesNotMatch(wrong.err, /4111/);
  }
});

test('policy fingerprint prints what an exception takes for a value', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const before = await place.call(['policy', 'fingerprint'], {}, '4111 1111 1111 1111');
  assert.equal(before.code, 1);
  const { home } = await startRecorder(t, {}, place.home);
  const card = fingerprint(home.keys.fingerprint, 'CREDIT_CARD', '4111111111111111', normalise);
  const seen = await place.call(['policy', 'fingerprint'], {}, '4111 1111 1111 1111');
  assert.deepEqual([seen.code, seen.out.split('\n')[0]?.slice(0, 35)], [0, `${card}  CREDIT_CARD`]);
  const asked = await place.call(['policy', 'fingerprint', '--entity', 'staff_id', '--json'], {}, 'E-1');
  assert.equal(JSON.parse(asked.out).fingerprint, fingerprint(home.keys.fingerprint, 'STAFF_ID', 'e1', normalise));
  assert.equal((await place.call(['policy', 'fingerprint'], {}, 'nothing here')).code, 1);
});
