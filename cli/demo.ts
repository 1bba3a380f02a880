/**
 * `weir demo`: the whole path at once, with a stand-in for a provider and a real client, shown from three sides. It
 * needs no network and no configuration, reads no home but its own, and leaves nothing behind.
 */

import type { Command } from './command.ts';
import { record } from './demo/chat-answers.ts';
import { type Check, check } from './demo/checks.ts';
import { headings, sideBySide } from './demo/columns.ts';
import { type Played, type PlayedCall, play } from './demo/play.ts';
import type { Received } from './demo/stand-in.ts';

const TITLES = ['the app sent and got', 'the provider received', 'the log'];

export const command: Command = {
  name: 'demo',
  summary: 'everything at once against a local stand-in',
  usage: 'weir demo [--json]',
  details: [
    'Starts a stand-in for api.openai.com on loopback, Weir with the shipped policy, and an app that',
    'sends through HTTPS_PROXY with the openai SDK (with fetch where that is not installed): a clean',
    'prompt, one with a name and an e-mail address, one with a card number, and an agent session of six',
    'turns in which a tool reads a file that holds an AWS key. Prints what the app saw, what the provider',
    'saw and what the log keeps, side by side from 100 columns on. All values are made up. No network.',
    '',
    '  --json  one document with calls and checks',
    '',
    'Exit code 0 when all was as it should be, 1 when not.',
  ].join('\n'),
  example: 'weir demo',
  options: { json: { type: 'boolean' } },
  async run({ env, out, values, color }) {
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
