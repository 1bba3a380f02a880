/** `weir run` in a process of its own with a stand-in for the proxy that it would start: argv is the command. */

import type { CommandContext } from '../../cli/command.ts';
import { runRouted } from '../../cli/run.ts';
import { loadConfig } from '../../config/load.ts';

const config = loadConfig({ file: null, env: process.env, cwd: process.cwd() });
const context: CommandContext = {
  values: {},
  positionals: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  configFile: null,
  config: () => ({ ...config, proxy: { ...config.proxy, listen: { host: '127.0.0.1', port: 0 } } }),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  color: false,
  stdin: process.stdin,
};
const start = async () => ({ url: 'http://127.0.0.1:9', close: async () => void process.stderr.write('closed\n') });
process.exitCode = await runRouted(context, start);
