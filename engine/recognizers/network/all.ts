/** Addresses and identifiers of devices and networks. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { advertisingId, uuid } from './advertising-id.ts';
import { cloudResourceId } from './cloud-resource-id.ts';
import { cookieSession } from './cookie-session.ts';
import { internalHostname } from './internal-hostname.ts';
import { ipAddress } from './ip-address.ts';
import { macAddress } from './mac-address.ts';
import { iccid, imei, imsi } from './mobile-ids.ts';
import { signedUrl } from './signed-url.ts';

export const NETWORK: readonly Recognizer[] = [
  advertisingId,
  cloudResourceId,
  cookieSession,
  iccid,
  imei,
  imsi,
  internalHostname,
  ipAddress,
  macAddress,
  signedUrl,
  uuid,
];
