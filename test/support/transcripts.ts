/**
 * What was said on a connection, turn by turn, kept so that a reader can be tested without a server: recorded by a relay
 * between a real client and a real server (test/sensor/stores/record-transcripts.ts makes the files anew).
 */

import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';

export interface Spoken {
  readonly way: 'out' | 'in';
  readonly bytes: Buffer;
}

export type Transcript = readonly Spoken[];

const FOLDER = join(packageRoot, 'test/corpus/stores');

function pathOf(name: string): string {
  return join(FOLDER, `${name}.txt`);
}

/** A line a piece: `>` for what the client said, `<` for the server, then base64. */
export function readTranscript(name: string): Transcript {
  return readFileSync(pathOf(name), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('>') || line.startsWith('<'))
    .map((line) => ({ way: line.startsWith('>') ? 'out' : 'in', bytes: Buffer.from(line.slice(2), 'base64') }));
}

export function writeTranscript(name: string, about: string, transcript: Transcript): void {
  const lines = transcript.map(({ way, bytes }) => `${way === 'out' ? '>' : '<'} ${bytes.toString('base64')}`);
  writeFileSync(pathOf(name), `# ${about}\n${lines.join('\n')}\n`);
}

export interface RecordingRelay {
  readonly port: number;
  /** What was said on each connection, in the order in which they came. */
  readonly connections: readonly Spoken[][];
  stop(): Promise<void>;
}

/** Passes connections on to a local port and keeps what is said. */
export async function recordingRelay(target: number): Promise<RecordingRelay> {
  const connections: Spoken[][] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const said: Spoken[] = [];
    connections.push(said);
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to, way] of [
      [client, upstream, 'out'],
      [upstream, client, 'in'],
    ] as const) {
      open.add(from);
      from.on('data', (bytes: Buffer) => {
        said.push({ way, bytes });
        to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => open.delete(from));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    stop: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
