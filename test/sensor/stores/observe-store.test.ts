import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { examine, textExtraction } from '../../../engine/inspect.ts';
import type { PacketSample } from '../../../sensor/stores/packet-order.ts';
import { edgeId } from '../../../store/edges.ts';
import { CLIENT, engineOf, type Observed, observing, PLACE, sumOf } from '../../support/store-observations.ts';
import { readTranscript, type Transcript } from '../../support/transcripts.ts';

const PSQL = readTranscript('postgresql-psql');
const NOW = Date.parse('2026-03-01T12:00:00Z');

/** A transcript as packets, as the kernel tells them. */
function packets(transcript: Transcript): PacketSample[] {
  const next = { out: 0xffff_ff00, in: 77 };
  let last = '';
  return transcript.map(({ way, bytes }, index) => {
    const sequence = next[way];
    next[way] = (sequence + bytes.length) >>> 0;
    const isTurn = way !== last;
    last = way;
    return { way, sequence, bytes, total: bytes.length, isTurn, atMs: index };
  });
}

function play({ watch }: Observed, transcript: Transcript, now = NOW, key = 1): void {
  for (const sample of packets(transcript)) watch.packet(key, () => PLACE, sample, now);
  watch.settle(1000, now);
}

describe('a data store that is watched', () => {
  test('is an edge each way, with what was found in each', () => {
    const observed = observing();
    play(observed, PSQL);
    assert.equal(sumOf(observed.edges, 'out'), 'out 10 calls: CREDIT_CARD 1, EMAIL_ADDRESS 8, IBAN_CODE 1');
    assert.equal(sumOf(observed.edges, 'in'), 'in 4 calls: CREDIT_CARD 1, EMAIL_ADDRESS 6, IBAN_CODE 1');
    const ids = new Set(observed.edges.map(edgeId));
    assert.equal(ids.size, 2);
    for (const { source, destination, protocol, channel, via, action } of observed.edges) {
      assert.deepEqual(
        { source, destination, protocol, channel, via, action },
        {
          source: CLIENT,
          destination: { host: 'db1', port: 5432, vendor: null, category: 'datastore', country: null },
          protocol: 'postgresql',
          channel: 'sensor',
          via: 'dns',
          action: 'allow',
        },
      );
    }
  });

  test('a value in a row has the fingerprint that it has in a prompt', () => {
    const observed = observing();
    play(observed, PSQL);
    const { findings } = examine(
      engineOf(''),
      textExtraction('card 4111 1111 1111 1111 please', { role: 'user', position: 'latest', model: null }),
    );
    const inPrompt = findings.find(({ entity }) => entity === 'CREDIT_CARD')?.fingerprint;
    const rows = observed.edges.filter(
      ({ direction, details }) => direction === 'in' && details?.['CREDIT_CARD'] !== undefined,
    );
    assert.deepEqual(rows[0]?.details?.['CREDIT_CARD']?.fingerprints, [inPrompt]);
    assert.deepEqual(rows[0]?.details?.['CREDIT_CARD']?.paths, ['/rows/0/card']);
  });

  test('a policy that would act makes an event, which nobody enforced', () => {
    const policies = `
apiVersion: weir/v1
kind: Policy
name: cards
severity: critical
match: {destinations: {categories: [datastore]}, directions: [request]}
rules: [{name: pan, detect: {entities: [CREDIT_CARD]}, action: block}]
`;
    const observed = observing({ policies, stores: [{ name: 'crm', owner: null, hosts: ['db1:5432'] }] });
    play(observed, PSQL);
    const [blocked, ...others] = observed.events.filter(({ action }) => action === 'block');
    assert.equal(others.length, 0);
    assert.equal(blocked?.enforced, false);
    assert.equal(blocked?.mode, 'monitor');
    assert.equal(blocked?.channel, 'sensor');
    assert.equal(blocked?.kind, 'exchange');
    assert.equal(blocked?.route, 'INSERT people');
    assert.equal(blocked?.policy, 'cards');
    assert.deepEqual(blocked?.findings.find(({ entity }) => entity === 'CREDIT_CARD')?.path, '/rows/0/card');
    assert.ok(!JSON.stringify([observed.events, observed.edges, observed.excerpts]).includes('4111111111111111'));
  });

  test('what no policy acts on is an event the first time in a day, and in the edge every time', () => {
    const observed = observing({ stores: [{ name: 'crm', owner: null, hosts: ['10.0.0.5'] }] });
    play(observed, PSQL);
    const first = observed.events.length;
    assert.ok(first >= 2 && first <= 6, `${first} events`);
    play(observed, PSQL, NOW + 3_600_000, 2);
    assert.equal(observed.events.length, first);
    assert.equal(sumOf(observed.edges, 'in'), 'in 8 calls: CREDIT_CARD 2, EMAIL_ADDRESS 12, IBAN_CODE 2');
  });

  test('of many messages the first of a minute are looked at, and all are counted', () => {
    const observed = observing({ messagesPerMinute: 2 });
    play(observed, PSQL);
    assert.equal(sumOf(observed.edges, 'out'), 'out 10 calls: CREDIT_CARD 1, EMAIL_ADDRESS 2, IBAN_CODE 1');
    assert.ok(observed.edges.some(({ coverage }) => coverage.level === 'truncated' && coverage.reason === 'sampled'));
    play(observed, PSQL, NOW + 60_000, 2);
    assert.equal(sumOf(observed.edges, 'out'), 'out 20 calls: CREDIT_CARD 2, EMAIL_ADDRESS 4, IBAN_CODE 2');
  });

  test('packets out of order and repeated give the same', () => {
    const observed = observing();
    const list = packets(
      PSQL.flatMap(({ way, bytes }) =>
        bytes.length < 40
          ? [{ way, bytes }]
          : [
              { way, bytes: bytes.subarray(0, 17) },
              { way, bytes: bytes.subarray(17) },
            ],
      ),
    );
    for (let at = 0; at < list.length; at++) {
      const [one, other] = [list[at], list[at + 1]];
      if (one === undefined) continue;
      const swaps = other !== undefined && one.way === other.way && at > 4;
      for (const sample of swaps ? [other, one, one] : [one]) {
        observed.watch.packet(1, () => PLACE, { ...sample, isTurn: false }, NOW);
      }
      if (swaps) at++;
    }
    observed.watch.settle(1000, NOW);
    assert.equal(sumOf(observed.edges, 'out'), 'out 10 calls: CREDIT_CARD 1, EMAIL_ADDRESS 8, IBAN_CODE 1');
  });

  test('bytes that were in no message count when it ends', () => {
    const observed = observing();
    play(observed, PSQL);
    const heard = observed.edges.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
    observed.watch.closed(1, { out: 100_000, in: 5 });
    observed.watch.settle(2000, NOW);
    assert.equal(
      observed.edges.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
      100_000,
    );
    assert.ok(heard > 0 && heard < 100_000);
    assert.equal(observed.watch.size, 0);
  });

  test('encrypted, it is an edge that says so', () => {
    const observed = observing();
    const transcript = readTranscript('postgresql-tls').map(({ way, bytes }) => ({
      way,
      bytes: way === 'in' && bytes.length === 1 ? Buffer.from('S') : bytes,
    }));
    const interests = packets(transcript).map((sample) => observed.watch.packet(1, () => PLACE, sample, NOW));
    assert.equal(interests[0], 'sample');
    assert.equal(interests.at(-1), 'ignore');
    observed.watch.settle(1000, NOW);
    assert.deepEqual(
      observed.edges.map(({ direction, coverage }) => [direction, coverage]),
      [
        ['out', { level: 'opaque', reason: 'tls' }],
        ['in', { level: 'opaque', reason: 'tls' }],
      ],
    );
  });

  test('more connections than there is room for end the oldest', () => {
    const observed = observing({ maxConnections: 3 });
    for (let key = 0; key < 50; key++) {
      for (const sample of packets(PSQL.slice(0, 3))) observed.watch.packet(key, () => PLACE, sample, NOW);
    }
    assert.equal(observed.watch.size, 3);
  });
});

