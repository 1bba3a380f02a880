/**
 * `weir doctor`: what works on this host and what does not, each with its fix. It changes nothing and makes no file, asks
 * nobody but a Weir that runs on this home, and is itself built so that it runs where the rest does not: what may fail to load is loaded by its check.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Config } from '../config/config.ts';
import { homeFolderOf } from '../config/paths.ts';
import { WeirError } from '../flow/errors.ts';
import { type Command, type CommandContext, hasOption } from './command.ts';
import { broken, type Check, type CheckStatus, codeOf, off, ok, warning } from './doctor/check.ts';
import { checkConsole } from './doctor/console.ts';
import { checkAuthority, checkEnvironment, checkHome, checkPort, latestSeen } from './doctor/place.ts';
import { checkClock, checkNode, checkNodeOfPath, checkRe2 } from './doctor/runtime.ts';

export const command: Command = {
  name: 'doctor',
  summary: 'what works on this host and what does not',
  usage: 'weir doctor [--json] [--config FILE]',
  details: [
    'Looks at Node, the native module, configuration, policies, home, certificate authority, ports,',
    'ports, proxy variables, clock and sensor, and says how to mend what is not as it should be. Changes nothing.',
    '',
    'Options:',
    '  --json  one JSON document: {"healthy", "checks": [{"name", "status", "what", "fix"}]},',
    '          status ok, warning, broken, or off for a part that need not be there',
    '',
    'Exit code: 0 when nothing is broken, 1 otherwise.',
  ].join('\n'),
  example: 'weir doctor',
  options: { json: { type: 'boolean' } },
  async run(context) {
    const checks = await examine(context);
    const isHealthy = checks.every((check) => check.status !== 'broken');
    if (hasOption(context, 'json')) context.out(`${JSON.stringify({ healthy: isHealthy, checks }, null, 2)}\n`);
    else context.out(report(checks, context.color));
    return isHealthy ? 0 : 1;
  },
};

async function examine(context: CommandContext): Promise<readonly Check[]> {
  const { env } = context;
  const native = await checkRe2();
  // Without the native module neither configuration nor policies can be read: one cause, told once.
  const [configuration, config] = native.status === 'ok' ? await checkConfig(context) : [unknown('config'), null];
  const policies = config === null ? unknown('policies') : await checkPolicies(config);
  const home = config?.home ?? env['WEIR_HOME'] ?? join(homeFolderOf(env), '.weir');
  const listen = config?.proxy.listen ?? { host: '127.0.0.1', port: 8787 };
  return [
    checkNode(),
    native,
    configuration,
    policies,
    config === null ? unknown('model') : await checkModel(config),
    config === null ? unknown('environments') : await checkFences(config),
    checkHome(home),
    checkAuthority(home, Date.now()),
    await checkFleetHere(home),
    await checkSealHere(home),
    config === null ? unknown('port') : await checkPort(listen, home),
    config === null ? unknown('console') : await checkConsole(config.console.listen, home),
    checkEnvironment(env, listen),
    checkClock(Date.now(), latestSeen(home)),
    checkNodeOfPath(env),
    config === null ? unknown('sensor') : await checkSensorHere(config),
  ];
}

function unknown(name: string): Check {
  return off(name, 'not looked at: it needs what is broken above');
}

async function checkConfig(context: CommandContext): Promise<readonly [Check, Config | null]> {
  try {
    const config = context.config();
    const { checkListener } = await import('../config/load.ts');
    checkListener(config);
    if (config.file === null && existsSync(join(context.cwd, 'weir.yml'))) {
      return [warning('config', 'weir.yml is not read; the defaults hold', 'Rename it to weir.yaml.'), config];
    }
    return [ok('config', config.file ?? 'no weir.yaml here; the defaults hold'), config];
  } catch (error) {
    return [fromError('config', error), null];
  }
}

async function checkPolicies(config: Config): Promise<Check> {
  try {
    const { loadPolicies } = await import('../config/policies.ts');
    const documents = loadPolicies(config);
    const count = documents.filter((document) => document.kind === 'Policy').length;
    if (count > 0) return ok('policies', count === 1 ? '1 policy' : `${count} policies`);
    return warning(
      'policies',
      'no policy is loaded: nothing is blocked or changed',
      'Name files or folders under `policies`.',
    );
  } catch (error) {
    return fromError('policies', error);
  }
}

async function checkFences(config: Config): Promise<Check> {
  try {
    const { checkEnvironments } = await import('./doctor/environments.ts');
    return checkEnvironments(config);
  } catch (error) {
    return fromError('environments', error);
  }
}

/** Starts the loader for a moment: what can be attached is told by nothing else. */
async function checkSensorHere(config: Config): Promise<Check> {
  try {
    const { checkSensor } = await import('./doctor/sensor.ts');
    return await checkSensor(config);
  } catch (error) {
    return fromError('sensor', error);
  }
}

async function checkFleetHere(home: string): Promise<Check> {
  try {
    return (await import('./doctor/fleet.ts')).checkFleet(home, Date.now());
  } catch (error) {
    return fromError('fleet', error);
  }
}

async function checkSealHere(home: string): Promise<Check> {
  try {
    return (await import('./doctor/fleet.ts')).checkSeal(home);
  } catch (error) {
    return fromError('secrets', error);
  }
}

/** Opens it, as a start would. */
async function checkModel(config: Config): Promise<Check> {
  if (config.detection.model === null) return off('model', 'none beside the tagger (detection.model)');
  try {
    const { openConfiguredModel } = await import('./configured-model.ts');
    const model = await openConfiguredModel(config, null, () => {});
    await model?.close();
    return ok('model', config.detection.model);
  } catch (error) {
    return fromError('model', error);
  }
}

function fromError(name: string, error: unknown): Check {
  if (error instanceof WeirError) return broken(name, error.message, error.hint);
  return broken(name, `cannot be read (${codeOf(error)})`, 'Run `weir up` for the whole message.');
}

const COLORS = { ok: 'green', warning: 'yellow', broken: 'red', off: 'gray' } as const;

function report(checks: readonly Check[], isColored: boolean): string {
  const paint = (status: CheckStatus, text: string) =>
    isColored ? styleText(COLORS[status], text, { validateStream: false }) : text;
  const lines = checks.flatMap(({ name, status, what, fix }) => {
    const [first = '', ...more] = stripVTControlCharacters(what).split('\n');
    const indent = ' '.repeat(22);
    return [
      `${paint(status, status.padEnd(8))} ${name.padEnd(12)} ${first}`,
      ...more.map((line) => `${indent}${line}`),
      ...(fix === null ? [] : [`${indent}${fix}`]),
    ];
  });
  const count = checks.filter((check) => check.status === 'broken').length;
  return `${[...lines, '', count === 0 ? 'Nothing is broken.' : `${count} broken.`].join('\n')}\n`;
}
