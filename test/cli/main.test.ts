/** The frame of the `weir` program: finding a command, reading its options, and what is printed when something fails. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import {
  type Command,
  type CommandContext,
  type CommandEntry,
  choiceOption,
  hasOption,
  listOption,
  numberOption,
  textOption,
  UsageError,
} from '../../cli/command.ts';
import { COMMANDS, main, type Surroundings } from '../../cli/main.ts';
import { packageRoot } from '../../config/package-root.ts';
import { WeirError } from '../../flow/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-main-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function echo(name: string, rest: Partial<Command> = {}): CommandEntry {
  const command: Command = {
    name,
    summary: `does ${name}`,
    usage: `weir ${name} [FILE…]`,
    details: 'What it does.',
    example: `weir ${name} a`,
    options: {
      json: { type: 'boolean' },
      since: { type: 'string', short: 's' },
      tag: { type: 'string', multiple: true },
      limit: { type: 'string' },
    },
    run: async ({ values, positionals, out }) => {
      out(`${name} ${JSON.stringify({ values, positionals })}\n`);
      return 0;
    },
    ...rest,
  };
  return { name: name.split(' ').at(-1) ?? name, summary: command.summary, load: async () => ({ command }) };
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  args: readonly string[],
  commands: readonly CommandEntry[],
  rest: Partial<Surroundings> = {},
): Promise<Ran> {
  const printed = { out: '', err: '' };
  const io: Surroundings = {
    env: { WEIR_HOME: join(folder, 'home') },
    cwd: folder,
    stdin: Readable.from([]),
    isTerminal: false,
    out(text) {
      printed.out += text;
    },
    err(text) {
      printed.err += text;
    },
    ...rest,
  };
  return { code: await main(args, io, commands), ...printed };
}

/** What `echo` was given. */
async function given(args: readonly string[], commands = [echo('scan')]): Promise<unknown> {
  const { code, out, err } = await run(args, commands);
  assert.equal(err, '');
  assert.equal(code, 0);
  return JSON.parse(out.slice(out.indexOf('{')));
}

describe('the table of commands', () => {
  test('has every command of this version, in the order of its help', () => {
    const names = COMMANDS.map((entry) => entry.name);
    assert.deepEqual(names, [
      'up',
      'run',
      'env',
      'scan',
      'serve',
      'recognizers',
      'policy',
      'log',
      'flows',
      'store',
      'token',
      'sensor',
      'console',
      'collect',
      'ca',
      'deploy',
      'fleet',
      'join',
      'secrets',
      'doctor',
      'demo',
    ]);
  });

  for (const entry of COMMANDS) {
    test(`${entry.name}: the module says what the table says, and its help has usage and an example`, async () => {
      const { command } = await entry.load();
      assert.equal(command.name, entry.name);
      assert.equal(command.summary, entry.summary);
      const { code, out, err } = await run([entry.name, '--help'], COMMANDS);
      assert.deepEqual({ code, err }, { code: 0, err: '' });
      assert.ok(out.includes(`weir ${entry.name}`) && out.includes('Usage:') && out.includes('Example:'));
      assert.ok(Math.max(...out.split('\n').map((line) => line.length)) <= 120, 'a line is too long');
      assert.equal((await run(['help', entry.name], COMMANDS)).out, out);
    });
  }

  test('no command is loaded for an overview or a version', async () => {
    const loud: CommandEntry = { ...echo('scan'), load: () => assert.fail('loaded') };
    assert.equal((await run(['--help'], [loud])).code, 0);
    assert.equal((await run(['--version'], [loud])).code, 0);
    assert.equal((await run(['help'], [loud])).code, 0);
    assert.equal((await run(['scna'], [loud])).code, 2);
  });
});

