/** The server that tests of the store start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import postgres from 'postgres';
import { missing } from './data-stores.ts';
import { startPostgres } from './postgres-server.ts';

test('a PostgreSQL that crashed has what was committed when it starts again', {
  skip: missing('postgresql'),
}, async () => {
  const server = await startPostgres({ settings: { fsync: 'on' } });
  const ask = async <T>(use: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const sql = postgres(server.url(), { max: 1 });
    try {
      return await use(sql);
    } finally {
      await sql.end();
    }
  };
  try {
    await ask(async (sql) => {
      await sql`CREATE TABLE kept (n int)`;
      await sql`INSERT INTO kept VALUES (7)`;
    });
    await server.crash();
    await assert.rejects(ask((sql) => sql`SELECT 1`));
    await server.restart();
    assert.deepEqual(await ask(async (sql) => [...(await sql`SELECT n FROM kept`)]), [{ n: 7 }]);
  } finally {
    await server.stop();
  }
});
