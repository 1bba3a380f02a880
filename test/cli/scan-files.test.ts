import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { encodingOf, Utf8Pieces } from '../../cli/scan/encoding.ts';
import { scannedWindows, scanSource } from '../../cli/scan/file-scan.ts';
import { openFile } from '../../cli/scan/open-file.ts';
import { PlaceCounter } from '../../cli/scan/place-counter.ts';
import { terminalProgress } from '../../cli/scan/progress.ts';
import { redactSource } from '../../cli/scan/redact.ts';
import { wholeText } from '../../cli/scan/source.ts';
import { windowsOf } from '../../cli/scan/windows.ts';
import { packageRoot } from '../../config/package-root.ts';
import { placesOf, utf16Offsets } from '../../engine/scan/offsets.ts';
import { createScanner } from '../../engine/scan/scanner.ts';
import { everySplit, seeded } from '../support/every-split.ts';
import { CARD, filesIn, MAIL, makeScanPlace, OTHER_CARD, type ScanPlace } from './scan-place.ts';

let place: ScanPlace;
beforeEach(() => {
  place = makeScanPlace();
});
afterEach(() => place.remove());

const isRoot = process.getuid?.() === 0;

async function coverageOf(args: readonly string[]): Promise<Record<string, number>> {
  return JSON.parse((await place.scan([...args, '--json'])).out).summary.coverage;
}

