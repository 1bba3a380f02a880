import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LAYOUT } from '../../../sensor/layout.ts';
import { watchStores } from '../../../sensor/stores/watch-stores.ts';
import { type Observing, observing } from '../../support/observing.ts';
import { closedFrame, connectFrame, execFrame, packetFrame } from '../../support/sensor-frames.ts';
import { sumOf } from '../../support/store-observations.ts';
import { readTranscript, type Transcript } from '../../support/transcripts.ts';

const DB = { cookie: 5, address: '10.0.0.5', port: 5432 };

function watching(stores: readonly { name: string; owner: string | null; hosts: readonly string[] }[] = []): Observing {
  const on = observing({
    watchers: [watchStores({ stores: () => stores, messagesPerMinute: () => 100 })],
    isOwnListener: (address) => address === '127.0.0.1',
  });
  on.frames(execFrame({ comm: 'psql', exe: '/usr/bin/psql' }));
  return on;
}

function play(on: Observing, transcript: Transcript, to: { cookie: number; address: string; port: number } = DB): void {
  on.frames(connectFrame(to));
  const next = { out: 100, in: 200 };
  for (const { way, bytes } of transcript) {
    on.frames(packetFrame({ ...to, way, bytes, sequence: next[way] }));
    next[way] += bytes.length;
  }
}

/** Verdicts that the kernel was given: 2 ignore, 3 sample. */
function verdicts(on: Observing): readonly number[] {
  return on.commands.map((bytes) => bytes[LAYOUT.do_socket.at.verdict] ?? -1);
}

function edgesOf(on: Observing) {
  return [...on.edges, ...on.closings.flatMap(({ edges }) => edges)];
}

describe('frames of a connection to a data store', () => {
  for (const [name, protocol] of [
    ['postgresql-psql', 'postgresql'],
    ['mysql-mariadb', 'mysql'],
    ['redis-cli', 'redis'],
  ] as const) {
    test(`are edges, and a shadow store where nobody lists it: ${protocol}`, () => {
      const on = watching();
      play(on, readTranscript(name));
      on.frames(closedFrame({ ...DB, sent: 1_000_000, received: 5 }));
      on.tick();
      const edges = edgesOf(on);
      assert.ok(edges.length > 0 && edges.every((edge) => edge.protocol === protocol));
      assert.match(sumOf(edges, 'out'), /CREDIT_CARD [1-9].*EMAIL_ADDRESS [1-9]/);
      assert.match(sumOf(edges, 'in'), /CREDIT_CARD [1-9].*EMAIL_ADDRESS [1-9]/);
      assert.equal(
        edges.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
        1_000_000,
      );
      const drift = on.closings.filter(({ event }) => event.kind === 'drift');
      assert.deepEqual(
        drift.map(({ event }) => [event.destination.host, event.destination.port, event.source.process]),
        [['10.0.0.5', 5432, 'psql']],
      );
      assert.deepEqual(verdicts(on), [3]);
    });
  }

  test('that is listed are edges alone', () => {
    const on = watching([{ name: 'crm', owner: null, hosts: ['10.0.0.5:5432'] }]);
    play(on, readTranscript('postgresql-psql'));
    on.tick();
    assert.deepEqual(
      on.closings.filter(({ event }) => event.kind === 'drift'),
      [],
    );
  });

  test('that turn to TLS are left alone from then on', () => {
    const on = watching();
    const asked = readTranscript('postgresql-tls').map(({ way, bytes }) => ({
      way,
      bytes: way === 'in' && bytes.length === 1 ? Buffer.from('S') : bytes,
    }));
    play(on, asked);
    on.tick();
    assert.deepEqual(verdicts(on), [3, 2]);
    assert.deepEqual(
      edgesOf(on).map(({ direction, coverage }) => [direction, coverage.reason]),
      [
        ['out', 'tls'],
        ['in', 'tls'],
      ],
    );
  });
});

describe('frames of another connection', () => {
  const call = (host: string): Transcript => {
    const body = '{"card":"4111 1111 1111 1111"}';
    return [
      {
        way: 'out',
        bytes: Buffer.from(
          `POST /orders HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        ),
      },
      { way: 'in', bytes: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}') },
    ];
  };

  test('in plain HTTP are a call like any other', () => {
    const on = watching();
    play(on, call('orders.internal:8080'), { cookie: 6, address: '10.0.0.6', port: 8080 });
    on.tick();
    const [closing] = on.closings;
    assert.deepEqual(
      [closing?.event.kind, closing?.event.destination.host, closing?.event.route, closing?.edges[0]?.protocol],
      ['exchange', 'orders.internal', 'POST /orders', 'http'],
    );
    assert.deepEqual(closing?.edges[0]?.entities, { CREDIT_CARD: 1 });
    assert.deepEqual(verdicts(on), [3]);
  });

  test('to the proxy, of Weir itself, or of no known kind are left alone', () => {
    const on = watching();
    play(on, call('api.openai.com'), { cookie: 7, address: '127.0.0.1', port: 8787 });
    on.frames(
      connectFrame({ cookie: 8, flags: 4 }),
      packetFrame({ cookie: 8, bytes: call('a')[0]?.bytes ?? Buffer.alloc(0) }),
    );
    on.frames(connectFrame({ cookie: 9 }), packetFrame({ cookie: 9, bytes: Buffer.from('SSH-2.0-OpenSSH_9\r\n') }));
    on.tick();
    assert.deepEqual(verdicts(on), [2, 2, 2]);
    assert.deepEqual(edgesOf(on), []);
  });
});
