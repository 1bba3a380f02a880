/**
 * Weir as the benchmark runs it, with its processes: the default policy, records on, the event log on stdout (which
 * the benchmark sends to a file), everything else as shipped.
 */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startWeir } from '../cli/start.ts';
import { loadConfig } from '../config/load.ts';
import { readyToStop, tell } from './child.ts';

const config = loadConfig({ file: process.argv[2] ?? '', env: {}, cwd: process.cwd() });
const weir = await startWeir(config, { port: 0, eventLog: 'stdout', workers: Number(process.argv[3] ?? 1) });
// By way of close and exit, not of a signal: only then does Node write the profile that --cpu-prof asks for.
readyToStop(() => void weir.close().then(() => process.exit(0)));
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
/** Of this process: asked where it carries the traffic itself. */
process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || !('kind' in message) || message.kind !== 'delay') return;
  tell({ p999Ms: delay.percentile(99.9) / 1e6, maxMs: delay.max / 1e6 });
  delay.reset();
});
tell({ port: weir.port, ca: readFileSync(weir.caPath, 'utf8') });