describe('without a command', () => {
  test('--help is data on stdout, nothing at all is bad usage on stderr', async () => {
    const asked = await run(['--help'], COMMANDS);
    const bare = await run([], COMMANDS);
    assert.equal(asked.code, 0);
    assert.match(asked.out, /^Usage: weir COMMAND/m);
    assert.deepEqual(bare, { code: 2, out: '', err: asked.out });
  });

  test('--version prints the version of the package', async () => {
    assert.match((await run(['--version'], COMMANDS)).out, /^weir \d+\.\d+\.\d+\n$/);
    assert.match((await run(['-V'], COMMANDS)).out, /^weir \d+\.\d+\.\d+\n$/);
  });

  test('an unknown command and an unknown option name what was meant', async () => {
    const near = await run(['sacn'], COMMANDS);
    assert.deepEqual(near, {
      code: 2,
      out: '',
      err: 'weir: unknown command "sacn"; did you mean "scan"?\nSee: weir --help\n',
    });
    const far = await run(['xyzzyx'], COMMANDS);
    assert.equal(far.err, 'weir: unknown command "xyzzyx"\nSee: weir --help\n');
    const option = await run(['--versoin'], COMMANDS);
    assert.equal(option.err, 'weir: unknown option "--versoin"; did you mean "--version"?\nSee: weir --help\n');
  });
});

describe('options of a command', () => {
  test('are values, lists and files, with - as a file and everything after -- as one', async () => {
    assert.deepEqual(await given(['scan', '--json', '-s', '1h', 'a', '-', '--tag', 'x', '--tag=y', '--', '--z', '-']), {
      values: { json: true, since: '1h', tag: ['x', 'y'] },
      positionals: ['a', '-', '--z', '-'],
    });
  });

  test('that hold for every command may stand before its name', async () => {
    assert.deepEqual(await given(['--config', 'w.yaml', '--no-color', 'scan', 'a']), {
      values: { config: 'w.yaml', 'no-color': true },
      positionals: ['a'],
    });
  });

  test('a default stands where an option was not given, and gives way to what was', async () => {
    const commands = [
      echo('scan', {
        options: { tag: { type: 'string', multiple: true, default: ['d'] }, to: { type: 'string', default: 'x' } },
      }),
    ];
    assert.deepEqual(await given(['scan'], commands), { values: { tag: ['d'], to: 'x' }, positionals: [] });
    assert.deepEqual(await given(['scan', '--tag', 'a', '--to', 'y'], commands), {
      values: { tag: ['a'], to: 'y' },
      positionals: [],
    });
  });

  const WRONG: readonly (readonly [args: readonly string[], message: string])[] = [
    [['--sinc', '1h'], 'unknown option "--sinc"; did you mean "--since"?'],
    [['--no-colour'], 'unknown option "--no-colour"; did you mean "--no-color"?'],
    [['-x'], 'unknown option "-x"'],
    [['--since'], '--since needs a value'],
    [['--since', '--json'], '--since needs a value; for one that begins with a dash write --since=VALUE'],
    [['--json=yes'], '--json takes no value'],
    [['--since', 'a', '--since', 'b'], '--since was given twice with different values'],
  ];
  for (const [args, message] of WRONG) {
    test(`bad usage is exit 2 and one line: ${args.join(' ')}`, async () => {
      const { code, out, err } = await run(['scan', ...args], [echo('scan')]);
      assert.deepEqual({ code, out }, { code: 2, out: '' });
      assert.equal(err, `weir scan: ${message}\nSee: weir scan --help\n`);
    });
  }

  test('--json is refused where the command has no data to print', async () => {
    const { code, err } = await run(['up', '--json'], [echo('up', { options: {} })]);
    assert.equal(code, 2);
    assert.match(err, /unknown option "--json"/);
  });

  test('a command that starts another leaves everything from its name on alone', async () => {
    const commands = [echo('run', { passThrough: true, options: { app: { type: 'string' } } })];
    assert.deepEqual(await given(['run', '--app', 'a', 'curl', '-s', '--help', '--', 'x'], commands), {
      values: { app: 'a' },
      positionals: ['curl', '-s', '--help', '--', 'x'],
    });
    assert.deepEqual(await given(['run', '--', 'curl', '-s'], commands), { values: {}, positionals: ['curl', '-s'] });
  });

  test('a group hands over to its subcommand, wherever the options stand', async () => {
    const group = echo('log', { subcommands: [echo('log list')] });
    assert.deepEqual(await given(['log', 'list', '--json', 'x'], [group]), {
      values: { json: true },
      positionals: ['x'],
    });
    assert.deepEqual(await given(['log', '--json', 'list', 'x'], [group]), {
      values: { json: true },
      positionals: ['x'],
    });
    const near = await run(['log', 'lits', '--json'], [group]);
    assert.deepEqual(
      [near.code, near.err],
      [2, 'weir log: unknown command "lits"; did you mean "list"?\nSee: weir log --help\n'],
    );
    assert.match((await run(['log', '--help'], [group])).out, /Commands:\n {2}list {2}does log list/);
    assert.match((await run(['log', 'list', '--help'], [group])).out, /^weir log list: /);
    assert.match((await run(['help', 'log', 'list'], [group])).out, /^weir log list: /);
  });
});

