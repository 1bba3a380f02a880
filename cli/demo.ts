/**
 * `weir demo`: the whole path at once, with a stand-in for a provider and a real client, shown from three sides. It
 * needs no network and no configuration, reads no home but its own, and leaves nothing behind.
 */

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, type CommandContext, choiceOption, hasOption, textOption, UsageError } from './command.ts';
import type { Findings } from './demo/bank/findings.ts';
import { record } from './demo/chat-answers.ts';
import { type Check, check } from './demo/checks.ts';
import { headings, sideBySide } from './demo/columns.ts';
import { type Played, type PlayedCall, play } from './demo/play.ts';
import type { Received } from './demo/stand-in.ts';

const TITLES = ['the app sent and got', 'the provider received', 'the log'];

export const command: Command = {
  name: 'demo',
  summary: 'everything at once against a local stand-in',
  usage: 'weir demo [--json]\n       weir demo --scenario bank [--folder DIR] [--stay] [--no-sensor] [--json]',
  details: [
    'Starts a stand-in for api.openai.com on loopback, Weir with the shipped policy, and an app that',
    'sends through HTTPS_PROXY with the openai SDK (with fetch where that is not installed): a clean',
    'prompt, one with a name and an e-mail address, one with a card number, and an agent session of six',
    'turns in which a tool reads a file that holds an AWS key. Prints what the app saw, what the provider',
    'saw and what the log keeps, side by side from 100 columns on. All values are made up. No network.',
    '',
    'The scenario "bank" is a company of twelve services, four data stores, nine vendors and ten thousand',
    'buckets: its services are processes that call through Weir, its cloud’s logs are imported. Prints what the',
    'map then knows.',
    '',
    '  --folder  where home, configuration and logs are kept, an empty or new folder; else they are removed',
    '  --stay    goes on until Ctrl-C, with the console: prints the link that opens it',
    '  --no-sensor  without the sensor; else it watches the demo alone, where the host allows it (Linux, root)',
    '  --json    one document with what was seen and the checks',
    '',
    'Exit code 0 when all was as it should be, 1 when not.',
  ].join('\n'),
  example: ['weir demo', 'weir demo --scenario bank --stay'].join('\n'),
  options: {
    json: { type: 'boolean' },
    scenario: { type: 'string' },
    folder: { type: 'string' },
    stay: { type: 'boolean' },
    'no-sensor': { type: 'boolean' },
  },
  async run(context) {
    const { env, out, values, color } = context;
    if (choiceOption(context, 'scenario', ['bank'] as const) === 'bank') return await runBank(context);
    for (const name of ['folder', 'stay', 'no-sensor']) {
      if (values[name] !== undefined) throw new UsageError(`--${name} needs --scenario bank`);
    }
    const played = await play(env);
    const checks = check(played);
    const isGood = checks.every((entry) => entry.holds);
    if (values['json'] === true) out(`${JSON.stringify(asData(played, checks, isGood))}\n`);
    else out(asText(played, checks, { color, width: widthOf(env) }));
    return isGood ? 0 : 1;
  },
};

function widthOf(env: NodeJS.ProcessEnv): number {
  const asked = Number(env['COLUMNS']);
  return Number.isInteger(asked) && asked > 0 ? asked : (process.stdout.columns ?? 120);
}

