/** The recognizers that ship with Weir, by kind of data; each folder lists its own. */
import type { Recognizer } from '../scan/recognizer.ts';
import { CONTACT } from './contact/all.ts';
import { COUNTRIES } from './countries/all.ts';
import { CREDENTIALS } from './credentials/all.ts';
import { DOCUMENTS } from './documents/all.ts';
import { FINANCE } from './finance/all.ts';
import { HEALTH } from './health/all.ts';
import { NETWORK } from './network/all.ts';
import { VEHICLE } from './vehicle/all.ts';

export const BUILT_IN: readonly Recognizer[] = [
  ...FINANCE,
  ...COUNTRIES,
  ...CONTACT,
  ...HEALTH,
  ...NETWORK,
  ...VEHICLE,
  ...CREDENTIALS,
  ...DOCUMENTS,
];