describe('reading an option', () => {
  function contextOf(values: CommandContext['values']): CommandContext {
    const nothing = () => assert.fail('not to be called');
    return {
      values,
      positionals: [],
      env: {},
      cwd: '/',
      configFile: null,
      config: nothing,
      out: nothing,
      err: nothing,
      color: false,
      stdin: Readable.from([]),
    };
  }

  test('gives its type, or null when it was not given', () => {
    const context = contextOf({ a: 'x', b: true, c: ['x', 'y'], n: '12' });
    assert.equal(textOption(context, 'a'), 'x');
    assert.equal(textOption(context, 'z'), null);
    assert.equal(hasOption(context, 'b'), true);
    assert.equal(hasOption(context, 'z'), false);
    assert.deepEqual(listOption(context, 'c'), ['x', 'y']);
    assert.deepEqual(listOption(context, 'z'), []);
    assert.equal(numberOption(context, 'n', { min: 0, max: 20, integer: true }), 12);
    assert.equal(numberOption(context, 'z', { min: 0, max: 1 }), null);
    assert.equal(choiceOption(context, 'a', ['x', 'y']), 'x');
    assert.equal(choiceOption(context, 'z', ['x']), null);
  });

  test('refuses what is out of bounds or not among the choices, with a near name', () => {
    const format = () => choiceOption(contextOf({ format: 'jsom' }), 'format', ['json', 'csv']);
    assert.throws(format, new UsageError('--format must be one of json, csv; did you mean "json"?'));
    for (const value of ['', '1e3', 'x', '-1', '2', '0.5', '0x1']) {
      const limit = () => numberOption(contextOf({ limit: value }), 'limit', { min: 0, max: 1, integer: true });
      assert.throws(limit, new UsageError('--limit must be a whole number from 0 to 1'), value);
    }
  });
});

describe('what a command is handed', () => {
  test('the configuration is read when asked for, once, from --config', async () => {
    writeFileSync(join(folder, 'own.yaml'), 'home: own-home');
    let homes: readonly string[] = [];
    const asking = echo('scan', {
      run: async (context) => {
        assert.equal(context.configFile, 'own.yaml');
        assert.equal(context.config(), context.config());
        homes = [context.config().home];
        return 0;
      },
    });
    const { code } = await run(['scan', '--config', 'own.yaml'], [asking], { env: { HOME: '/home/u' } });
    assert.equal(code, 0);
    assert.deepEqual(homes, [join(folder, 'own-home')]);
  });

  test('a broken configuration stops only a command that asks for it', async () => {
    assert.equal((await run(['scan', '--config', 'gone.yaml'], [echo('scan')])).code, 0);
  });

  test('colour is for terminals, and for none with NO_COLOR, --no-color or TERM=dumb', async () => {
    const colored = async (args: readonly string[], env: NodeJS.ProcessEnv, isTerminal = true) => {
      const command = echo('scan', {
        run: async ({ color, out }) => {
          out(String(color));
          return 0;
        },
      });
      return (await run(['scan', ...args], [command], { env, isTerminal })).out;
    };
    assert.equal(await colored([], {}), 'true');
    assert.equal(await colored([], {}, false), 'false');
    assert.equal(await colored([], { NO_COLOR: '1' }), 'false');
    assert.equal(await colored([], { NO_COLOR: '' }), 'true');
    assert.equal(await colored(['--no-color'], {}), 'false');
    assert.equal(await colored([], { TERM: 'dumb' }), 'false');
  });
});

