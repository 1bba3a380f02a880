/** Counts the events of a home, which another process may be migrating. Argument: home. */
import { writeSync } from 'node:fs';
import { openReader } from '../../store/reader.ts';

writeSync(1, 'opening\n');
const reader = openReader(process.argv[2] ?? '');
writeSync(1, `count ${reader.count()}\n`);
reader.close();
