/**
 * Seals the secrets of a whole home, unseals them, or seals them anew under another key: file by file, each written whole, so
 * that a stop in between leaves a home that every process can still open, and a second call goes on. It changes no key.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../flow/errors.ts';
import { putOver } from '../keys/private-files.ts';
import {
  isSealed,
  nameIn,
  noteSealPlaces,
  readSealKey,
  readSecret,
  type SealPlace,
  sealIdOf,
  sealPlacesOf,
  sealPlaceText,
  sealUnder,
} from '../keys/seal.ts';

/** Where secrets lie, and which files there are some. */
const SECRETS: readonly (readonly [folder: string, file: RegExp])[] = [
  ['keys', /\.key$/],
  ['ca', /\.key$/],
  ['member', /\.key$/],
  ['fleet', /\.key$/],
  ['fleet/nodes', /\.key$/],
];

export interface SealedState {
  /** Null where nothing is to be sealed. */
  readonly place: SealPlace | null;
  readonly sealed: readonly string[];
  /** Files that are not sealed, or under another key than that of `place`. */
  readonly others: readonly string[];
}

/** What is sealed now, by names from home on. Throws WeirError `seal_unusable`. */
export function sealedState(home: string): SealedState {
  const [place = null] = sealPlacesOf(home);
  const id = place === null ? null : readSealKey(place).id;
  const sealed: string[] = [];
  const others: string[] = [];
  for (const file of secretFiles(home)) {
    const stored = readFileSync(file);
    const isRight = id !== null && isSealed(stored) && sealIdOf(stored) === id;
    (isRight ? sealed : others).push(nameIn(home, file));
  }
  return { place, sealed, others };
}

/**
 * Seals all secrets of a home under the key at `place`, or with null unseals them; those that are as they should be stay. Gives
 * the names of what was written. Throws WeirError `seal_unusable` before anything is changed where a key is not to be had.
 */
export function sealHome(home: string, place: SealPlace | null): readonly string[] {
  const before = sealPlacesOf(home);
  const key = place === null ? null : readSealKey(place);
  const files = secretFiles(home);
  // All of them can be opened, or none is touched.
  const secrets = files.map((file) => ({ file, stored: readFileSync(file), secret: readSecret(home, file) }));
  const isSame = (one: SealPlace): boolean => place !== null && sealPlaceText(one) === sealPlaceText(place);
  if (place !== null && !(before.length === 1 && before.every(isSame))) {
    noteSealPlaces(home, [place, ...before.filter((one) => !isSame(one))]);
  }
  const written: string[] = [];
  for (const { file, stored, secret } of secrets) {
    if (secret === null || (key === null ? !isSealed(stored) : sealIdOf(stored) === key.id)) continue;
    const name = nameIn(home, file);
    putOver(file, key === null ? secret : sealUnder(key, name, secret), 0o600);
    written.push(name);
  }
  // From here on nothing needs the keys before.
  noteSealPlaces(home, place === null ? [] : [place]);
  return written;
}

/**
 * What the configuration asks for, at a start: seals a home that is not sealed, and goes on where sealing was cut off. A home that
 * is sealed under another key is not touched. Throws WeirError `seal_unusable`.
 */
export function sealAsConfigured(home: string, wanted: SealPlace | null): readonly string[] {
  if (wanted === null) return [];
  const [place] = sealPlacesOf(home);
  const { id } = readSealKey(wanted);
  if (place !== undefined && sealPlaceText(place) !== sealPlaceText(wanted)) {
    const ids = secretFiles(home).map((file) => sealIdOf(readFileSync(file)));
    if (ids.some((one) => one !== null && one !== id)) {
      throw new WeirError(
        'seal_unusable',
        `the secrets of ${home} are sealed by ${sealPlaceText(place)}, and secrets.sealedBy names another key: ` +
          `weir secrets seal --by ${sealPlaceText(wanted)} seals them anew while both keys are there`,
      );
    }
    noteSealPlaces(home, [wanted]); // the same key at another place
  }
  return sealHome(home, wanted);
}

function secretFiles(home: string): readonly string[] {
  return SECRETS.flatMap(([folder, pattern]) => {
    const at = join(home, folder);
    try {
      return readdirSync(at)
        .filter((name) => pattern.test(name))
        .sort()
        .map((name) => join(at, name));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  });
}