describe('a data store that nobody lists', () => {
  test('is told once a day, with how to list it', () => {
    const observed = observing();
    for (const key of [1, 2, 3]) play(observed, PSQL, NOW, key);
    const shadows = observed.events.filter(({ kind }) => kind === 'drift');
    assert.equal(shadows.length, 1);
    const [shadow] = shadows;
    assert.equal(shadow?.action, 'alert');
    assert.equal(shadow?.severity, 'high');
    assert.equal(shadow?.enforced, false);
    assert.deepEqual(shadow?.explanation, [
      'db1:5432 speaks postgresql, and nobody lists it: a shadow data store',
      'if it is known, list it: stores: [{name: NAME, owner: OWNER, hosts: ["db1:5432"]}]',
    ]);
    play(observed, PSQL, NOW + 86_400_000, 4);
    assert.equal(observed.events.filter(({ kind }) => kind === 'drift').length, 2);
  });

  test('is one no more when it is listed by name, address or glob, or under destinations with an owner', () => {
    const entry = {
      vendor: null,
      category: null,
      country: null,
      sanctioned: false,
      private: false,
      owner: null,
      note: null,
    };
    const cases = [
      { stores: [{ name: 'crm', owner: null, hosts: ['db1:5432'] }] },
      { stores: [{ name: 'crm', owner: null, hosts: ['10.0.0.*'] }] },
      { destinations: [{ ...entry, hosts: ['db1'], owner: 'team-crm' }] },
      { destinations: [{ ...entry, hosts: ['db1'], sanctioned: true }] },
    ];
    for (const options of cases) {
      const observed = observing(options);
      play(observed, PSQL);
      assert.deepEqual(
        observed.events.filter(({ kind }) => kind === 'drift'),
        [],
      );
    }
    const others = observing({
      stores: [{ name: 'crm', owner: null, hosts: ['db1:5433'] }],
      destinations: [{ ...entry, hosts: ['db1'] }],
    });
    play(others, PSQL);
    assert.equal(others.events.filter(({ kind }) => kind === 'drift').length, 1);
  });
});
