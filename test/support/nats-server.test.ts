/** The server that the tests of the fleet start: what it keeps, and what it refuses. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { missingNats, startNatsServer } from './nats-server.ts';

test('what a stream has acknowledged is there after a kill and a restart', { skip: missingNats() }, async () => {
  const server = await startNatsServer();
  try {
    const connection = await connect({ servers: server.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    const streams = await jetstreamManager(connection);
    await streams.streams.add({ name: 'kept', subjects: ['kept.>'] });
    await jetstream(connection).publish('kept.one', 'text', { msgID: 'one' });
    const before = server.pid;
    await server.restart();
    assert.notEqual(server.pid, before);
    await connection.close();
    const again = await connect({ servers: server.url });
    const stream = await (await jetstreamManager(again)).streams.info('kept');
    assert.equal(stream.state.messages, 1);
    await again.close();
  } finally {
    await server.stop();
  }
});

test('a server with a password refuses who has none', { skip: missingNats() }, async () => {
  const password = randomUUID();
  const server = await startNatsServer({ user: 'weir', password });
  const servers = `127.0.0.1:${server.port}`;
  try {
    const connection = await connect({ servers, user: 'weir', pass: password });
    await connection.close();
    await assert.rejects(connect({ servers }), /authorization/i);
  } finally {
    await server.stop();
  }
});
