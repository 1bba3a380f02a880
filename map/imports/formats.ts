/** The formats of logs that can be imported, by the name that the command takes. */
import { cloudtrailReader } from './cloudtrail.ts';
import { envoyReader } from './envoy.ts';
import type { LineReader, ReadingOptions } from './logged-flow.ts';
import { nginxReader } from './nginx.ts';
import { squidReader } from './squid.ts';
import { vpcReader } from './vpc.ts';
import { ZeekNames, zeekFields, zeekReader } from './zeek.ts';

export const LOG_FORMATS = ['vpc', 'cloudtrail', 'envoy', 'nginx', 'squid', 'zeek'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** How a set of files is read: where one tells what another needs, all are learned from first. */
export interface LogReading {
  /** For each file a reader of the first pass; null where there is none. */
  readonly learn: (() => (line: string) => void) | null;
  /** For each file a reader. */
  readonly read: () => LineReader;
  /** Whether its JSON may stand over several lines. */
  readonly isSpread: boolean;
}

export function logReading(format: LogFormat, options: ReadingOptions): LogReading {
  if (format === 'zeek') {
    const names = new ZeekNames();
    return {
      learn: () => {
        const fieldsOf = zeekFields();
        return (line) => {
          const fields = fieldsOf(line);
          if (fields != null) names.learn(fields);
        };
      },
      read: () => zeekReader(names),
      isSpread: false,
    };
  }
  return { learn: null, read: READERS[format](options), isSpread: format === 'cloudtrail' };
}

const READERS: Readonly<Record<Exclude<LogFormat, 'zeek'>, (options: ReadingOptions) => () => LineReader>> = {
  vpc: () => vpcReader,
  cloudtrail: () => cloudtrailReader,
  envoy: () => envoyReader,
  squid: () => squidReader,
  nginx: (options) => () => nginxReader(options),
};