describe('a folder that weir scan walks', () => {
  it('is walked without what .gitignore names, nested, negated and from above, and each skip is counted', async () => {
    place.git('init', '--quiet');
    place.write('.gitignore', '*.log\n/build/\n!keep.log\n');
    place.write('.git/info/exclude', 'private.txt\n');
    place.write('src/.gitignore', '!loud.log\ngenerated/\n');
    for (const name of [
      'a.txt',
      'a.log',
      'keep.log',
      'build/x.txt',
      'src/build/x.txt',
      'src/loud.log',
      'src/generated/x.txt',
      'private.txt',
      'src/A.LOG',
    ]) {
      place.write(name, CARD);
    }
    const { code, out, err } = await place.scan(['.']);
    assert.equal(code, 1);
    const expected = ['a.txt', 'keep.log', 'src/A.LOG', 'src/build/x.txt', 'src/loud.log'];
    assert.deepEqual(filesIn(out), expected);
    assert.match(err, /4 opaque: ignored/);
    assert.deepEqual(filesIn((await place.scan(['src'])).out), expected.slice(2), 'rules above the folder hold');
    assert.equal(filesIn((await place.scan(['.', '--no-ignore'])).out).length, 9);
    assert.deepEqual(filesIn((await place.scan(['a.log'])).out), ['a.log'], 'what is named itself is read');
  });

  it('is looked at where git tracks a file that .gitignore names', async () => {
    place.git('init', '--quiet');
    place.write('.gitignore', '.env\nvendor/\n');
    for (const name of ['.env', 'vendor/a/tracked.txt', 'vendor/a/other.txt', 'vendor/b/other.txt'])
      place.write(name, CARD);
    place.git('add', '--force', '.env', 'vendor/a/tracked.txt');
    assert.deepEqual(filesIn((await place.scan(['.'])).out), ['.env', 'vendor/a/tracked.txt']);
  });

  it('is looked at where it was named itself although .gitignore names it', async () => {
    place.git('init', '--quiet');
    place.write('.gitignore', 'build/\n*.log\n');
    place.write('build/inner/.gitignore', 'x.txt\n');
    for (const name of ['build/a.txt', 'build/inner/x.txt', 'build/inner/y.txt']) place.write(name, CARD);
    assert.deepEqual(filesIn((await place.scan(['build'])).out), ['build/a.txt', 'build/inner/y.txt']);
    assert.deepEqual(filesIn((await place.scan(['build/inner'])).out), ['build/inner/y.txt']);
  });

  it('leaves out what .weirignore names, a file that is named itself too', async () => {
    place.git('init', '--quiet');
    place.write('.weirignore', 'fixtures/\n*.snap\n');
    for (const name of ['fixtures/a.txt', 'src/b.snap', 'src/c.txt']) place.write(name, CARD);
    assert.deepEqual(filesIn((await place.scan(['.'])).out), ['src/c.txt']);
    const { code, err } = await place.scan(['src/b.snap', 'fixtures/a.txt']);
    assert.equal(code, 0);
    assert.match(err, /2 opaque: ignored/);
    assert.equal((await place.scan(['src/b.snap', '--no-ignore'])).code, 1);
  });

  it('stays readable with an ignore file of any bytes', async () => {
    place.write('.gitignore', Buffer.from([0xff, 0xfe, 0x0a, 0x5b, 0x7a, 0x2d, 0x61, 0x5d, 0x0a, 0x28, 0x0a, 0x5c]));
    place.write('.weirignore', '[\n[z-a]\n/\n\\\n!\n# x\n(?<\n');
    place.write('a.txt', CARD);
    assert.deepEqual(filesIn((await place.scan(['.'])).out), ['a.txt']);
  });

  it('follows no link, waits for no pipe and opens no socket', async () => {
    place.write('a/real.txt', CARD);
    symlinkSync('..', join(place.folder, 'a/loop'));
    symlinkSync('real.txt', join(place.folder, 'a/again.txt'));
    symlinkSync('nowhere', join(place.folder, 'a/broken'));
    assert.equal(spawnSync('mkfifo', [join(place.folder, 'a/pipe')]).status, 0);
    const server = createServer().listen(join(place.folder, 'a/socket'));
    try {
      const { code, out, err } = await place.scan(['.']);
      assert.equal(code, 1);
      assert.deepEqual(filesIn(out), ['a/real.txt']);
      assert.match(err, /a\/pipe: passed by, no file/);
      assert.deepEqual(await coverageOf(['.']), { full: 1, 'opaque: symlink': 3, 'opaque: special': 2 });
    } finally {
      server.close();
    }
  });

  it('exits 2 after the rest for what may not be read', {
    skip: isRoot ? 'root reads everything' : false,
  }, async () => {
    place.write('a.txt', CARD);
    place.write('secret.txt', CARD);
    chmodSync(join(place.folder, 'secret.txt'), 0);
    const { code, out, err } = await place.scan(['.']);
    assert.equal(code, 2);
    assert.deepEqual(filesIn(out), ['a.txt']);
    assert.match(err, /^secret\.txt: permission denied/m);
  });

  it('exits 2 after the rest for a loop of links, a missing file and a name too long', async () => {
    symlinkSync('loop', join(place.folder, 'loop'));
    place.write('z.txt', CARD);
    const { code, out, err } = await place.scan(['loop', 'missing.txt', 'z.txt/x', 'n'.repeat(300), 'z.txt']);
    assert.equal(code, 2);
    assert.deepEqual(filesIn(out), ['z.txt']);
    assert.match(
      err,
      /^loop: too many symbolic links\nmissing\.txt: no such file\nz\.txt\/x: no such file\nn+: the name is too long$/m,
    );
  });

  it('opens names that are no UTF-8, and prints no control character of a name', async () => {
    const bytes = Buffer.concat([Buffer.from(`${place.folder}/`), Buffer.from([0x66, 0xff, 0xfe])]);
    mkdirSync(bytes);
    writeFileSync(Buffer.concat([bytes, Buffer.from('/'), Buffer.from([0x80])]), CARD);
    place.write('\x1b[31mred\nline', CARD);
    const { code, out, err } = await place.scan(['.']);
    assert.equal(code, 1);
    assert.equal(out.split('\n').length, 3);
    assert.ok(!`${out}${err}`.includes('\x1b'));
    assert.ok(filesIn(out).includes('f\ufffd\ufffd/\ufffd'), out);
  });
});

