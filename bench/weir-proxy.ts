/**
 * Weir as the benchmark runs it, a process of its own: the default policy, records on, the event log on stdout (which
 * the benchmark sends to a file), everything else as shipped.
 */

import { readFileSync } from 'node:fs';
import { startWeir } from '../cli/start.ts';
import { loadConfig } from '../config/load.ts';
import { readyToStop, tell } from './child.ts';

const config = loadConfig({ file: process.argv[2] ?? '', env: {}, cwd: process.cwd() });
// As many processes as the configuration names in so many words; one, where it leaves that to the host.
const workers = config.proxy.workers === 'auto' ? 1 : config.proxy.workers;
const weir = await startWeir(config, { port: 0, workers, eventLog: 'stdout' });
// By way of close and exit, not of a signal: only then does Node write the profile that --cpu-prof asks for.
readyToStop(() => void weir.close().then(() => process.exit(0)));
tell({ port: weir.port, ca: readFileSync(weir.caPath, 'utf8'), workers: weir.workers });
