/**
 * The thread in which a model runs. It takes jobs of texts, reads them one after the other and answers each text as soon
 * as it is read; before each window it looks whether the job is still wanted. Texts stay in memory and go nowhere.
 */
import { isUtf8 } from 'node:buffer';
import { parentPort, workerData } from 'node:worker_threads';
import type { GivenName } from '../engine/names/given.ts';
import { WeirError } from '../flow/errors.ts';
import { isObject } from './json-reading.ts';
import { type LoadedModel, loadModel } from './loaded-model.ts';

export interface ThreadData {
  readonly folder: string;
}

export interface Job {
  readonly kind: 'read';
  readonly id: number;
  readonly texts: readonly Uint8Array[];
  /** One number; other than 0 once nobody waits for the answer. */
  readonly stop: Int32Array;
}

export type ToThread = Job | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unusable'; readonly message: string }
  | { readonly kind: 'read'; readonly id: number; readonly at: number; readonly names: readonly GivenName[] }
  /** The job is over; what has not been answered was not read. */
  | { readonly kind: 'over'; readonly id: number; readonly failure: string | null };

const port = parentPort;
if (port === null) throw new Error('this file is a thread of Weir');

const tell = (message: FromThread): void => port.postMessage(message);

let model: LoadedModel | null = null;
try {
  if (!isObject(workerData) || typeof workerData['folder'] !== 'string') throw new Error('no folder');
  model = await loadModel(workerData['folder']);
} catch (error) {
  if (!(error instanceof WeirError)) throw error;
  const cause = error.cause instanceof Error ? ` (${firstLine(error.cause.message)})` : '';
  tell({ kind: 'unusable', message: `${error.message}${cause}` });
}
if (model !== null) serve(model);

/** What a library says of a file may be long. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').slice(0, 200);
}

function serve(loaded: LoadedModel): void {
  let tail = Promise.resolve();
  port?.on('message', (message: ToThread) => {
    tail = tail.then(async () => {
      if (message.kind === 'read') return await work(loaded, message);
      await loaded.close();
      port?.close();
    });
  });
  tell({ kind: 'ready' });
}

async function work(loaded: LoadedModel, { id, texts, stop }: Job): Promise<void> {
  const isStopped = (): boolean => Atomics.load(stop, 0) !== 0;
  let failure: string | null = null;
  for (const [at, bytes] of texts.entries()) {
    if (isStopped()) break;
    try {
      const names = await readBytes(loaded, bytes, isStopped);
      if (names === null) break;
      tell({ kind: 'read', id, at, names });
    } catch (error) {
      // Its message may quote what the model was given: only its kind goes on.
      failure = error instanceof Error ? error.name : typeof error;
      break;
    }
  }
  tell({ kind: 'over', id, failure });
}

/** Names in bytes of the text. What is no UTF-8 is read a byte a character, so that places hold. */
async function readBytes(
  loaded: LoadedModel,
  bytes: Uint8Array,
  isStopped: () => boolean,
): Promise<readonly GivenName[] | null> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isUtf8(buffer)) return await loaded.read(buffer.toString('latin1'), isStopped);
  const text = buffer.toString('utf8');
  const names = await loaded.read(text, isStopped);
  if (names === null || text.length === buffer.length) return names;
  let unit = 0;
  let byte = 0;
  const byteOf = (to: number): number => {
    byte += Buffer.byteLength(text.slice(unit, to));
    unit = to;
    return byte;
  };
  return names.map((name) => ({ ...name, start: byteOf(name.start), end: byteOf(name.end) }));
}
