/**
 * A model that a test makes itself: an ONNX graph of an embedding and a matrix (a label a word), its vocabulary and its
 * configuration, in a folder as a user would have it. The bytes are written by hand, field by field (onnx.proto3).
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const TINY_LABELS = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC', 'B-ORG', 'I-ORG', 'B-MISC'] as const;
export type TinyLabel = (typeof TINY_LABELS)[number];

export interface TinyModel {
  /** Words of the vocabulary, in lower case, and the label of each; all other words are unknown and no name. */
  readonly words: Readonly<Record<string, TinyLabel>>;
  readonly labels?: readonly string[];
  /** Inputs of the graph beside `input_ids`. */
  readonly inputs?: readonly string[];
}

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];

/** Writes model.onnx, config.json and vocab.txt. */
export function writeTinyModel(folder: string, model: TinyModel): void {
  mkdirSync(folder, { recursive: true });
  const tokens = [...SPECIAL, ...Object.keys(model.words)];
  const labels = model.labels ?? TINY_LABELS;
  writeFileSync(join(folder, 'vocab.txt'), `${tokens.join('\n')}\n`);
  const id2label = Object.fromEntries(labels.map((label, id) => [id, label]));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'bert', id2label }));
  const of = tokens.map((token) => Math.max(0, TINY_LABELS.indexOf(model.words[token] ?? 'O')));
  writeFileSync(join(folder, 'model.onnx'), tinyGraph(of, labels.length, model.inputs));
}

/** Lets the folder bring its own runtime: the stand-in, under the name of the real one. */
export function addStandInRuntime(folder: string): void {
  const place = join(folder, 'node_modules/onnxruntime-node');
  mkdirSync(place, { recursive: true });
  const source = pathToFileURL(join(import.meta.dirname, 'tiny-runtime.ts')).href;
  writeFileSync(
    join(place, 'package.json'),
    JSON.stringify({ name: 'onnxruntime-node', version: '0.0.0', main: 'index.mjs' }),
  );
  writeFileSync(join(place, 'index.mjs'), `export * from ${JSON.stringify(source)};\n`);
}

/** For the stand-in alone: how long each run takes. */
export function setRunTime(folder: string, ms: number): void {
  writeFileSync(join(folder, 'run-ms'), String(ms));
}

/** For the stand-in alone: runs since the first call of this for the folder. */
export function countRuns(folder: string): number {
  const file = join(folder, 'run-count');
  if (!existsSync(file)) writeFileSync(file, '');
  return statSync(file).size;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function bytes(field: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
}

const FLOAT = 1;
const INT64 = 7;

function tensor(name: string, dims: readonly number[], values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) data.writeFloatLE(value, at * 4);
  return Buffer.concat([...dims.map((dim) => number(1, dim)), number(2, FLOAT), bytes(8, name), bytes(9, data)]);
}

function valueInfo(name: string, type: number, dims: readonly (number | string)[]): Buffer {
  const shape = dims.map((dim) => bytes(1, typeof dim === 'number' ? number(1, dim) : bytes(2, dim)));
  return Buffer.concat([bytes(1, name), bytes(2, bytes(1, number(1, type), bytes(2, ...shape)))]);
}

function node(op: string, inputs: readonly string[], output: string): Buffer {
  return Buffer.concat([...inputs.map((input) => bytes(1, input)), bytes(2, output), bytes(4, op)]);
}

/** Logits of 8 for the label of a token and 0 for the others: embedding (one number a label), times a diagonal of 8. */
function tinyGraph(
  labelOfToken: readonly number[],
  labels: number,
  inputs: readonly string[] = ['attention_mask', 'token_type_ids'],
): Buffer {
  const embedding = labelOfToken.flatMap((own) => Array.from({ length: labels }, (_, k) => (k === own ? 1 : 0)));
  const diagonal = Array.from({ length: labels * labels }, (_, k) => (k % (labels + 1) === 0 ? 8 : 0));
  const graph = Buffer.concat([
    bytes(1, node('Gather', ['embedding', 'input_ids'], 'hidden')),
    bytes(1, node('MatMul', ['hidden', 'diagonal'], 'logits')),
    bytes(2, 'tiny'),
    bytes(5, tensor('embedding', [labelOfToken.length, labels], embedding)),
    bytes(5, tensor('diagonal', [labels, labels], diagonal)),
    ...['input_ids', ...inputs].map((name) => bytes(11, valueInfo(name, INT64, ['batch', 'tokens']))),
    bytes(12, valueInfo('logits', FLOAT, ['batch', 'tokens', labels])),
  ]);
  return Buffer.concat([number(1, 8), bytes(8, bytes(1, ''), number(2, 13)), bytes(7, graph)]);
}
