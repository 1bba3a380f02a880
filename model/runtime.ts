/**
 * What is used of onnxruntime-node, an optional peer that is looked for beside the model first and then beside Weir. It
 * is loaded in the model's own thread only.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isObject } from './json-reading.ts';
import { unusable } from './model-error.ts';

export interface Output {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<unknown>;
}

export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, Output>>>;
  release?(): Promise<void>;
}

export interface Runtime {
  readonly InferenceSession: { create(path: string, options: object): Promise<Session> };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown;
}

export const RUNTIME = 'onnxruntime-node';

/** Throws WeirError `model_unusable`. */
export async function loadRuntime(folder: string): Promise<Runtime> {
  const place = [join(folder, 'package.json'), import.meta.url].map(resolvedFrom).find((path) => path !== null);
  if (place === undefined || place === null) {
    throw unusable(
      folder,
      `it needs the package ${RUNTIME}, which is not installed. Either beside Weir or in the model's folder: npm install --ignore-scripts ${RUNTIME}`,
    );
  }
  let loaded: unknown;
  try {
    loaded = await import(pathToFileURL(place).href);
  } catch (error) {
    throw unusable(folder, `the package ${RUNTIME} does not load on this host`, error);
  }
  const runtime = [loaded, isObject(loaded) ? loaded['default'] : null].find(isRuntime);
  if (runtime === undefined) throw unusable(folder, `the package ${RUNTIME} is not one that Weir knows`);
  return runtime;
}

function resolvedFrom(place: string): string | null {
  try {
    return createRequire(place).resolve(RUNTIME);
  } catch {
    return null;
  }
}

function isRuntime(value: unknown): value is Runtime {
  if (typeof value !== 'object' || value === null || !('InferenceSession' in value) || !('Tensor' in value))
    return false;
  const { InferenceSession, Tensor } = value;
  return (
    typeof InferenceSession === 'function' &&
    'create' in InferenceSession &&
    typeof InferenceSession.create === 'function' &&
    typeof Tensor === 'function'
  );
}
