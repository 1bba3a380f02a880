/** The model for names that the configuration points to, for the commands that ask one. */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { NameReader } from '../engine/names/given.ts';

export interface ConfiguredModel {
  readonly read: NameReader;
  close(): Promise<void>;
}

/**
 * Opens it; null where the configuration names none. `withinMs`: how long one call may take; null waits for all of it,
 * however much is asked. Throws WeirError `model_unusable`.
 */
export async function openConfiguredModel(
  config: Config,
  withinMs: number | null,
  log: (line: string) => void,
): Promise<ConfiguredModel | null> {
  const folder = config.detection.model;
  if (folder === null) return null;
  // Loaded only where there is one: no other start pays for it.
  const { openNameModel } = await import('../model/name-model.ts');
  const bound = withinMs === null ? { maxWaitingBytes: Number.POSITIVE_INFINITY } : {};
  const model = await openNameModel({ folder, key: randomBytes(32), log, ...bound });
  return { read: (texts) => model.read(texts, withinMs), close: () => model.close() };
}
