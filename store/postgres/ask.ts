/** Questions to a store, put to PostgreSQL: what it spells otherwise than SQLite, and one statement after the other over a connection. */
import type { Dialect, Question, Row } from '../question.ts';
import type { Asker } from './connect.ts';
import { arrayText } from './literals.ts';

export const POSTGRES: Dialect = {
  source: { user: 'source_user', process: 'source_process', container: 'source_container', host: 'source_host' },
  credential: 'credential',
  // Of ASCII letters alone: the columns compare as bytes.
  like: 'ILIKE',
  withFingerprint: '(time_ms, position) IN (SELECT time_ms, event FROM event_fingerprints WHERE fingerprint',
  isByDay: true,
  byId: { from: 'records AS r JOIN events AS e ON e.time_ms = r.time_ms AND e.position = r.position', id: 'r.id' },
  hasUnfilled: false,
  witnesses: 'e.witnesses',
  chain: {
    seq: 'w.last_seq',
    missing: '(SELECT coalesce(sum(m.to_seq - m.from_seq + 1), 0) FROM missing AS m WHERE m.writer = w.no)',
    newest: '(SELECT r.time_ms FROM records AS r WHERE r.writer = w.no ORDER BY r.seq DESC LIMIT 1)',
  },
  holds: (column) => `strpos(${column}, ?) > 0`,
  among: (column, numbers) => ({ sql: `${column} = ANY(?::int[])`, parameters: [arrayText(numbers)] }),
  // Which index serves best it knows by itself.
  through: () => '',
};

/** The answer to a question. Each statement is planned with the values at hand: how many rows match differs much. */
export async function answerFrom<T>(asker: Asker, question: Question<T>): Promise<T> {
  for (let step = question.next(); ; ) {
    if (step.done === true) return step.value;
    const { sql, parameters } = step.value;
    const rows = await asker.unsafe(numbered(sql), [...parameters]).values();
    step = question.next(rows as unknown as readonly Row[]);
  }
}

/** `?` as `$1`, `$2` …: no statement of ours has one in a literal. */
function numbered(sql: string): string {
  let n = 0;
  return sql.replaceAll('?', () => `$${++n}`);
}
