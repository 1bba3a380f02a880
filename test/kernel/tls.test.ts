/** Plaintext of TLS libraries in real programs, as the loader's frames have it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { constantOf } from '../support/events-header.ts';
import { kernelSkipWithout, makeCgroup, type TestCgroup } from './host.ts';
import { bigOf, fields, numberOf, startLoader, type TestLoader, tgidOf } from './loader.ts';
import { packageFile } from './npm-package.ts';
import { type Finished, openSandbox, type Sandbox, type Started } from './sandbox.ts';
import { attached, capture, heard, makeCertificate, namesOf, requestsIn, type Stream, startServer } from './tls.ts';

const HOST = 'api.openai.com';
const OTHER = 'other.example';
const PROMPT = JSON.stringify({
  model: 'gpt-5',
  messages: [{ role: 'user', content: 'my card is 4111 1111 1111 1111' }],
});
const ADDRESS = `https://${HOST}/v1/chat/completions`;
const LIBSSL = '/usr/lib/x86_64-linux-gnu/libssl.so.3';

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('plaintext of TLS libraries', { skip: kernelSkipWithout('openssl', 'gcc') }, () => {
  let cgroup: TestCgroup;
  let sandbox: Sandbox;
  let loader: TestLoader;
  let server: Started;
  let pem = '';
  let client = '';

  before(async () => {
    cgroup = makeCgroup();
    sandbox = await openSandbox({ hosts: { [HOST]: '127.0.0.1', [OTHER]: '127.0.0.1' } });
    const certificate = makeCertificate(sandbox.folder, [HOST, OTHER]);
    pem = certificate.cert;
    server = await startServer(sandbox, certificate);
    client = join(sandbox.folder, 'tls-client');
    const source = join(packageRoot, 'bpf/test/tls-client.c');
    execFileSync('gcc', ['-O1', '-D_GNU_SOURCE', source, '-o', client, '-lssl', '-lcrypto']);
    loader = await startLoader({ cgroup });
    await attached(loader, 'libssl.so.3');
    assert.equal(await capture(loader, HOST), 0);
    assert.equal(await capture(loader, OTHER, 'WEIR_IGNORE'), 0);
  });
  after(async () => {
    await sandbox.close();
    assert.equal(await loader.stop(), 0);
    await cgroup.remove();
  });

  /** The prompt is in what was written, whole and once, and the answer in what was read. */
  async function assertHeard(ran: Finished): Promise<void> {
    assert.equal(ran.code, 0, ran.stderr);
    await loader.settle();
    const out = heard(loader, ran.pid, 'out').filter((stream) => stream.bytes.includes(PROMPT));
    assert.equal(out.length, 1, `${out.length} streams with the prompt; names: ${namesOf(loader, ran.pid).join()}`);
    const [stream] = out;
    assert.ok(stream !== undefined);
    assert.equal(stream.missing, 0);
    assert.equal(stream.role, constantOf('WEIR_CLIENT'));
    assert.equal(stream.bytes.toString('latin1').split(PROMPT).length, 2, 'the prompt stands there once');
    const answers = heard(loader, ran.pid, 'in').filter((each) => each.bytes.includes('the answer of the server'));
    assert.equal(answers.length, 1);
    assert.equal(answers[0]?.address, stream.address);
    assert.deepEqual([...new Set(namesOf(loader, ran.pid))], [HOST]);
  }

  /** The handle's records name the socket that its bytes left through. */
  async function assertJoined(tgid: number): Promise<void> {
    const connected = loader
      .all('CONNECT', (frame) => tgidOf(frame) === tgid)
      .map((frame) => fields('weir_connect', frame))
      .filter((of) => numberOf(of, 'port') === 443)
      .map((of) => bigOf(of, 'cookie'));
    assert.equal(connected.length, 1);
    const data = loader
      .all('TLS_DATA', (frame) => tgidOf(frame) === tgid)
      .map((frame) => fields('weir_tls_data', frame));
    assert.deepEqual([...new Set(data.map((of) => bigOf(of, 'cookie')))], connected);
  }

  /**
   * Runs of a program that has to be probed before it speaks, until it is: one that ends at once may be gone before the loader
   * has looked at it, and is known by a later one.
   */
  async function known(command: string, args: readonly string[], ending: string): Promise<void> {
    let isAttached = false;
    const probed = attached(loader, ending).then(() => {
      isAttached = true;
    });
    const limit = performance.now() + 60_000;
    while (!isAttached && performance.now() < limit) {
      await sandbox.run(command, args, { cgroup });
      await Promise.race([probed, new Promise((resolve) => setTimeout(resolve, 2000))]);
    }
    await probed;
  }

  for (const version of ['--http1.1', '--http2']) {
    test(`curl with ${version}: OpenSSL as a library`, { skip: kernelSkipWithout('curl') }, async () => {
      const args = ['-sS', version, '--cacert', pem, '-H', 'content-type: application/json', '-d', PROMPT, ADDRESS];
      const ran = await sandbox.run('curl', args, { cgroup });
      await assertHeard(ran);
      await assertJoined(ran.pid);
    });
  }

  test('python3 with urllib', { skip: kernelSkipWithout('python3') }, async () => {
    const script =
      'import sys, urllib.request as u; print(u.urlopen(u.Request(sys.argv[1], data=sys.argv[2].encode())).read())';
    await assertHeard(
      await sandbox.run('/usr/bin/python3', ['-c', script, ADDRESS, PROMPT], { cgroup, env: { SSL_CERT_FILE: pem } }),
    );
  });

  test('python3 with requests', { skip: kernelSkipWithout('python3') }, async (t) => {
    const script = 'import sys, requests; print(requests.post(sys.argv[1], data=sys.argv[2], verify=sys.argv[3]).text)';
    const ran = await sandbox.run('/usr/bin/python3', ['-c', script, ADDRESS, PROMPT, pem], { cgroup });
    if (ran.stderr.includes('No module named') && process.env['WEIR_TEST_INSTALL'] !== '1')
      return t.skip('python3-requests');
    await assertHeard(ran);
  });

  test('wget: GnuTLS', { skip: kernelSkipWithout('wget') }, async () => {
    await attached(loader, 'libgnutls.so.30.34.3');
    const args = ['-qO-', `--ca-certificate=${pem}`, `--post-data=${PROMPT}`, ADDRESS];
    const ran = await sandbox.run('wget', args, { cgroup });
    await assertHeard(ran);
    await assertJoined(ran.pid);
  });

  for (const [name, script] of [
    [
      'fetch',
      'const r = await fetch(process.argv[1], {method:"POST",body:process.argv[2]}); console.log(await r.text())',
    ],
    [
      'https',
      'const r = (await import("node:https")).request(process.argv[1], {method:"POST"}, (a) => a.pipe(process.stdout)); r.end(process.argv[2])',
    ],
    [
      'http2',
      `const c = (await import("node:http2")).connect(process.argv[1]); const r = c.request({":method":"POST",":path":"/v1/chat/completions"});
       r.on("end", () => c.close()).resume().end(process.argv[2])`,
    ],
  ] as const) {
    test(`node with ${name}: OpenSSL inside of the program`, async () => {
      await known(process.execPath, ['-e', ''], 'bin/node');
      const args = ['--input-type=module', '-e', script, ADDRESS, PROMPT];
      await assertHeard(await sandbox.run(process.execPath, args, { cgroup, env: { NODE_EXTRA_CA_CERTS: pem } }));
    });
  }

  test('NSS: descriptors with a TLS layer, and no other', { skip: kernelSkipWithout('gcc') }, async (t) => {
    if (!existsSync('/usr/lib/x86_64-linux-gnu/libssl3.so')) return t.skip('no libnss3 here');
    const program = join(sandbox.folder, 'nss-client');
    const source = join(packageRoot, 'bpf/test/nss-client.c');
    execFileSync('gcc', ['-O1', source, '-o', program, '-l:libssl3.so', '-l:libnss3.so', '-l:libnspr4.so']);
    const head = ['POST /v1/chat/completions HTTP/1.1', `host: ${HOST}`, 'connection: close'];
    const request = [...head, `content-length: ${PROMPT.length}`, '', PROMPT].join('\r\n');
    const running = sandbox.start(program, ['443', HOST, request], { cgroup });
    await attached(loader, 'libnspr4.so');
    running.stdin.end('\n');
    await assertHeard(await running.finished());
  });

  for (const version of ['1.4.5', '1.4.4']) {
    test(`bun ${version} with fetch: BoringSSL without symbols`, { timeout: 300_000 }, async (t) => {
      const bun = packageFile('@oven/bun-linux-x64', version, 'bin/bun');
      if ('reason' in bun) return t.skip(bun.reason);
      const script = join(sandbox.folder, 'bun.js');
      writeFileSync(
        script,
        `const r = await fetch(process.argv[2], { method: 'POST', body: process.argv[3], tls: { ca: await Bun.file(process.argv[4]).text() } });
         console.log(await r.text());`,
      );
      await known(bun.path, ['--version'], bun.path);
      await assertHeard(await sandbox.run(bun.path, [script, ADDRESS, PROMPT, pem], { cgroup }));
    });
  }

  for (const [version, go] of [
    ['1.28.1', '1.21'],
    ['1.75.0', '1.27'],
  ] as const) {
    test(`buf ${version}, built by Go ${go}`, { timeout: 300_000 }, async (t) => {
      const buf = packageFile('@bufbuild/buf-linux-x64', version, 'bin/buf');
      if ('reason' in buf) return t.skip(buf.reason);
      const schema = join(sandbox.folder, 'x.proto');
      writeFileSync(
        schema,
        'syntax="proto3"; package p; message R { string a = 1; } service S { rpc M(R) returns (R); }',
      );
      await known(buf.path, ['--version'], buf.path);
      const args = ['curl', '--cacert', pem, '--schema', schema, '-d', '{"a":"4111 1111 1111 1111"}'];
      const env = { HOME: sandbox.folder };
      const ran = await sandbox.run(buf.path, [...args, `https://${HOST}/p.S/M`], { cgroup, env });
      await loader.settle();
      const streams = heard(loader, ran.pid, 'out').filter((stream) => stream.bytes.includes('4111 1111 1111 1111'));
      assert.equal(streams.length, 1, ran.stderr);
      assert.equal(streams[0]?.missing, 0);
      assert.ok(heard(loader, ran.pid, 'in').some((stream) => stream.bytes.includes('the answer of the server')));
      assert.ok(namesOf(loader, ran.pid).includes(HOST));
    });
  }

  describe('Go', { skip: kernelSkipWithout('go') }, () => {
    const source = `package main
import ("bufio"; "bytes"; "crypto/tls"; "crypto/x509"; "fmt"; "io"; "net/http"; "os"; "strconv")
func deep(n int, c *tls.Conn, b []byte) { var pad [512]byte; pad[n%512] = 1; if n > 0 { deep(n-1, c, b); return }; c.Write(b); pad[0]++ }
func main() {
  pem, _ := os.ReadFile(os.Args[1]); pool := x509.NewCertPool(); pool.AppendCertsFromPEM(pem)
  config := &tls.Config{RootCAs: pool}
  if len(os.Args) == 5 {
    n, _ := strconv.Atoi(os.Args[4])
    config.ServerName = os.Args[3]
    bufio.NewReader(os.Stdin).ReadString('\\n')
    c, err := tls.Dial("tcp", os.Args[2], config)
    if err != nil { fmt.Println(err); os.Exit(1) }
    for i := 0; i < n; i++ {
      done := make(chan bool)
      go func() { deep(i, c, []byte(fmt.Sprintf("record %04d;", i))); done <- true }()
      <-done
    }
    c.Close(); return
  }
  bufio.NewReader(os.Stdin).ReadString('\\n')
  t := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: os.Getenv("H2") != ""}
  r, err := (&http.Client{Transport: t}).Post(os.Args[2], "application/json", bytes.NewReader([]byte(os.Args[3])))
  if err != nil { fmt.Println(err); os.Exit(1) }
  b, _ := io.ReadAll(r.Body); fmt.Println(string(b)); t.CloseIdleConnections()
}
`.replaceAll('\\\\n', '\\n');

    function build(name: string, flags: readonly string[]): string {
      const file = join(sandbox.folder, 'client.go');
      writeFileSync(file, source);
      const out = join(sandbox.folder, name);
      const env = { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOCACHE: join(tmpdir(), 'weir-go-cache') };
      execFileSync('nice', ['-n', '10', 'go', 'build', ...flags, '-o', out, file], { env });
      return out;
    }

    for (const [name, flags, h2] of [
      ['go-plain', [], ''],
      ['go-stripped', ['-ldflags', '-s -w'], ''],
      ['go-pie', ['-buildmode=pie', '-ldflags', '-s -w'], '1'],
    ] as const) {
      test(`${name} with net/http${h2 === '' ? '' : ' over HTTP/2'}`, { timeout: 300_000 }, async () => {
        const program = build(name, flags);
        const running = sandbox.start(program, [pem, ADDRESS, PROMPT], { cgroup, env: { H2: h2 } });
        await attached(loader, name);
        running.stdin.end('\n');
        await assertHeard(await running.finished());
      });
    }

    test('1,000 writes at growing depth of the stack are 1,000 calls', { timeout: 300_000 }, async () => {
      const program = build('go-deep', []);
      const running = sandbox.start(program, [pem, '127.0.0.1:8443', HOST, '1000'], { cgroup });
      await attached(loader, 'go-deep');
      running.stdin.end('\n');
      const ran = await running.finished();
      assert.equal(ran.code, 0, ran.stdout);
      await loader.settle();
      const [stream, ...others] = heard(loader, ran.pid, 'out');
      assert.ok(stream !== undefined);
      assert.deepEqual(others, []);
      assert.equal(stream.calls, 1000);
      const wanted = Array.from({ length: 1000 }, (_, index) => `record ${String(index).padStart(4, '0')};`).join('');
      assert.equal(stream.bytes.toString(), wanted);
    });
  });

  /** Runs the test's own client against the bare server; what it wrote by the server's word, and as it was heard. */
  async function runClient(args: readonly string[]): Promise<{ ran: Finished; streams: readonly Stream[] }> {
    const ran = await sandbox.run(client, args, { cgroup });
    assert.equal(ran.code, 0, ran.stderr);
    await loader.settle();
    return { ran, streams: heard(loader, ran.pid, 'out') };
  }

  /** The server says it a moment after the client has gone. */
  async function serverSaw(bytes: Buffer): Promise<void> {
    const hash = digest(bytes);
    const said = await server.says(hash);
    assert.equal(requestsIn(said).find((request) => request.sha256 === hash)?.bytes, bytes.length);
  }

  for (const mode of ['sizes', 'sizes-ex']) {
    for (const size of [0, 1, 16_383, 16_384, 16_385, 23 * 1024, 256 * 1024]) {
      test(`${mode}: one write of ${size} bytes is heard to the byte`, async () => {
        const { streams } = await runClient([mode, '8443', HOST, String(size), String(size)]);
        if (size === 0) return assert.deepEqual(streams, []);
        assert.equal(streams.length, 1);
        const [stream] = streams;
        assert.ok(stream !== undefined);
        assert.deepEqual([stream.bytes.length, stream.missing, stream.isTruncated], [size, 0, false]);
        await serverSaw(stream.bytes);
      });
    }
  }

  test('one write of more than 256 KiB is heard so far and says so', async () => {
    const { streams } = await runClient(['sizes', '8443', HOST, '5', String(256 * 1024 + 1), '10']);
    const [stream] = streams;
    assert.ok(stream !== undefined);
    assert.deepEqual([stream.bytes.length, stream.missing, stream.isTruncated], [256 * 1024 + 10, 1, true]);
  });

  test('non-blocking writes to a reader that sleeps: what is tried again is heard once', {
    timeout: 180_000,
  }, async () => {
    const slow = await openSandbox({ hosts: { [HOST]: '127.0.0.1' } });
    try {
      const sleeper = await startServer(slow, makeCertificate(slow.folder, [HOST]), 1000);
      const ran = await slow.run(client, ['slow', '8443', HOST, '11', '16384', '512'], { cgroup });
      assert.equal(ran.code, 0, ran.stderr);
      assert.ok(Number(/retries (\d+)/.exec(ran.stdout)?.[1]) > 0, 'nothing had to be tried again');
      await loader.settle();
      const streams = heard(loader, ran.pid, 'out');
      assert.equal(streams.length, 1);
      assert.equal(streams[0]?.missing, 0);
      const bytes = streams[0]?.bytes ?? Buffer.alloc(0);
      assert.equal(bytes.length, 512 * 16_384);
      await sleeper.says(digest(bytes));
    } finally {
      await slow.close();
    }
  });

  for (const [how, bytes] of [
    ['again-same', 16_384],
    ['again-null', 16_384],
    ['again-null', 40_000],
  ] as const) {
    test(`GnuTLS, ${bytes} bytes to a reader that sleeps, ${how}: heard once`, { timeout: 180_000 }, async (t) => {
      if (!existsSync('/usr/lib/x86_64-linux-gnu/libgnutls.so.30')) return t.skip('no libgnutls.so.30 here');
      const slow = await openSandbox({ hosts: { [HOST]: '127.0.0.1' } });
      try {
        const program = join(slow.folder, 'gnutls-client');
        execFileSync('gcc', [
          '-O1',
          join(packageRoot, 'bpf/test/gnutls-client.c'),
          '-o',
          program,
          '-l:libgnutls.so.30',
        ]);
        const sleeper = await startServer(slow, makeCertificate(slow.folder, [HOST]), 1000);
        const ran = await slow.run(program, [how, '8443', HOST, String(bytes), '400'], { cgroup });
        assert.equal(ran.code, 0, ran.stderr);
        assert.ok(Number(/retries (\d+)/.exec(ran.stdout)?.[1]) > 0, 'nothing had to be tried again');
        await loader.settle();
        const [stream, ...others] = heard(loader, ran.pid, 'out');
        assert.deepEqual([others.length, stream?.bytes.length, stream?.missing], [0, 400 * bytes, 0]);
        await sleeper.says(digest(stream?.bytes ?? Buffer.alloc(0)));
      } finally {
        await slow.close();
      }
    });
  }

  test('8 processes at full speed: every byte is with its own', { timeout: 180_000 }, async () => {
    const sizes = Array.from({ length: 60 }, (_, index) => String(1 + ((index * 997) % 30_000)));
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        sandbox.run(client, ['sizes', '8443', HOST, String(100 + index), ...sizes], { cgroup }),
      ),
    );
    await loader.settle();
    for (const ran of runs) {
      assert.equal(ran.code, 0, ran.stderr);
      const [stream, ...others] = heard(loader, ran.pid, 'out');
      assert.ok(stream !== undefined);
      assert.deepEqual([others.length, stream.missing, stream.calls], [0, 0, 60]);
      await serverSaw(stream.bytes);
    }
  });

  test('one object used for two hosts in turn: only the one that is captured', async () => {
    const { ran, streams } = await runClient(['twice', '8443', HOST, OTHER, '3', '100']);
    assert.deepEqual(namesOf(loader, ran.pid), [HOST, OTHER]);
    assert.equal(streams.length, 1);
    const again = await runClient(['twice', '8443', OTHER, HOST, '3', '100']);
    assert.equal(again.streams.length, 1);
    assert.equal(again.streams[0]?.bytes.length, 100);
  });

  test('a filtered name costs no record, and is counted', async () => {
    const { ran, streams } = await runClient(['sizes', '8443', OTHER, '3', '1000', '1000', '1000']);
    assert.deepEqual(streams, []);
    assert.deepEqual(namesOf(loader, ran.pid), [OTHER]);
  });

  test('a name that nobody decided on gives the first bytes, until the verdict on its handle', async () => {
    const running = sandbox.start(client, ['wait', '8443', 'unknown.example', '4', '5000'], { cgroup });
    await running.says('written');
    const data = await loader.first('TLS_DATA', (frame) => tgidOf(frame) === running.pid);
    const [first] = heard(loader, running.pid, 'out');
    assert.ok(first !== undefined);
    assert.deepEqual([first.bytes.length, first.isPeek, first.isTruncated], [1024, true, true]);
    assert.equal(data.bytes.length, 96 + 1024);
    const verdict = {
      tgid: running.pid,
      generation: first.generation,
      address: first.address,
      verdict: constantOf('WEIR_CAPTURE'),
    };
    assert.equal(
      await loader.command('weir_do_handle', 'HANDLE', { ...verdict, generation: first.generation + 1000 }),
      116,
    );
    assert.equal(await loader.command('weir_do_handle', 'HANDLE', verdict), 0);
    running.stdin.write('again\n');
    await loader.first(
      'TLS_DATA',
      (frame) => tgidOf(frame) === running.pid && numberOf(fields('weir_tls_data', frame), 'offset') >= 5000,
    );
    running.stdin.end();
    await running.finished();
    await loader.settle();
    const [whole] = heard(loader, running.pid, 'out');
    assert.deepEqual([whole?.bytes.length, whole?.missing], [1024 + 5000, 5000 - 1024]);
  });

  test('a server is told from a client', async () => {
    const own = await openSandbox({ hosts: { [HOST]: '127.0.0.1' } });
    try {
      const certificate = makeCertificate(own.folder, [HOST]);
      await known(process.execPath, ['-e', ''], 'bin/node');
      const watched = await startServer(own, certificate, 0, cgroup);
      const ran = await own.run('curl', ['-sS', '--http1.1', '--cacert', certificate.cert, '-d', PROMPT, ADDRESS]);
      assert.equal(ran.code, 0, ran.stderr);
      await watched.says('sha256');
      await loader.settle();
      const [stream, ...others] = heard(loader, watched.pid, 'out');
      assert.deepEqual([others.length, stream?.role, stream?.isPeek], [0, constantOf('WEIR_SERVER'), true]);
      assert.match(stream?.bytes.toString() ?? '', /^HTTP\/1.1 200 OK/);
      assert.deepEqual(heard(loader, watched.pid, 'in'), []);
    } finally {
      await own.close();
    }
  });

  test("a child made by fork goes on with its parent's handle", async () => {
    const ran = await sandbox.run(client, ['fork', '8443', HOST, '6', '1000'], { cgroup });
    assert.equal(ran.code, 0, ran.stderr);
    const child = Number(/child (\d+)/.exec(ran.stdout)?.[1]);
    await loader.settle();
    const [parents] = heard(loader, ran.pid, 'out');
    const [childs] = heard(loader, child, 'out');
    assert.deepEqual([parents?.bytes.length, childs?.bytes.length], [1000, 1000]);
    assert.equal(childs?.address, parents?.address);
    assert.equal(childs?.flags, constantOf('WEIR_HANDLE_FORKED'));
    await serverSaw(Buffer.concat([parents?.bytes ?? Buffer.alloc(0), childs?.bytes ?? Buffer.alloc(0)]));
  });

  test('a client under a strict seccomp filter lives and is heard', async () => {
    const { ran, streams } = await runClient(['strict', '8443', HOST, '8', '3000']);
    assert.match(ran.stdout, /survived/);
    assert.equal(streams[0]?.bytes.length, 3010);
  });

  test('libssl under another name, and replaced under a running program', {
    skip: !existsSync(LIBSSL) && 'no libssl.so.3',
  }, async () => {
    const folder = join(sandbox.folder, 'own');
    execFileSync('mkdir', ['-p', folder]);
    copyFileSync(LIBSSL, join(folder, 'libtls-own.so'));
    execFileSync('gcc', [
      '-O1',
      '-D_GNU_SOURCE',
      join(packageRoot, 'bpf/test/tls-client.c'),
      '-o',
      join(folder, 'client'),
      join(folder, 'libtls-own.so'),
      '-lcrypto',
    ]);
    const env = { LD_LIBRARY_PATH: folder };
    /* The library's own name is libssl.so.3: that is what the program looks for. */
    renameSync(join(folder, 'libtls-own.so'), join(folder, 'libssl.so.3'));
    const running = sandbox.start(join(folder, 'client'), ['wait', '8443', HOST, '9', '100'], { cgroup, env });
    await running.says('written');
    await attached(loader, 'own/libssl.so.3');
    copyFileSync(LIBSSL, join(folder, 'new'));
    renameSync(join(folder, 'new'), join(folder, 'libssl.so.3'));
    running.stdin.write('again\n');
    await loader.first('TLS_DATA', (frame) => tgidOf(frame) === running.pid);
    running.stdin.end();
    assert.equal((await running.finished()).code, 0);
    const next = sandbox.start(join(folder, 'client'), ['wait', '8443', HOST, '9', '100'], { cgroup, env });
    await next.says('written');
    await loader.first(
      'LIBRARY',
      (frame) =>
        tgidOf(frame) === next.pid &&
        numberOf(fields('weir_library', frame), 'verdict') === constantOf('WEIR_LIBRARY_PROBED'),
    );
    next.stdin.end('again\n');
    assert.equal((await next.finished()).code, 0);
    await loader.first('TLS_DATA', (frame) => tgidOf(frame) === next.pid);
  });

  test("a Python wheel's own libssl, in its folder and under its name", {
    skip: existsSync(LIBSSL) ? kernelSkipWithout('/usr/bin/python3') : 'no libssl.so.3',
  }, async () => {
    // As auditwheel puts them beside a package: a part of a hash in the name.
    const folder = join(sandbox.folder, 'site-packages', 'psycopg2_binary.libs');
    execFileSync('mkdir', ['-p', folder]);
    const library = join(folder, 'libssl-6ff3e1d4.so.3.0.0');
    copyFileSync(LIBSSL, library);
    const script = join(sandbox.folder, 'wheel.py');
    writeFileSync(script, WHEEL_CLIENT);
    const running = sandbox.start('/usr/bin/python3', [script, library, HOST, PROMPT], { cgroup });
    await running.says('loaded');
    // As a program that has been there for a while, or that begins to speak later than at once.
    await attached(loader, 'psycopg2_binary.libs/libssl-6ff3e1d4.so.3.0.0');
    running.stdin.end('go\n');
    await assertHeard(await running.finished());
  });
});

