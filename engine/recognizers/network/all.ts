/** Addresses and identifiers of devices and networks. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { ipAddress } from './ip-address.ts';
import { macAddress } from './mac-address.ts';

export const NETWORK: readonly Recognizer[] = [ipAddress, macAddress];