function asText(
  played: Played,
  checks: readonly Check[],
  look: { readonly color: boolean; readonly width: number },
): string {
  const paint = (code: string) => (text: string) => (look.color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const bold = paint('1');
  const client = played.calls[0]?.app.client === 'fetch' ? 'fetch (the openai SDK is not installed)' : 'the openai SDK';
  const parts = [
    `An app calls api.openai.com (a stand-in on loopback) with ${client}, through HTTPS_PROXY alone. All values are made up.\n\n`,
    headings(TITLES, look.width, bold),
  ];
  for (const call of played.calls) {
    const columns = [appText(call), providerText(call.provider), logText(call)];
    parts.push(`\n${bold(`${call.app.step}  ${call.app.title}`)}\n`);
    parts.push(
      sideBySide(
        columns.map((text, index) => ({ title: TITLES[index] ?? '', text })),
        look.width,
        bold,
      ),
    );
  }
  parts.push('\n');
  for (const { claim, holds } of checks)
    parts.push(`${holds ? paint('32')('  ok  ') : paint('31')('FAILED')} ${claim}\n`);
  return parts.join('');
}

function appText({ app }: PlayedCall): string {
  const indented = (text: string): string => text.trimEnd().replaceAll('\n', '\n  ');
  return `> ${indented(app.sent)}\n< ${indented(app.got ?? app.error ?? '')}`;
}

/** The text of the last turn, as it arrived: what came before it was shown with the call before. */
function providerText(received: Received | null): string {
  if (received === null) return 'nothing: the call ended at the proxy';
  const messages = record(JSON.parse(received.body.toString('utf8')))['messages'];
  const last = Array.isArray(messages) ? record(messages.at(-1)) : {};
  return `${String(last['role'])}: ${String(last['content']).trimEnd()}`;
}

function logText({ event }: PlayedCall): string {
  if (event === null) return 'no event';
  const by = event.policy === null ? '' : ` by ${event.policy}/${event.rule ?? ''}`;
  const found = (['request', 'response'] as const).flatMap((direction) => {
    const counts = new Map<string, number>();
    for (const { direction: own, entity, count } of event.findings) {
      if (own === direction) counts.set(entity, (counts.get(entity) ?? 0) + count);
    }
    const text = [...counts].map(([entity, count]) => `${count} ${entity}`).join(', ');
    return text === '' ? [] : [`${direction}: ${text}`];
  });
  return [`${event.action}${by}`, `status ${event.status ?? 'none'}`, ...found, event.id].join('\n');
}

function asData(played: Played, checks: readonly Check[], ok: boolean): object {
  return {
    ok,
    checks,
    calls: played.calls.map(({ app, provider, event }) => ({
      app,
      provider:
        provider === null
          ? null
          : { target: provider.target, sha256: provider.sha256, body: provider.body.toString('utf8') },
      event,
    })),
  };
}

async function runBank(context: CommandContext): Promise<number> {
  const { playBank } = await import('./demo/bank/bank.ts');
  const { findingsOf, settled } = await import('./demo/bank/findings.ts');
  const asked = textOption(context, 'folder');
  const folder = asked === null ? mkdtempSync(join(tmpdir(), 'weir-bank-')) : emptyFolder(context.cwd, asked);
  const say = (line: string): void => context.err(`${line}\n`);
  try {
    const bank = await playBank({ folder, context, hasSensor: !hasOption(context, 'no-sensor'), say });
    try {
      await settled(bank.home);
      let found = findingsOf(bank);
      // On a host that is busy the sensor is heard later.
      for (
        let tries = 0;
        tries < 10 && bank.weir.isSensorRunning && !found.checks.every(({ holds }) => holds);
        tries++
      ) {
        await sleep(2000);
        found = findingsOf(bank);
      }
      const isGood = found.checks.every(({ holds }) => holds);
      if (hasOption(context, 'json')) context.out(`${JSON.stringify({ ok: isGood, ...found })}\n`);
      else context.out(bankText(found, context.color));
      if (hasOption(context, 'stay')) {
        say(`\nThe console: ${bank.weir.consoleLink}`);
        say(`Other commands read the same records: weir flows list --config ${bank.configFile}    Stop: Ctrl-C`);
        await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      }
      return isGood ? 0 : 1;
    } finally {
      await bank.close();
    }
  } finally {
    if (asked === null) rmSync(folder, { recursive: true, force: true });
  }
}

/** A home of the user's own must not become the demo's. */
function emptyFolder(cwd: string, name: string): string {
  const folder = isAbsolute(name) ? name : resolve(cwd, name);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) throw new UsageError(`--folder: ${folder} is not empty`);
  return folder;
}

function bankText(found: Findings, color: boolean): string {
  const paint = (code: string) => (text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const bold = paint('1');
  const { services, vendors, buckets, edges, events, blocked, sent, read, checks } = found;
  const lines = [
    bold('What the map knows'),
    `${services} services, ${vendors.length} vendors, ${buckets} buckets: ${edges} edges, ${events} events`,
    '',
    bold('What was sent to whom'),
    ...sent.map(({ vendor, entities }) => `  ${vendor.padEnd(12)} ${entities.join(', ') || 'nothing sensitive'}`),
    '',
    ...(read.length === 0
      ? []
      : [
          bold('What was read from where'),
          ...read.map(
            ({ app, store, entities }) => `  ${app.padEnd(16)} ${store}: ${entities.join(', ') || 'nothing sensitive'}`,
          ),
          '',
        ]),
    bold('What was blocked'),
    ...[...new Set(blocked.map(({ app, host, rule }) => `  ${app} to ${host}: ${rule}`))],
    '',
    ...checks.map(({ claim, holds }) => `${holds ? paint('32')('  ok  ') : paint('31')('FAILED')} ${claim}`),
  ];
  return `${lines.join('\n')}\n`;
}