/** Speaks TLS by the library given, without Python's own: connects once so that it is looked at, then sends a request. */
const WHEEL_CLIENT = `
import ctypes, socket, sys
path, host, prompt = sys.argv[1:4]
ssl = ctypes.CDLL(path)
for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
    getattr(ssl, name).restype = ctypes.c_void_p
def pointer(value):
    return ctypes.c_void_p(value)
socket.create_connection((host, 443)).close()
print("loaded", flush=True)
sys.stdin.readline()
connection = socket.create_connection((host, 443))
handle = pointer(ssl.SSL_new(pointer(ssl.SSL_CTX_new(pointer(ssl.TLS_client_method())))))
ssl.SSL_ctrl(handle, 55, ctypes.c_long(0), host.encode())
ssl.SSL_set_fd(handle, connection.fileno())
assert ssl.SSL_connect(handle) == 1
body = prompt.encode()
head = "POST /v1/chat/completions HTTP/1.1\\r\\nHost: %s\\r\\nContent-Type: application/json\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % (host, len(body))
request = head.encode() + body
assert ssl.SSL_write(handle, request, len(request)) == len(request)
answer = ctypes.create_string_buffer(65536)
while ssl.SSL_read(handle, answer, len(answer)) > 0:
    pass
ssl.SSL_free(handle)
`;
