/**
 * A model from its folder: the network, its tokenizer, its labels; checked with one run at the start, so that what does
 * not fit together is told before the first text. It reads one text at a time.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { GivenName } from '../engine/names/given.ts';
import { isObject, type JsonObject } from './json-reading.ts';
import { type Label, labelsOf } from './labels.ts';
import { unusable } from './model-error.ts';
import { loadRuntime, type Output, type Runtime, type Session } from './runtime.ts';
import { bertTokenizer, longestText, type Tokenizer, tokenizerOf } from './tokenizer.ts';
import { framed, MOST_TOKENS, namesOf, type WordScore, windowsOf, wordScore } from './windows.ts';

const NETWORKS = ['model.onnx', 'onnx/model.onnx'];
/** Larger files beside a model are none that belong to one, bytes. */
const MAX_JSON = 128 << 20;
const INPUTS: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];

export interface LoadedModel {
  /** Names in a text, UTF-16 units. `isStopped` is asked before each window; null where it said yes. */
  read(text: string, isStopped: () => boolean): Promise<readonly GivenName[] | null>;
  close(): Promise<void>;
}

/** Throws WeirError `model_unusable`. */
export async function loadModel(folder: string): Promise<LoadedModel> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw unusable(folder, 'no such folder');
  const network = NETWORKS.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (network === undefined) throw unusable(folder, 'no model.onnx in it');
  const config = readJson(folder, 'config.json');
  if (config === null) throw unusable(folder, 'no config.json in it');
  const labels = understood(folder, () => labelsOf(config));
  const tokenizer = readTokenizer(folder);
  const most = Math.min(MOST_TOKENS, longestText(config) ?? MOST_TOKENS);
  const runtime = await loadRuntime(folder);
  let session: Session;
  try {
    // Half of the cores: the others are for the proxy.
    const intraOpNumThreads = Math.max(1, availableParallelism() >> 1);
    session = await runtime.InferenceSession.create(network, { executionProviders: ['cpu'], intraOpNumThreads });
  } catch (error) {
    throw unusable(folder, `${network.slice(folder.length + 1)} cannot be read as an ONNX model`, error);
  }
  const model = new Model(runtime, session, tokenizer, labels, most - tokenizer.before.length - tokenizer.after.length);
  try {
    await model.check();
  } catch (error) {
    throw unusable(folder, wordsOf(error), error instanceof Error ? error.cause : error);
  }
  return model;
}

function understood<T>(folder: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw unusable(folder, wordsOf(error));
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it is not understood';
}

/** Null where there is no such file. */
function readJson(folder: string, name: string): JsonObject | null {
  const text = readText(folder, name);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unusable(folder, `${name} is not JSON`);
  }
  if (!isObject(value)) throw unusable(folder, `${name} is no JSON object`);
  return value;
}

function readText(folder: string, name: string): string | null {
  const path = join(folder, name);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return null;
  if (size > MAX_JSON) throw unusable(folder, `${name} is too large`);
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unusable(folder, `${name} cannot be read`, error);
  }
}

function readTokenizer(folder: string): Tokenizer {
  const json = readJson(folder, 'tokenizer.json');
  if (json !== null) return named(folder, 'tokenizer.json', () => tokenizerOf(json));
  const vocabulary = readText(folder, 'vocab.txt');
  if (vocabulary === null) throw unusable(folder, 'neither tokenizer.json nor vocab.txt in it');
  const lines = vocabulary.replace(/\r?\n$/, '').split(/\r?\n/);
  const config = readJson(folder, 'tokenizer_config.json') ?? {};
  return named(folder, 'vocab.txt', () => bertTokenizer(lines, config));
}

function named(folder: string, file: string, make: () => Tokenizer): Tokenizer {
  try {
    return make();
  } catch (error) {
    throw unusable(folder, `${file}: ${wordsOf(error)}`);
  }
}

class Model implements LoadedModel {
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #tokenizer: Tokenizer;
  readonly #labels: readonly Label[];
  readonly #most: number;

  constructor(runtime: Runtime, session: Session, tokenizer: Tokenizer, labels: readonly Label[], most: number) {
    this.#runtime = runtime;
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#labels = labels;
    this.#most = most;
  }

  /** Throws Error for a network that is no classifier of tokens with these labels. */
  async check(): Promise<void> {
    const { inputNames } = this.#session;
    const unknown = inputNames.find((name) => !INPUTS.includes(name));
    if (unknown !== undefined) throw new Error(`the model asks for the input "${unknown.slice(0, 40)}"`);
    if (!inputNames.includes('input_ids')) throw new Error('the model has no input "input_ids"');
    if (this.#most < 8) throw new Error('the model reads too few tokens at once');
    const text = this.#tokenizer.encode('Mary Jones lives in Paris.');
    const ids = [...this.#tokenizer.before, ...text.ids, ...this.#tokenizer.after];
    if (text.ids.length === 0) throw new Error('the tokenizer makes no tokens');
    let output: Output;
    try {
      output = await this.#run(ids);
    } catch (error) {
      throw new Error('the model fails on a first text; do tokenizer and network belong together?', { cause: error });
    }
    const { type, dims } = output;
    if (type !== 'float32') throw new Error(`the model answers in ${type}; expected float32`);
    const isFitting = dims.length === 3 && dims[0] === 1 && dims[1] === ids.length && dims[2] === this.#labels.length;
    if (!isFitting) {
      const expected = `1×${ids.length}×${this.#labels.length} (a score a token and label)`;
      throw new Error(`the model answers with ${dims.join('×')} numbers; expected ${expected}`);
    }
  }

  async #run(ids: readonly number[]): Promise<Output> {
    const tensor = (value: (at: number) => number): unknown =>
      new this.#runtime.Tensor(
        'int64',
        BigInt64Array.from(ids, (_, at) => BigInt(value(at))),
        [1, ids.length],
      );
    const values: Readonly<Record<string, (at: number) => number>> = {
      input_ids: (at) => ids[at] ?? 0,
      attention_mask: () => 1,
      token_type_ids: () => 0,
      position_ids: (at) => at,
    };
    const feeds: Record<string, unknown> = {};
    for (const name of this.#session.inputNames) feeds[name] = tensor(values[name] ?? (() => 0));
    const outputs = await this.#session.run(feeds);
    const output = outputs['logits'] ?? outputs[this.#session.outputNames[0] ?? ''];
    if (output === undefined) throw new Error('the model answers with nothing');
    return output;
  }

  async read(text: string, isStopped: () => boolean): Promise<readonly GivenName[] | null> {
    const encoding = this.#tokenizer.encodeUnless(isStopped, text);
    if (encoding === null) return null;
    const { before } = this.#tokenizer;
    const scores: (WordScore | null)[] = new Array(encoding.ids.length).fill(null);
    for (const window of windowsOf(encoding.ids.length, this.#most)) {
      if (isStopped()) return null;
      const { data } = await this.#run(framed(encoding, window, this.#tokenizer));
      const logits = data as ArrayLike<number>;
      for (let i = window.ownFrom; i < window.ownTo; i++) {
        if (encoding.isFirst[i] !== true) continue;
        scores[i] = wordScore(logits, (before.length + i - window.from) * this.#labels.length, this.#labels);
      }
    }
    return namesOf(text, encoding, scores);
  }

  async close(): Promise<void> {
    await this.#session.release?.();
  }
}
