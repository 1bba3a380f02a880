/** Home as the configuration has it, its secrets sealed where it says so: before the first key is made, so that none lies open. */
import { chmodSync, mkdirSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { type Home, openHome } from '../store/home.ts';
import { sealAsConfigured } from '../store/sealed-home.ts';
import { keepingOf } from './keeping.ts';

/** Throws WeirError `home_unusable`, `seal_unusable`. */
export function openConfiguredHome(
  config: Pick<Config, 'home' | 'secrets' | 'bus' | 'store'>,
  log: (line: string) => void,
): Home {
  const { home, secrets } = config;
  if (secrets.sealedBy !== null) {
    if (mkdirSync(home, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(home, 0o700);
    const sealed = sealAsConfigured(home, secrets.sealedBy);
    if (sealed.length > 0) log(`weir: sealed in ${home}: ${sealed.join(', ')}`);
  }
  return openHome(home, keepingOf(config));
}
