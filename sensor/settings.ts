/** What exchanges are judged by, as the configuration has it now. */
import type { Catalog } from '../catalog/catalog.ts';
import type { InspectingHeard } from './inspect-heard.ts';

/** What holds for exchanges from now on; replaced as a whole when the configuration changes. */
export interface ObservedSettings extends InspectingHeard {
  readonly catalog: Catalog;
  readonly isBypassed: (host: string) => boolean;
}
