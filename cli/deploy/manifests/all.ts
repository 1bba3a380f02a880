/** Every manifest of a cluster's Weir, by the file of the chart that has it, in the order in which they are applied: what cuts apps off comes last. */
import type { Tree } from '../templated.ts';
import { collectorManifests } from './collector.ts';
import { consoleManifests } from './console.ts';
import { networkManifests } from './network.ts';
import { proxyManifests } from './proxy.ts';
import { sensorManifests } from './sensor.ts';

export const MANIFESTS: Readonly<Record<string, readonly Tree[]>> = {
  proxy: proxyManifests,
  sensor: sensorManifests,
  collector: collectorManifests,
  console: consoleManifests,
  network: networkManifests,
};
