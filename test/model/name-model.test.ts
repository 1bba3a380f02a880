/**
 * A model in its thread, from a folder that the test makes: what it finds, what it is bounded by, and what is told when
 * it cannot be used. With the stand-in runtime always, with onnxruntime-node itself where that is installed.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ORGANISATION, PERSON, PLACE } from '../../engine/names/labels.ts';
import { WeirError } from '../../flow/errors.ts';
import { type NameModel, type NameModelOptions, openNameModel } from '../../model/name-model.ts';
import { windowsOf } from '../../model/windows.ts';
import { addStandInRuntime, countRuns, setRunTime, type TinyModel, writeTinyModel } from '../support/tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-model-'));
after(() => rmSync(root, { recursive: true, force: true }));

const WORDS: TinyModel['words'] = {
  zorblat: 'B-PER',
  quuxley: 'I-PER',
  o: 'B-PER',
  brennak: 'B-PER',
  fnordheim: 'B-LOC',
  blivet: 'B-ORG',
  works: 'I-ORG',
  gizmo: 'B-MISC',
};

let made = 0;
function folderOf(model: Partial<TinyModel> = {}): string {
  const folder = join(root, `model-${++made}`);
  writeTinyModel(folder, { words: WORDS, ...model });
  addStandInRuntime(folder);
  return folder;
}

const log: string[] = [];
function open(folder: string, more: Partial<NameModelOptions> = {}): Promise<NameModel> {
  return openNameModel({ folder, key: randomBytes(32), log: (line) => log.push(line), ...more });
}

async function found(model: NameModel, text: string): Promise<readonly string[]> {
  const bytes = Buffer.from(text);
  const { names, isWhole } = await model.read([bytes], null);
  assert.ok(isWhole);
  return (names[0] ?? []).map(({ kind, start, end }) => `${kind} ${bytes.toString('utf8', start, end)}`);
}

const PER = PERSON;
const LOC = PLACE;
const ORG = ORGANISATION;

async function findsNames(model: NameModel): Promise<void> {
  assert.deepEqual(await found(model, 'Dear Zorblat Quuxley, welcome to Fnordheim.'), [
    `${PER} Zorblat Quuxley`,
    `${LOC} Fnordheim`,
  ]);
  // Places are those of the bytes; case and accents are the tokenizer's business.
  assert.deepEqual(await found(model, '😀 für zórblat in FNORDHEIM — gizmo'), [`${PER} zórblat`, `${LOC} FNORDHEIM`]);
  assert.deepEqual(await found(model, "O'Brennak of Blivet Works"), [`${PER} O'Brennak`, `${ORG} Blivet Works`]);
  assert.deepEqual(await found(model, 'zorblat zorblat\nquuxley'), [
    `${PER} zorblat`,
    `${PER} zorblat`,
    `${PER} quuxley`,
  ]);
  assert.deepEqual(await found(model, 'nothing of the kind'), []);
  assert.deepEqual(await found(model, ''), []);
  // Far more than one window, and a name where two windows meet as well as elsewhere.
  const long = `${'filler '.repeat(90)}zorblat quuxley `.repeat(60);
  assert.deepEqual(
    await found(model, long),
    Array.from({ length: 60 }, () => `${PER} zorblat quuxley`),
  );
}

describe('a model', () => {
  let folder: string;
  let model: NameModel;
  before(async () => {
    folder = folderOf();
    model = await open(folder);
  });
  after(() => model.close());

  test('finds persons, places and organisations, in places of the bytes', () => findsNames(model));

  test('reads any bytes', async () => {
    const text = Buffer.concat([Buffer.from([0xff, 0xfe, 0x20]), Buffer.from('zorblat'), Buffer.from([0x20, 0x80])]);
    const { names } = await model.read([text], null);
    assert.deepEqual(
      names[0]?.map(({ start, end }) => text.toString('latin1', start, end)),
      ['zorblat'],
    );
    const odd = ['\u0000', '\ud800 zorblat', 'x'.repeat(300_000), ' '.repeat(100_000), '@'.repeat(5000)];
    for (const one of odd) assert.equal((await model.read([Buffer.from(one)], null)).isWhole, true);
  });

  test('answers several texts each at its place, one that it has read before without reading it again', async () => {
    const texts = ['zorblat', 'nobody', 'in fnordheim'].map((text) => Buffer.from(text));
    const { names } = await model.read(texts, null);
    assert.deepEqual(
      names.map((list) => list.map(({ kind }) => kind)),
      [[PER], [], [LOC]],
    );
    setRunTime(folder, 60_000);
    const again = await model.read(texts, 50);
    assert.deepEqual(again, { names, isWhole: true });
    setRunTime(folder, 0);
  });
});

describe('what a model is bounded by', () => {
  test('time: what is not read by then is left out and told, and the next call is answered', async () => {
    const folder = folderOf();
    const model = await open(folder);
    try {
      await model.read([Buffer.from('zorblat one')], null);
      setRunTime(folder, 150);
      const texts = ['zorblat one', ...Array.from({ length: 20 }, (_, n) => `zorblat ${n}`)];
      const from = performance.now();
      const { names, isWhole } = await model.read(
        texts.map((text) => Buffer.from(text)),
        300,
      );
      assert.ok(performance.now() - from < 3000, 'twenty runs take longer');
      assert.equal(isWhole, false);
      assert.equal(names.length, texts.length);
      assert.equal(names[0]?.length, 1, 'what was known is in it');
      assert.deepEqual(names.at(-1), []);
      setRunTime(folder, 0);
      assert.deepEqual(await found(model, 'in fnordheim'), [`${LOC} fnordheim`]);
    } finally {
      await model.close();
    }
  });

  test('what came too late is read on while nobody else asks, so that the next turn finds it', async () => {
    const folder = folderOf();
    const model = await open(folder);
    try {
      setRunTime(folder, 100);
      const texts = ['zorblat 1', 'zorblat 2', 'zorblat 3', 'zorblat 4'].map((text) => Buffer.from(text));
      assert.equal((await model.read(texts, 150)).isWhole, false);
      // Behind it in the thread, and stopping it; asked again and again it is whole after some of them.
      let turns = 0;
      while (!(await model.read(texts, 150)).isWhole) assert.ok(++turns < 50);
      const long = [Buffer.from(`zorblat ${'word '.repeat(2000)}`)];
      const runs = windowsOf(2001, 254).length;
      const before = countRuns(folder);
      assert.equal((await model.read(long, 150)).isWhole, false, 'all windows of it take longer');
      const deadline = performance.now() + 20_000;
      while (countRuns(folder) < before + runs && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20));
      // No call waits long enough to read it all, and each stops the one before: what makes it whole is the first.
      turns = 0;
      while (!(await model.read(long, 150)).isWhole) assert.ok(++turns < 5);
    } finally {
      setRunTime(folder, 0);
      await model.close();
    }
  });

  test('time, also for a text so long that taking it apart takes longer', async () => {
    const model = await open(folderOf());
    try {
      const from = performance.now();
      const { isWhole } = await model.read([Buffer.from('a b, '.repeat(1_000_000))], 200);
      assert.equal(isWhole, false);
      assert.deepEqual(await found(model, 'in fnordheim'), [`${LOC} fnordheim`]);
      assert.ok(performance.now() - from < 5000, 'the next text did not wait for it');
    } finally {
      await model.close();
    }
  });

  test('room: beyond it nothing waits', async () => {
    const folder = folderOf();
    const model = await open(folder, { maxWaitingBytes: 100 });
    try {
      setRunTime(folder, 100);
      const first = model.read([Buffer.from(`zorblat ${'a '.repeat(30)}`)], null);
      const second = await model.read([Buffer.from(`zorblat ${'b '.repeat(30)}`)], null);
      assert.deepEqual(second, { names: [[]], isWhole: false });
      assert.equal((await first).isWhole, true);
      assert.equal((await model.read([Buffer.from(`zorblat ${'b '.repeat(30)}`)], null)).isWhole, true);
    } finally {
      await model.close();
    }
  });

  test('a failure: it is told once, by its kind alone, and is coverage', async () => {
    const folder = folderOf();
    const model = await open(folder);
    try {
      writeFileSync(join(folder, 'run-throws'), '');
      log.length = 0;
      for (let n = 0; n < 3; n++)
        assert.deepEqual(await model.read([Buffer.from(`zorblat ${n}`)], null), { names: [[]], isWhole: false });
      assert.deepEqual(log, ['weir: the model fails on a text (RangeError); further failures are told as coverage']);
    } finally {
      await model.close();
    }
  });

  test('the end of its thread: what waits is answered, and another is started', async () => {
    const folder = folderOf();
    const model = await open(folder);
    try {
      writeFileSync(join(folder, 'run-exits'), '');
      log.length = 0;
      assert.deepEqual(await model.read([Buffer.from('zorblat')], null), { names: [[]], isWhole: false });
      assert.deepEqual(await model.read([Buffer.from('zorblat')], null), { names: [[]], isWhole: false });
      assert.match(log.join('\n'), /the model's thread ended; it is started again in 1 s/);
      rmSync(join(folder, 'run-exits'));
      const deadline = performance.now() + 20_000;
      let isWhole = false;
      // Started again after a second; nothing says when it is ready but its answer.
      while (!isWhole && performance.now() < deadline) {
        ({ isWhole } = await model.read([Buffer.from('zorblat')], 1000));
        if (!isWhole) await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.ok(isWhole);
    } finally {
      await model.close();
    }
  });
});

describe('a model that cannot be used', () => {
  async function refusal(folder: string): Promise<string> {
    try {
      const model = await open(folder);
      await model.close();
    } catch (error) {
      assert.ok(error instanceof WeirError && error.code === 'model_unusable', String(error));
      assert.ok(error.message.startsWith(`${folder}: `), error.message);
      return error.message.slice(folder.length + 2);
    }
    assert.fail('it was opened');
  }
  const write = (folder: string, name: string, value: unknown): void =>
    writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));

  test('is refused at the start, with what is missing', async () => {
    assert.equal(await refusal(join(root, 'nowhere')), 'no such folder');
    const empty = join(root, 'empty');
    mkdirSync(empty);
    assert.equal(await refusal(empty), 'no model.onnx in it');
    write(empty, 'model.onnx', 'x');
    assert.equal(await refusal(empty), 'no config.json in it');
    write(empty, 'config.json', {});
    assert.equal(await refusal(empty), 'config.json has no id2label');
    write(empty, 'config.json', { id2label: { 0: 'O', 1: 'B-DISEASE' } });
    assert.match(await refusal(empty), /no label for persons, places or organisations/);
    write(empty, 'config.json', { id2label: { 0: 'O', 2: 'PER' } });
    assert.equal(await refusal(empty), 'id2label of config.json has gaps');
    write(empty, 'config.json', { id2label: { 0: 'O', 1: 'PER' } });
    assert.equal(await refusal(empty), 'neither tokenizer.json nor vocab.txt in it');
    write(empty, 'tokenizer.json', '{');
    assert.equal(await refusal(empty), 'tokenizer.json is not JSON');
    write(empty, 'tokenizer.json', { model: { type: 'WordLevel', vocab: { a: 0 } } });
    assert.equal(await refusal(empty), 'tokenizer.json: a vocabulary of the kind "WordLevel"');
  });

  test('without the runtime it says what to install, and where', async (t) => {
    if (isRealThere()) return t.skip('onnxruntime-node is installed');
    const folder = folderOf();
    rmSync(join(folder, 'node_modules'), { recursive: true });
    assert.match(
      await refusal(folder),
      /^it needs the package onnxruntime-node, which is not installed\. .* npm install --ignore-scripts onnxruntime-node$/,
    );
  });

  test('a package of that name that is another is refused', async () => {
    const folder = folderOf();
    writeFileSync(join(folder, 'node_modules/onnxruntime-node/index.mjs'), 'export const x = 1;\n');
    assert.equal(await refusal(folder), 'the package onnxruntime-node is not one that Weir knows');
    writeFileSync(join(folder, 'node_modules/onnxruntime-node/index.mjs'), 'throw new Error("no such library");\n');
    assert.match(await refusal(folder), /does not load on this host \(no such library\)/);
  });

  test('network, tokenizer and labels that do not belong together are refused', async () => {
    const broken = folderOf();
    write(broken, 'model.onnx', 'not a network');
    assert.match(await refusal(broken), /^model\.onnx cannot be read as an ONNX model/);
    const fewer = folderOf();
    write(fewer, 'config.json', { id2label: { 0: 'O', 1: 'B-PER' } });
    assert.match(await refusal(fewer), /^the model answers with 1×\d+×8 numbers; expected 1×\d+×2/);
    const more = folderOf({ inputs: ['attention_mask', 'pixel_values'] });
    assert.equal(await refusal(more), 'the model asks for the input "pixel_values"');
    const other = folderOf();
    writeFileSync(
      join(other, 'vocab.txt'),
      ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...Array.from({ length: 50 }, (_, n) => `x${n}`), 'mary'].join('\n'),
    );
    assert.match(await refusal(other), /^the model fails on a first text; do tokenizer and network belong together\?/);
  });
});

function realRuntime(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch {
    return null;
  }
}

function isRealThere(): boolean {
  return realRuntime() !== null;
}

test('with onnxruntime-node itself the same names are found', async (t) => {
  const real = realRuntime();
  if (real === null)
    return t.skip('onnxruntime-node is not installed (npm install --no-save --ignore-scripts onnxruntime-node)');
  const folder = join(root, 'real');
  writeTinyModel(folder, { words: WORDS });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(real, join(folder, 'node_modules/onnxruntime-node'));
  const model = await open(folder);
  try {
    await findsNames(model);
  } finally {
    await model.close();
  }
});
