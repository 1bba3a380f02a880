/**
 * A shared store whose connections are cut, or whose server is killed, while it is read from and written to: what asks is told,
 * no process ends of it, and it answers again once the server is back. Every exception that no promise holds fails this file.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { WeirError } from '../../flow/errors.ts';
import { storeAddress } from '../../flow/store-address.ts';
import type { Arrival } from '../../store/arrival.ts';
import { openArrivals } from '../../store/postgres/arrivals.ts';
import { openPostgresReader } from '../../store/postgres/reader.ts';
import { missing } from '../support/data-stores.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { startWeirCommand, weir } from '../support/weir-command.ts';
import { arrivalsIn, batchOf, TestNode } from './arriving.ts';
import { afterwards, FINDING, sampleEvent, temporaryFolder } from './samples.ts';

const CUTS = 8;

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = Date.now() + 90_000;
  while (!(await holds())) {
    assert.ok(Date.now() < limit, what);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Passes connections on to a port, until they are cut, all at once and with a reset. */
async function startRelay(t: TestContext, port: number): Promise<{ readonly port: number; cut(): void }> {
  const open = new Set<Socket>();
  const relay = createServer((inside) => {
    const outside = connect(port, '127.0.0.1');
    for (const socket of [inside, outside]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        inside.destroy();
        outside.destroy();
      });
    }
    inside.pipe(outside);
    outside.pipe(inside);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  afterwards(t, () => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => relay.close(resolve));
  });
  const at = relay.address();
  assert.ok(at !== null && typeof at === 'object');
  return {
    port: at.port,
    cut: () => {
      for (const socket of open) socket.resetAndDestroy();
    },
  };
}

/** Asks one thing after the other until it is told to stop, and counts. Anything but a store that is away fails. */
class Asking {
  answered = 0;
  failed = 0;
  isOver = false;
  readonly ended: Promise<void>;

  constructor(ask: () => Promise<unknown>) {
    this.ended = this.#run(ask);
  }

  async #run(ask: () => Promise<unknown>): Promise<void> {
    while (!this.isOver) {
      try {
        await ask();
        this.answered++;
      } catch (error) {
        assert.ok(error instanceof WeirError && error.code === 'store_away', String(error));
        this.failed++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }
}

describe('a store that goes away in the middle of an answer', { skip: missing('postgresql') }, () => {
  test('fails what was asked, and answers again', async (t) => {
    const server = await startPostgres();
    afterwards(t, () => server.stop());
    const relay = await startRelay(t, server.port);
    const url = `postgres://postgres@127.0.0.1:${relay.port}/postgres`;
    const node = new TestNode();
    const store = await arrivalsIn(t, storeAddress(url), [node]);
    await store.arrive(batchOf(Array.from({ length: 300 }, () => node.chain(sampleEvent({ findings: [FINDING] })))));
    const options = { excerptKeyOf: () => null, keyOf: () => node.key, onProblem: (text: string) => assert.fail(text) };
    const reader = openPostgresReader(storeAddress(url), options);
    afterwards(t, () => reader.close());
    const { events } = await reader.page({ limit: 5 });
    // As a node does: what was not acknowledged is handed over again.
    let waiting: Arrival | null = null;
    const asking = [
      new Asking(() => reader.verify()),
      new Asking(() => reader.page({ limit: 50, filter: { actions: ['allow'] } })),
      new Asking(() => reader.map({ details: 'whole' })),
      new Asking(() => reader.event(events[0]?.id ?? '')),
      new Asking(async () => {
        waiting ??= node.chain(sampleEvent());
        await store.arrive(batchOf([waiting]));
        waiting = null;
      }),
    ];
    const goOn = async (): Promise<void> => {
      const seen = asking.map(({ answered }) => answered);
      await until(() => asking.every(({ answered }, i) => answered > (seen[i] ?? 0)), 'all are answered again');
    };
    afterwards(t, () => {
      for (const one of asking) one.isOver = true;
    });
    await goOn();
    for (let i = 0; i < CUTS; i++) {
      const failed = asking.reduce((sum, one) => sum + one.failed, 0);
      relay.cut();
      await until(() => asking.reduce((sum, one) => sum + one.failed, 0) > failed, 'something was cut');
      await goOn();
    }
    await server.crash();
    const failed = asking.map((one) => one.failed);
    await until(() => asking.every((one, i) => one.failed > (failed[i] ?? 0)), 'all have failed');
    await server.restart();
    await goOn();
    for (const one of asking) one.isOver = true;
    await Promise.all(asking.map(({ ended }) => ended));
    assert.equal((await reader.verify()).isIntact, true);
  });

  test('a console goes on reading after its server was killed', async (t) => {
    const server = await startPostgres();
    afterwards(t, () => server.stop());
    const node = new TestNode();
    const store = await openArrivals(storeAddress(server.url()), { keyOf: () => node.key });
    await store.arrive(batchOf(Array.from({ length: 200 }, () => node.chain(sampleEvent({ findings: [FINDING] })))));
    await store.close();
    const folder = temporaryFolder(t);
    const file = join(folder, 'weir.yaml');
    const config = {
      home: join(folder, 'home'),
      store: server.url(),
      sensor: { enabled: false },
      console: { listen: '127.0.0.1:0' },
    };
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const made = await weir(['token', 'create', '--name', 'probe', '--role', 'admin', '--config', file]);
    assert.equal(made.code, 0, made.stderr);
    const token = made.stdout.trim().split(/\s+/).at(-1) ?? '';
    const running = startWeirCommand(['console', '--config', file]);
    afterwards(t, async () => {
      running.signal('SIGTERM');
      await running.ended;
    });
    const [, url = ''] = await running.shows(/(http:\/\/127\.0\.0\.1:\d+)/);
    const status = async (path: string): Promise<number> => {
      const answer = await fetch(`${url}/api/v1/${path}`, { headers: { authorization: `Bearer ${token}` } });
      await answer.text();
      return answer.status;
    };
    const counts = new Map<number, number>();
    let isOver = false;
    const loops = ['events?limit=50', 'map', 'events?action=allow', 'overview'].map(async (path) => {
      while (!isOver) {
        const code = await status(path);
        counts.set(code, (counts.get(code) ?? 0) + 1);
      }
    });
    const good = (): number => counts.get(200) ?? 0;
    await until(() => good() > 8, `the console answers: ${[...counts]} ${running.output()}`);
    await server.crash();
    await until(() => [...counts].some(([code, n]) => code >= 500 && n > 3), 'the console says that its store is away');
    await server.restart();
    const before = good();
    await until(() => good() > before + 8, `the console answers again: ${[...counts]}`);
    isOver = true;
    await Promise.all(loops);
  });
});