describe('what goes wrong', () => {
  const failing = (error: unknown) => [echo('scan', { run: () => Promise.reject(error) })];

  test('bad usage found by the command is exit 2 with a pointer to its help', async () => {
    const { code, err } = await run(['scan'], failing(new UsageError('FILE is missing')));
    assert.equal(code, 2);
    assert.equal(err, 'weir scan: FILE is missing\nSee: weir scan --help\n');
  });

  test('a bad configuration is exit 2, its problems on lines of their own', async () => {
    const { code, out, err } = await run(
      ['scan'],
      failing(new WeirError('config_invalid', 'a.yaml:1:1: x\na.yaml:2:1: y')),
    );
    assert.deepEqual({ code, out }, { code: 2, out: '' });
    assert.match(
      err,
      /^weir: config_invalid: The configuration has an error\.\na\.yaml:1:1: x\na\.yaml:2:1: y\nHint: .+\n$/,
    );
  });

  test('codes of bad configuration are exit 2, those of the world outside exit 1', async () => {
    for (const code of ['config_invalid', 'policy_invalid', 'pattern_invalid', 'listener_open'] as const) {
      assert.equal((await run(['scan'], failing(new WeirError(code, 'x')))).code, 2, code);
    }
    for (const code of ['port_taken', 'home_locked', 'store_unwritable'] as const) {
      assert.equal((await run(['scan'], failing(new WeirError(code, 'x')))).code, 1, code);
    }
    const { err } = await run(['scan'], failing(new WeirError('port_taken', '127.0.0.1:1 is taken by nc (pid 7)')));
    assert.match(err, /^weir: port_taken: 127\.0\.0\.1:1 is taken by nc \(pid 7\)\nHint: .+\n$/);
  });

  test('what the host refuses is one line', async () => {
    const error = Object.assign(new Error("ENOENT: no such file or directory, open 'x'"), {
      code: 'ENOENT',
      errno: -2,
      syscall: 'open',
    });
    assert.deepEqual(await run(['scan'], failing(error)), {
      code: 1,
      out: '',
      err: "weir: ENOENT: no such file or directory, open 'x'\n",
    });
  });

  test('a module that does not load is an incomplete installation', async () => {
    const { code, err } = await run(['scan'], failing(Object.assign(new Error('x'), { code: 'ERR_DLOPEN_FAILED' })));
    assert.equal(code, 1);
    assert.equal(
      err,
      'weir: a module does not load (ERR_DLOPEN_FAILED): the installation is not complete\nHint: weir doctor\n',
    );
  });

  test('an unexpected error is called a bug, without its message and, by default, without a stack', async () => {
    const value = ['4111', '1111'].join(' ');
    const cause = new Error(value);
    const error = new TypeError(`cannot read\n    at ${value}`, { cause });
    const plain = await run(['scan'], failing(error));
    assert.equal(plain.code, 1);
    assert.match(plain.err, /^weir: unexpected TypeError at .*main\.test\.ts.*: this is a bug, please report it .*\n$/);
    const debug = await run(['scan'], failing(error), { env: { WEIR_DEBUG: '1' } });
    assert.match(debug.err, /\n {4}at .*main\.test\.ts[\s\S]*\ncaused by Error\n {4}at /);
    for (const { err } of [plain, debug]) assert.ok(!err.includes(value));
  });

  test('a thrown thing that is no error is a bug as well', async () => {
    assert.match(
      (await run(['scan'], failing('text'))).err,
      /^weir: unexpected string at an unknown place: this is a bug/,
    );
  });
});

describe('as a program', () => {
  const script = join(packageRoot, 'cli', 'main.ts');

  test('it starts through a symbolic link, as npm links it', () => {
    const link = join(folder, 'weir');
    symlinkSync(script, link);
    const { status, stdout } = spawnSync(process.execPath, [link, '--version'], { encoding: 'utf8' });
    assert.equal(status, 0);
    assert.match(stdout, /^weir /);
  });

  test('it does nothing when imported', () => {
    const source = `await import(${JSON.stringify(script)})`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
    assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
  });

  test('a reader that goes away ends it quietly', async () => {
    const child = spawn(process.execPath, [script, 'doctor'], {
      env: { ...process.env, WEIR_HOME: join(folder, 'epipe') },
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const [code] = await once(child, 'close');
    assert.deepEqual({ code, err }, { code: 141, err: '' });
  });

  test('its help loads no dependency and no engine', () => {
    const hook = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { if (url.startsWith('file:')) console.error(url); return next(url, context); } });`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, script, '--help'],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0);
    const loaded = stderr.trim().split('\n');
    assert.ok(loaded.length >= 3 && loaded.length < 12, stderr);
    assert.ok(!stderr.includes('node_modules') && !stderr.includes('/engine/scan/'), stderr);
  });
});
