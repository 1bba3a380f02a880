/** `--app LABEL[:TOKEN]`: under which name a program is recorded, and the token that proves it. */
import { basename } from 'node:path';
import { type CommandContext, textOption, UsageError } from './command.ts';

export interface AppLabel {
  readonly label: string;
  /** Null: the label is recorded as unverified. */
  readonly token: string | null;
}

const MAX_LABEL = 100;

/** Null when no label was given. A token may come in WEIR_APP_TOKEN instead, where no list of processes shows it. */
export function appLabel(context: CommandContext): AppLabel | null {
  const given = textOption(context, 'app');
  if (given === null) return null;
  const colon = given.indexOf(':');
  const label = colon === -1 ? given : given.slice(0, colon);
  if (label === '' || label.length > MAX_LABEL || /\p{Cc}/u.test(label)) {
    throw new UsageError(`--app needs a label of 1 to ${MAX_LABEL} characters, or LABEL:TOKEN`);
  }
  const token = colon === -1 ? context.env['WEIR_APP_TOKEN'] : given.slice(colon + 1);
  return { label, token: token ? token : null };
}

/** What a command is called when nobody says: its file's name, without what Windows adds. */
export function labelOf(command: string): string {
  const name = basename(command).replace(/\.(?:exe|cmd|bat)$/i, '');
  return name.replace(/[:\p{Cc}]/gu, '_').slice(0, MAX_LABEL) || 'app';
}
