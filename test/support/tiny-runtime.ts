/**
 * A stand-in for onnxruntime-node: it reads the graph of an ONNX file and carries out Gather and MatMul, which is what
 * the tiny model is made of. A file `run-ms` beside the model makes each run slow; one `run-throws` makes it fail, one
 * `run-exits` ends the thread, and `run-count` gets a byte a run.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Field {
  readonly field: number;
  readonly value: number;
  readonly bytes: Buffer;
}

function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = message[at++];
      if (byte === undefined) throw new Error('cut short');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const kind = key % 8;
    if (kind !== 0 && kind !== 2) throw new Error('no ONNX that is known here');
    const value = varint();
    yield { field: Math.floor(key / 8), value, bytes: kind === 2 ? message.subarray(at, at + value) : Buffer.alloc(0) };
    if (kind === 2) at += value;
  }
}

function all(message: Buffer, field: number): Field[] {
  return [...fieldsOf(message)].filter((one) => one.field === field);
}

function texts(message: Buffer, field: number): string[] {
  return all(message, field).map((one) => one.bytes.toString());
}

interface Matrix {
  readonly dims: readonly number[];
  readonly values: Float32Array;
}

function matrixOf(tensor: Buffer): readonly [string, Matrix] {
  const [raw] = all(tensor, 9);
  const data = raw?.bytes ?? Buffer.alloc(0);
  const values = Float32Array.from({ length: data.length / 4 }, (_, k) => data.readFloatLE(k * 4));
  return [texts(tensor, 8)[0] ?? '', { dims: all(tensor, 1).map((one) => one.value), values }];
}

export class Tensor {
  readonly type: string;
  readonly data: ArrayLike<number | bigint>;
  readonly dims: readonly number[];

  constructor(type: string, data: ArrayLike<number | bigint>, dims: readonly number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

export class InferenceSession {
  readonly #folder: string;
  readonly #graph: Buffer;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];

  constructor(path: string) {
    const [graph] = all(readFileSync(path), 7);
    if (graph === undefined) throw new Error('no graph in it');
    this.#folder = dirname(path);
    this.#graph = graph.bytes;
    this.inputNames = all(this.#graph, 11).map((one) => texts(one.bytes, 1)[0] ?? '');
    this.outputNames = all(this.#graph, 12).map((one) => texts(one.bytes, 1)[0] ?? '');
  }

  static async create(path: string): Promise<InferenceSession> {
    return new InferenceSession(path);
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (existsSync(join(this.#folder, 'run-throws'))) throw new RangeError('what a library says, with a text in it');
    if (existsSync(join(this.#folder, 'run-exits'))) process.exit(7);
    if (existsSync(join(this.#folder, 'run-ms'))) {
      const ms = Number(readFileSync(join(this.#folder, 'run-ms'), 'utf8'));
      // As the real one: the thread does nothing else meanwhile.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    }
    const counted = join(this.#folder, 'run-count');
    if (existsSync(counted)) appendFileSync(counted, '.');
    for (const name of this.inputNames) if (feeds[name] === undefined) throw new Error(`input ${name} is missing`);
    const known = new Map<string, Matrix>(all(this.#graph, 5).map((one) => matrixOf(one.bytes)));
    for (const [name, { data, dims }] of Object.entries(feeds))
      known.set(name, { dims, values: Float32Array.from({ length: data.length }, (_, k) => Number(data[k])) });
    for (const { bytes } of all(this.#graph, 1)) {
      const [a, b] = texts(bytes, 1).map((name) => known.get(name));
      const [op] = texts(bytes, 4);
      if (a === undefined || b === undefined) throw new Error('a node without its inputs');
      known.set(
        texts(bytes, 2)[0] ?? '',
        op === 'Gather' ? gather(a, b) : op === 'MatMul' ? multiply(a, b) : unknown(),
      );
    }
    return Object.fromEntries(
      this.outputNames.map((name) => {
        const { dims, values } = known.get(name) ?? unknown();
        return [name, new Tensor('float32', values, dims)];
      }),
    );
  }

  async release(): Promise<void> {}
}

function unknown(): never {
  throw new Error('an operator that is not known here');
}

function gather(table: Matrix, at: Matrix): Matrix {
  const [rows = 0, width = 0] = table.dims;
  const values = new Float32Array(at.values.length * width);
  for (const [n, row] of at.values.entries()) {
    if (row < 0 || row >= rows) throw new RangeError('a number beyond the vocabulary');
    values.set(table.values.subarray(row * width, (row + 1) * width), n * width);
  }
  return { dims: [...at.dims, width], values };
}

function multiply(a: Matrix, b: Matrix): Matrix {
  const [height = 0, width = 0] = b.dims;
  const rows = a.values.length / height;
  const values = new Float32Array(rows * width);
  for (let n = 0; n < rows; n++)
    for (let k = 0; k < width; k++) {
      let sum = 0;
      for (let m = 0; m < height; m++)
        sum += (a.values[n * height + m] as number) * (b.values[m * width + k] as number);
      values[n * width + k] = sum;
    }
  return { dims: [...a.dims.slice(0, -1), width], values };
}
