/** Cars, ships and containers. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { licensePlate } from './license-plate.ts';
import { container, imo, mmsi } from './shipping.ts';
import { vin, vinUnchecked } from './vin.ts';

export const VEHICLE: readonly Recognizer[] = [vin, vinUnchecked, imo, mmsi, container, licensePlate];
