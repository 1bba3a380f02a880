/** Words that a person puts on record. They are kept in clear, so what looks sensitive in them is replaced by its kind. */
import { userInfo } from 'node:os';
import { createScanner, type Scanner } from '../../engine/scan/scanner.ts';
import { MEDIUM } from '../../flow/finding.ts';
import { type CommandContext, textOption, UsageError } from '../command.ts';

export const MAX_NOTE = 2000;

/** What an option holds, made safe; null where it is not given. Throws UsageError for one that is too long. */
export function safeNote(context: CommandContext, option: string): string | null {
  const note = textOption(context, option);
  if (note === null) return null;
  if (note.length > MAX_NOTE) throw new UsageError(`--${option} has ${note.length} characters; ${MAX_NOTE} are kept`);
  const { text, entities } = cleanedNote(note);
  if (entities.length > 0) {
    context.err(`weir: the ${option} held ${entities.join(', ')}; replaced, since it is kept in clear\n`);
  }
  return text;
}

/** Words with what looks sensitive in them replaced by its kind, and which kinds there were. */
export function cleanedNote(note: string): { readonly text: string; readonly entities: readonly string[] } {
  const text = Buffer.from(note);
  scanner ??= createScanner();
  const findings = scanner.scan(text, { label: null, role: null }).filter(({ score }) => score >= MEDIUM);
  const parts: string[] = [];
  let end = 0;
  for (const finding of findings) {
    parts.push(text.toString('utf8', end, finding.start), `[${finding.entity}]`);
    end = finding.end;
  }
  const entities = [...new Set(findings.map(({ entity }) => entity))];
  return { text: parts.join('') + text.toString('utf8', end), entities };
}

let scanner: Scanner | null = null;

/** Who runs this command; null for a user id without a name, as in a container. */
export function systemUser(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
