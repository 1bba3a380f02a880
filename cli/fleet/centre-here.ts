/** The centre's files and records on this host, for the commands that work on them. */
import { userInfo } from 'node:os';
import { FleetFiles } from '../../fleet/enrolment/fleet-files.ts';
import type { Home } from '../../store/home.ts';
import { ownEvent, recordOwn } from '../../store/own-events.ts';
import { type CommandContext, UsageError } from '../command.ts';
import { openConfiguredHome } from '../configured-home.ts';
import { cleanText } from '../log/clean-text.ts';

export interface CentreHere {
  readonly home: Home;
  readonly files: FleetFiles;
  /** Keeps a sentence as an event of kind `admin`. */
  readonly record: (text: string, isGrave?: boolean) => void;
  readonly say: (text: string) => void;
}

/** Throws WeirError `fleet_unusable` where there is no fleet. */
export function centreHere(context: CommandContext): CentreHere {
  const here = emptyCentre(context);
  here.files.settings();
  return here;
}

/** The same where there is no fleet yet. */
export function emptyCentre(context: CommandContext): CentreHere {
  const home = openConfiguredHome(context.config(), (line) => context.err(`${line}\n`));
  const say = (text: string): void => context.err(`weir: ${cleanText(text)}\n`);
  return {
    home,
    files: new FleetFiles(home.path),
    say,
    record: (text, isGrave = false) =>
      recordOwn(home, [ownEvent('admin', userName(), { reason: text, severity: isGrave ? 'high' : 'info' })], say),
  };
}

function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null; // a user without an entry
  }
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `15m`, `1h`, `30d`, within bounds. Throws UsageError. */
export function spanOption(
  context: CommandContext,
  name: string,
  { least, most, otherwise }: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const text = context.values[name];
  if (text === undefined) return otherwise;
  const [, digits = '', unit = ''] = /^([0-9]{1,6})([mhd])$/.exec(String(text)) ?? [];
  const span = Number(digits) * (UNITS[unit] ?? Number.NaN);
  if (span >= least && span <= most) return span;
  const shown = (ms: number): string => (ms % 86_400_000 === 0 ? `${ms / 86_400_000}d` : `${ms / 60_000}m`);
  throw new UsageError(`--${name} must be such as 30m, 1h or 30d, from ${shown(least)} to ${shown(most)}`);
}
