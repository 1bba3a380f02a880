/** What `weir --help` and `weir COMMAND --help` print: text from a command's own description, nothing else. */
import type { Command, CommandEntry } from './command.ts';

/** The table of all commands. */
export function overview(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map((one) => one.name.length));
  return [
    'weir guards what apps and agents send to LLMs: it inspects, redacts, tokenizes or blocks.',
    '',
    'Usage: weir COMMAND [OPTIONS]',
    '',
    ...commands.map((one) => `  ${one.name.padEnd(width)}  ${one.summary}`),
    '',
    'Options of every command:',
    '  --config FILE  the configuration; weir.yaml in this folder otherwise',
    '  --no-color     no colour on a terminal either; NO_COLOR does the same',
    '  --help         what a command does, with an example',
    '  --version      the version of weir',
    '',
    'Example: weir demo',
    '',
  ].join('\n');
}

/** One command, with an example. */
export function helpText(command: Command): string {
  const indent = (text: string) => text.trimEnd().replace(/^(?=.)/gm, '  ');
  const parts = [
    `weir ${command.name}: ${command.summary}`,
    `Usage:\n${indent(command.usage)}`,
    command.details.trimEnd(),
  ];
  if (command.subcommands !== undefined) {
    const width = Math.max(...command.subcommands.map((one) => one.name.length));
    const lines = command.subcommands.map((one) => `  ${one.name.padEnd(width)}  ${one.summary}`);
    parts.push(['Commands:', ...lines].join('\n'));
  }
  parts.push(`Example:\n${indent(command.example)}`);
  return `${parts.join('\n\n')}\n`;
}