describe('a file that weir scan reads', () => {
  it('is a pipe where it was named itself', async () => {
    const pipe = join(place.folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    const scan = place.scan(['pipe']);
    const fd = openSync(pipe, 'r+');
    writeSync(fd, `card ${CARD}\n`);
    // The reader has it open once this end may close: data that is written stays in the pipe until then.
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(function wait() {
      spawnSync('sleep', ['0.05']);
      resolve();
    });
    await promise;
    closeSync(fd);
    assert.match((await scan).out, /^pipe:1:6: CREDIT_CARD/);
  });

  it('is not a folder that stands for standard input', () => {
    const fd = openSync(place.folder, 'r');
    const { status, stderr } = spawnSync(join(packageRoot, 'weir'), ['scan'], {
      env: { ...process.env, WEIR_HOME: place.home },
      stdio: [fd, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    closeSync(fd);
    assert.equal(status, 2);
    assert.match(stderr, /^-: is a folder/m);
  });

  it('is text with a stray NUL and broken UTF-8 in it', async () => {
    place.write('nul.txt', `${'plain words '.repeat(20)}\0 ${CARD}\n`);
    place.write('latin1.txt', Buffer.concat([Buffer.from([0xe9, 0xff, 0x20]), Buffer.from(`card ${CARD}`)]));
    const { out } = await place.scan(['.']);
    assert.match(out, /^latin1\.txt:1:9: CREDIT_CARD .*\nnul\.txt:1:243: CREDIT_CARD/);
  });

  it('is UTF-16 of either order, with a mark or without', async () => {
    const text = `Zürich 😀 card ${CARD}\n`;
    const little = Buffer.from(text, 'utf16le');
    const mark = Buffer.from([0xff, 0xfe]);
    const big = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();
    place.write('a.txt', Buffer.concat([mark, little]));
    place.write('b.txt', big(Buffer.concat([mark, little])));
    place.write('c.txt', Buffer.from(`plain card ${CARD}\n`, 'utf16le'));
    place.write('d.txt', big(Buffer.from(`plain card ${CARD}\n`, 'utf16le')));
    place.write('e.txt', Buffer.concat([mark, little.subarray(0, -1)]));
    const { out } = await place.scan(['--entities', 'CREDIT_CARD', '.']);
    assert.deepEqual(
      out.split('\n').map((line) => line.split(' ')[0]),
      ['a.txt:1:16:', 'b.txt:1:16:', 'c.txt:1:12:', 'd.txt:1:12:', 'e.txt:1:16:', ''],
    );
  });

  it('is told as read in part where it grew, shrank or was written to meanwhile', async () => {
    const change: Record<string, (path: string) => void> = {
      grown: (path) => appendFileSync(path, OTHER_CARD),
      shrunk: (path) => {
        const fd = openSync(path, 'r+');
        ftruncateSync(fd, 40 << 20);
        closeSync(fd);
      },
    };
    for (const [name, act] of Object.entries(change)) {
      const path = join(place.folder, name);
      writeFileSync(path, Buffer.alloc(41 << 20, 'words of text '));
      const source = await openFile({ name, path, isAsked: true });
      assert.equal(source.kind, 'text');
      if (source.kind !== 'text') continue;
      act(path);
      const scan = await scanSource(
        { scanner: createScanner(), filter: () => true, isEntity: () => true, marks: null, isExplained: false },
        source,
      );
      assert.deepEqual(scan.coverage, { level: 'truncated', reason: 'changed' }, name);
    }
  });

  it('is told as read in part where more is encoded in it than is decoded', async () => {
    const packed = Buffer.from('plain words and more of them '.repeat(80_000)).toString('base64');
    place.write('packed.txt', `x ${packed} y\n`);
    assert.deepEqual(await coverageOf(['packed.txt']), { 'truncated: decoding': 1 });
    assert.match((await place.scan(['packed.txt', '--redact'])).err, /packed\.txt: not all that is encoded/);
    const line = `${JSON.stringify({ id: 1, text: packed })}\n${JSON.stringify({ id: 2, text: 'x' })}\n`;
    const { out } = await place.scan(['--jsonl'], { input: line });
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((one) => JSON.parse(one).coverage.level),
      ['truncated', 'full'],
    );
  });

  it('is one line of 100 MB', async () => {
    const path = join(place.folder, 'long.txt');
    const fd = openSync(path, 'w');
    const filler = Buffer.alloc(1 << 20, 'lorem ipsum dolor ');
    const step = 10;
    for (let i = 0; i < 100; i++) {
      writeSync(fd, filler);
      if (i % step === 0) writeSync(fd, Buffer.from(` é ${CARD} `));
    }
    closeSync(fd);
    const { code, out } = await place.scan(['long.txt', '--json']);
    assert.equal(code, 1);
    const { findings, coverage } = JSON.parse(out).files[0];
    assert.deepEqual(coverage, { level: 'full', reason: null });
    const inserted = ` é ${CARD} `.length;
    assert.deepEqual(
      findings.map(({ start, column }: { start: number; column: number }) => [start, column]),
      Array.from({ length: 10 }, (_, i) => {
        const start = (i * step + 1) * filler.length + i * inserted + 3;
        return [start, start + 1];
      }),
    );
  });

  it('is passed by where it is its own baseline', async () => {
    place.write('a.txt', CARD);
    assert.equal((await place.scan(['.', '--write-baseline', 'known.json'])).code, 0);
    assert.deepEqual(await coverageOf(['.', '--baseline', 'known.json']), { full: 1, 'opaque: baseline': 1 });
  });
});

/** Words, values, line feeds and characters of all lengths, some of them values across any cut. */
function mixedText(seed: number): Buffer {
  const random = seeded(seed);
  const parts = [
    CARD,
    OTHER_CARD,
    MAIL,
    'ssn 536-90-4399',
    '\n',
    'é',
    '😀',
    'word',
    'card',
    '{"a": "',
    '"}',
    '\r\n',
    'x'.repeat(40),
  ];
  const chosen: string[] = [];
  for (let i = 0; i < 400; i++)
    chosen.push(parts[Math.floor(random() * parts.length)] ?? '', random() < 0.7 ? ' ' : '\n');
  return Buffer.from(chosen.join(''));
}

describe('a text in windows', () => {
  const scanner = createScanner();
  const sizes = { window: 1500, overlap: 400, context: 300 };

  it('has the findings, places and redaction of the text in one', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const text = mixedText(seed);
      const pieces = (): Buffer[] => {
        const random = seeded(seed);
        const cut: Buffer[] = [];
        for (let at = 0; at < text.length; ) {
          const length = Math.floor(random() * 900);
          cut.push(text.subarray(at, at + length));
          at += length;
        }
        return cut;
      };
      const plan = { scanner, filter: () => true, isEntity: () => true, marks: null, isExplained: false };
      const source = { ...wholeText('x', text), pieces: pieces() };
      const whole = await scanSource(plan, wholeText('x', text));
      const cut = await scanSource({ ...plan, sizes }, source);
      const seen = ({ findings }: typeof whole) =>
        findings.map(({ finding, start, end }) => [finding.entity, finding.score, start, end]);
      assert.ok(whole.findings.length > 20);
      assert.deepEqual(seen(cut), seen(whole), `seed ${seed}`);
      assert.equal(cut.bytes, text.length);
      let [one, many] = ['', ''];
      await redactSource(
        scanner,
        () => true,
        wholeText('x', text),
        (part) => {
          one += part;
        },
      );
      const again = { ...wholeText('x', text), pieces: pieces() };
      await redactSource(
        scanner,
        () => true,
        again,
        (part) => {
          many += part;
        },
        { sizes },
      );
      assert.equal(many, one, `seed ${seed}`);
    }
  });

  it('is handed on without a gap, and cut between characters', async () => {
    const text = Buffer.from('😀é'.repeat(3000));
    let joined = '';
    let windows = 0;
    for await (const { text: window, from, to } of windowsOf([text], sizes)) {
      joined += window.toString('utf8', from, Math.min(to, window.length));
      windows++;
    }
    assert.equal(joined, text.toString('utf8'));
    assert.ok(windows > 10);
  });

  it('is scanned once more for an empty text', async () => {
    const seen: number[] = [];
    for await (const { window } of scannedWindows(scanner, [])) seen.push(window.text.length);
    assert.deepEqual(seen, [0]);
  });

  it('has its places counted as in one pass', () => {
    const text = mixedText(7);
    const at = Array.from({ length: 50 }, (_, i) => Math.floor((text.length * i) / 50));
    const counter = new PlaceCounter();
    let base = 0;
    const places = at.map((offset) => {
      const place = counter.placeAt(text.subarray(base), offset - base);
      if (offset - base > 500) {
        counter.moveOn(text.subarray(base), offset - base);
        base = offset;
      }
      return place;
    });
    assert.deepEqual(
      places.map(({ line, column }) => ({ line, column })),
      placesOf(text, at),
    );
    assert.deepEqual(
      places.map(({ offset }) => offset),
      utf16Offsets(text, at),
    );
  });
});

describe('a place', () => {
  it('is that in the decoded text, of bytes that are no UTF-8 too', () => {
    const random = seeded(3);
    const bytes = [
      0x41, 0x0a, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0xc0, 0xed, 0xa0, 0xf4, 0x90,
    ];
    for (let round = 0; round < 2000; round++) {
      const text = Buffer.from(Array.from({ length: 12 }, () => bytes[Math.floor(random() * bytes.length)] ?? 0));
      const marked = Buffer.concat([text, Buffer.from('#')]);
      const decoded = marked.toString('utf8');
      const { line, column, offset } = new PlaceCounter().placeAt(marked, text.length);
      assert.equal(offset, decoded.length - 1, text.toString('hex'));
      assert.equal(line, decoded.split('\n').length);
      assert.equal(column, decoded.length - decoded.lastIndexOf('\n') - 1);
    }
  });
});

describe('the encoding of a file', () => {
  it('gives the same text however its bytes are cut', () => {
    const text = 'aé😀\ud83d end';
    const little = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    for (const [bytes, encoding] of [
      [little, 'utf16le'],
      [Buffer.from(little).swap16(), 'utf16be'],
      [Buffer.from(`\ufeff${text}`), 'utf8'],
    ] as const) {
      assert.equal(encodingOf(bytes), encoding);
      everySplit(bytes, (pieces) => {
        // A mark that is cut in two is left alone in UTF-8: readers hand on 8 KiB at first.
        if (encoding === 'utf8' && (pieces[0]?.length ?? 0) < 3) return;
        const decoder = new Utf8Pieces(encoding);
        const decoded = Buffer.concat([
          ...pieces.map((piece) => Buffer.from(decoder.next(Buffer.from(piece)))),
          decoder.end(),
        ]);
        assert.equal(decoded.toString('utf8'), text.toWellFormed());
      });
    }
  });

  it('is none for images, archives, UTF-32 and few bytes with a NUL', () => {
    for (const bytes of [
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d],
      [0x50, 0x4b, 3, 4, 0x14, 0, 0, 0, 8, 0],
      [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0],
      [0, 0, 0, 0x61],
      [1, 0, 2],
    ]) {
      assert.equal(encodingOf(Buffer.from(bytes)), null);
    }
    assert.equal(encodingOf(Buffer.alloc(0)), 'utf8');
  });
});

describe('progress', () => {
  it('is shown on a terminal after half a second, and wiped before anything else', () => {
    let time = 0;
    const shown: string[] = [];
    const progress = terminalProgress(
      (text) => shown.push(text),
      () => time,
    );
    progress.onFile();
    time = 400;
    progress.onBytes(1_000_000);
    assert.deepEqual(shown, []);
    time = 1000;
    progress.onBytes(1_000_000);
    time = 1010;
    progress.onBytes(1);
    assert.deepEqual(shown, ['\r\x1b[K1 file, 2.0 MB, 2.0 MB/s']);
    progress.clear();
    progress.clear();
    assert.deepEqual(shown.slice(1), ['\r\x1b[K']);
  });

  it('is shown nowhere else', async () => {
    place.write('a.txt', CARD);
    assert.ok(!(await place.scan(['a.txt'])).err.includes('\r'));
    renameSync(join(place.folder, 'a.txt'), join(place.folder, 'b.txt'));
    assert.ok(!(await place.scan(['b.txt'], { isErrTerminal: true, env: { TERM: 'dumb' } })).err.includes('\r'));
  });
});
