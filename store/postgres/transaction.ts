/**
 * A transaction that survives its connection. The driver ends a transaction that failed with a ROLLBACK, and where the
 * connection was cut meanwhile it writes that to a socket which is gone: an exception that no promise holds and that ends the
 * process. So what has lost its connection asks nothing more of the driver: the server has undone it already.
 */
import type { Sql, TransactionSql } from 'postgres';
import { isCut } from './connect.ts';

/** Runs it between BEGIN with these words (`''` for none) and COMMIT; what it throws undoes all. It waits for nothing but its own questions. */
export async function inTransaction<T>(sql: Sql, mode: string, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  const { promise: cut, reject } = Promise.withResolvers<never>();
  const done = Promise.withResolvers<T>();
  const whole = sql.begin(mode, async (tx) => {
    try {
      done.resolve(await work(tx));
    } catch (error) {
      if (!isCut(error)) throw error;
      reject(error);
      // Neither COMMIT nor ROLLBACK; the driver lets go of it when it hears that the connection has ended.
      await new Promise<never>(() => {});
    }
  });
  await Promise.race([whole, cut]);
  return await done.promise;
}

/** What a store shows of one moment, whatever is being written. */
export const SNAPSHOT = 'ISOLATION LEVEL REPEATABLE READ READ ONLY';
