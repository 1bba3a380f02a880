/** Where the texts of the clean corpus lie between runs: a folder of the user's cache, never the repository. */
import { homedir } from 'node:os';
import { join } from 'node:path';

const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');

/** `WEIR_BENCH_CACHE` names another folder. */
export const CACHE: string = process.env['WEIR_BENCH_CACHE'] ?? join(base, 'weir-bench');
