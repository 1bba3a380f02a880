/**
 * What a crash, a bad disk or a hand has done to an outbox is found when its writer starts: a database that SQLite cannot
 * read is put aside and what can be read of it saved; records at the end that are not what was chained are cut off. Each is
 * named, and the chain goes on as another.
 */
import { appendFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Arrival } from './arrival.ts';
import { readArrival } from './arrival-text.ts';
import type { Home } from './home.ts';
import { headMac, isSameDigest } from './keyed.ts';
import { damageOf, openOutboxDatabase, putAside, readableRows } from './outbox-schema.ts';
import { faultOf } from './record.ts';

/** Looks at the outbox of a home and mends it. What was lost is said, in one line each. */
export function mendOutbox(home: Home, onProblem: (message: string) => void): void {
  const damage = damageOf(home.outboxFile);
  if (damage !== null) salvage(home, damage, onProblem);
  cutTail(home, onProblem);
}

function salvage(home: Home, damage: string, onProblem: (message: string) => void): void {
  const aside = putAside(home.outboxFile);
  const database = openOutboxDatabase(home.outboxFile);
  try {
    database.exec('BEGIN IMMEDIATE');
    const saved = copyRows(aside, database);
    database.exec('COMMIT');
    onProblem(`the outbox was damaged (${damage}): ${saved} records are saved, what is left of it lies in ${aside}`);
  } finally {
    database.close();
  }
}

/** Writers without a seal: none of them is gone on with. How many rows are there now. */
function copyRows(from: string, database: DatabaseSync): number {
  const addWriter = database.prepare("INSERT OR IGNORE INTO writers (writer, seq, hash, mac) VALUES (?, 0, '', '')");
  const writerNo = database.prepare('SELECT no FROM writers WHERE writer = ?');
  const addRow = database.prepare(`
    INSERT OR IGNORE INTO waiting (position, id, rank, writer, seq, time_ms, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  let saved = 0;
  for (const { position, id, rank, seq, time_ms, hash, body } of readableRows(from, 'SELECT * FROM waiting')) {
    if (typeof body !== 'string' || typeof id !== 'string' || typeof position !== 'number') continue;
    let no: number | null = null;
    if (seq !== null) {
      const arrival = readable(body);
      if (arrival === null) continue;
      addWriter.run(arrival.writer);
      no = Number(writerNo.get(arrival.writer)?.['no']);
    }
    addRow.run(
      position,
      id,
      Number(rank),
      no,
      seq === null ? null : Number(seq),
      Number(time_ms),
      hash === null ? null : String(hash),
      body,
    );
    saved++;
  }
  const mark = database.prepare('INSERT OR IGNORE INTO spools (name, bytes) VALUES (?, ?)');
  for (const { name, bytes } of readableRows(from, 'SELECT * FROM spools')) mark.run(String(name), Number(bytes));
  const answered = database.prepare('INSERT OR IGNORE INTO answered (id, file) VALUES (?, ?)');
  for (const { id, file } of readableRows(from, 'SELECT * FROM answered')) answered.run(String(id), String(file));
  return saved;
}

/** From the end, as long as one is not what was chained. What was chained under another key is not for this one to judge. */
function cutTail(home: Home, onProblem: (message: string) => void): void {
  const database = openOutboxDatabase(home.outboxFile);
  try {
    const rows = database.prepare(
      'SELECT position, writer, seq, body FROM waiting WHERE seq IS NOT NULL ORDER BY position DESC',
    );
    const key = home.keys.chain;
    const head = database.prepare('SELECT no, writer, seq, hash, mac FROM writers ORDER BY no DESC LIMIT 1').get();
    const mac = headMac(key, String(head?.['writer']), Number(head?.['seq']), String(head?.['hash']));
    if (head === undefined || !isSameDigest(mac, String(head['mac']))) return;
    const cut: { readonly position: number; readonly seq: number; readonly body: string }[] = [];
    for (const { position, writer, seq, body } of rows.iterate()) {
      const arrival = readable(String(body));
      const isIntact = arrival !== null && faultOf(arrival, key) === null;
      if (isIntact || writer !== head['no']) break;
      cut.push({ position: Number(position), seq: Number(seq), body: String(body) });
    }
    const [last, first] = [cut[0], cut.at(-1)];
    if (first === undefined || last === undefined) return;
    const aside = `${home.outboxFile}.cut`;
    appendFileSync(aside, cut.map(({ body }) => `${JSON.stringify(body)}\n`).join(''), { mode: 0o600 });
    const remove = database.prepare('DELETE FROM waiting WHERE position = ?');
    for (const { position } of cut) remove.run(position);
    // Without a seal: what comes next is another chain, since these numbers may have arrived already.
    database.exec("UPDATE writers SET mac = ''");
    onProblem(
      `the outbox ended with ${cut.length} damaged records (${first.seq} to ${last.seq} of their chain): they are cut off, and lie in ${aside}`,
    );
  } finally {
    database.close();
  }
}

function readable(body: string): Arrival | null {
  try {
    return readArrival(body);
  } catch {
    return null;
  }
}
