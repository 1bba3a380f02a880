/**
 * Files of others: where probes go in real libraries and programs, that every instruction of a library has the length that
 * objdump sees, and that damaged files neither crash nor hang the reader.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { buildElfInspect, hasProgram, type Inspection, inspect } from './elf.ts';

const missing =
  process.platform !== 'linux' || process.arch !== 'x64' ? 'x86-64 Linux' : hasProgram('gcc') ? '' : 'gcc';
const libraries = '/usr/lib/x86_64-linux-gnu';

function functionsOf(found: Inspection): readonly string[] {
  return [...new Set(found.points.map((point) => point.function))].toSorted();
}

describe('reading program files', { skip: missing ? `needs ${missing}` : false }, () => {
  let program = '';
  let folder = '';
  before(() => {
    program = buildElfInspect(['-O2']);
    folder = mkdtempSync(join(tmpdir(), 'weir-elf-test-'));
  });

  function compile(name: string, source: string, flags: readonly string[]): string {
    const file = join(folder, `${name}.c`);
    writeFileSync(file, source);
    const out = join(folder, name);
    execFileSync('gcc', [...flags, file, '-o', out]);
    return out;
  }

  it('takes every function of libssl, none of them single-stepped', (t) => {
    const file = join(libraries, 'libssl.so.3');
    if (!existsSync(file)) return t.skip('no libssl.so.3 here');
    const found = inspect(program, file);
    assert.equal(found.status, 'probes');
    assert.equal(found.library, 'openssl');
    assert.match(found.buildId, /^[0-9a-f]{40}$/);
    for (const name of ['SSL_write_ex', 'SSL_read_ex', 'SSL_ctrl', 'SSL_free', 'SSL_clear', 'SSL_set_connect_state']) {
      assert.ok(functionsOf(found).includes(name), name);
    }
    assert.deepEqual(
      found.points.filter((point) => point.stepped),
      [],
    );
  });

  it('finds OpenSSL inside of node by its symbols', () => {
    const found = inspect(program, realpathSync(process.execPath));
    assert.equal(found.library, 'openssl');
    for (const name of ['SSL_write', 'SSL_read', 'SSL_ctrl', 'SSL_free']) {
      assert.ok(functionsOf(found).includes(name), name);
    }
    assert.deepEqual(
      found.points.filter((point) => point.stepped),
      [],
    );
  });

  it('finds GnuTLS', (t) => {
    const file = join(libraries, 'libgnutls.so.30');
    if (!existsSync(file)) return t.skip('no libgnutls.so.30 here');
    const found = inspect(program, realpathSync(file));
    assert.equal(found.library, 'gnutls');
    for (const name of ['gnutls_record_send', 'gnutls_record_recv', 'gnutls_server_name_set', 'gnutls_deinit']) {
      assert.ok(functionsOf(found).includes(name), name);
    }
  });

  it('says nothing of a library without TLS, and refuses what is no program', () => {
    assert.equal(inspect(program, realpathSync(join(libraries, 'libc.so.6'))).status, 'nothing');
    const text = join(folder, 'text');
    writeFileSync(text, 'no program\n'.repeat(100));
    assert.equal(inspect(program, text).status, 'refused');
    writeFileSync(text, '');
    assert.equal(inspect(program, text).status, 'refused');
  });

  it('finds the functions of a Go program, stripped and position-independent ones too, at the same instructions', (t) => {
    if (!hasProgram('go')) return t.skip('no go here');
    const source = join(folder, 'client.go');
    writeFileSync(
      source,
      'package main\nimport ("net/http"; "os"; "fmt")\nfunc main() { r, err := http.Get(os.Args[1]); fmt.Println(r, err) }\n',
    );
    const env = { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOCACHE: join(tmpdir(), 'weir-go-cache') };
    const found = [[], ['-ldflags', '-s -w'], ['-buildmode=pie', '-ldflags', '-s -w']].map((flags, index) => {
      const out = join(folder, `go-${index}`);
      execFileSync('nice', ['-n', '10', 'go', 'build', ...flags, '-o', out, source], { env });
      return inspect(program, out);
    });
    for (const one of found) {
      assert.equal(one.library, 'go');
      assert.equal(one.status, 'probes', one.reason);
      assert.deepEqual(functionsOf(one), ['Close', 'Read', 'clientHandshake', 'writeRecordLocked']);
      assert.ok(one.points.filter((point) => point.kind === 'ret').length >= 3);
    }
    const unknown = Buffer.from(
      readFileSync(join(folder, 'go-1'))
        .toString('latin1')
        .replaceAll(/go1\.\d\d\b/g, 'go1.99'),
      'latin1',
    );
    writeFileSync(join(folder, 'go-unknown'), unknown);
    const refused = inspect(program, join(folder, 'go-unknown'));
    assert.deepEqual([refused.status, refused.reason, refused.go, refused.points], ['opaque', 'go-version', 99, []]);
    const first = found[0];
    assert.ok(first);
    const shape = (one: Inspection) => one.points.map((point) => point.offset - (one.points[0]?.offset ?? 0));
    assert.deepEqual(found.map(shape), [shape(first), shape(first), shape(first)]);
  });

  it('probes the first instruction where it is not sure of a later one', () => {
    const source = `
      int SSL_write(void *s, const void *b, int n) { return n; }
      int SSL_read(void *s, void *b, int n) { return n; }
      void SSL_free(void *s) { }
      int main(void) { return SSL_write(0, "", 1) + SSL_read(0, 0, 1); }`;
    const found = inspect(
      program,
      compile('plain', source, ['-O1', '-fno-omit-frame-pointer', '-fcf-protection=none']),
    );
    assert.equal(found.status, 'probes');
    assert.equal(found.points.length, 3);
    /* An argument that is overwritten before the first emulated instruction */
    const overwritten = `
      asm(".globl SSL_write\\n.type SSL_write,@function\\nSSL_write: mov %rdi,%rsi\\n nop\\n ret\\n.size SSL_write,.-SSL_write");
      asm(".globl SSL_read\\n.type SSL_read,@function\\nSSL_read: endbr64\\n push %rbp\\n pop %rbp\\n ret\\n.size SSL_read,.-SSL_read");
      asm(".globl SSL_free\\n.type SSL_free,@function\\nSSL_free: sub $8,%rsp\\n call g\\n add $8,%rsp\\n ret\\n.size SSL_free,.-SSL_free");
      void g(void) { }
      int main(void) { return 0; }`;
    const points = inspect(program, compile('overwritten', overwritten, ['-O1'])).points;
    const of = (name: string) => points.find((point) => point.function === name);
    assert.deepEqual([of('SSL_write')?.stepped, of('SSL_write')?.inside], [true, false]);
    assert.deepEqual([of('SSL_read')?.stepped, of('SSL_read')?.inside], [false, true]);
    assert.deepEqual([of('SSL_free')?.stepped, of('SSL_free')?.inside], [false, true]);
  });

  it('reads dynamic symbols of a library whose sections are gone', (t) => {
    const file = join(libraries, 'libssl.so.3');
    if (!existsSync(file)) return t.skip('no libssl.so.3 here');
    const bytes = Buffer.from(readFileSync(file));
    bytes.fill(0, 0x28, 0x30); // e_shoff
    bytes.fill(0, 0x3c, 0x40); // e_shnum, e_shstrndx
    const bare = join(folder, 'bare.so');
    writeFileSync(bare, bytes);
    assert.deepEqual(inspect(program, bare).points, inspect(program, file).points);
  });

  it('calls TLS that it cannot read by its name', () => {
    const rustls = compile(
      'rustls',
      'const char s[] = "/src/rustls-0.23.1/src/x.rs"; int main(void) { return s[3]; }',
      [],
    );
    assert.deepEqual([inspect(program, rustls).status, inspect(program, rustls).reason], ['opaque', 'rustls']);
    const boring = compile('boring', 'const char s[] = "ssl/ssl_lib.cc"; int main(void) { return s[3]; }', []);
    assert.deepEqual([inspect(program, boring).status, inspect(program, boring).reason], ['opaque', 'tls-unknown']);
  });

  it('sees every instruction of a library as long as objdump does', { timeout: 180_000 }, (t) => {
    const file = join(libraries, 'libssl.so.3');
    if (!existsSync(file) || !hasProgram('objdump')) return t.skip('no libssl.so.3 or no objdump here');
    const listing = execFileSync('objdump', ['-d', '-w', '--insn-width=16', file], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const lines = [...listing.matchAll(/^ +([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.*)$/gm)]
      .filter(([, , , text]) => !/\(bad\)|\.byte|^rex/.test(text ?? ''))
      .map(
        ([, address, bytes]) =>
          `${address} ${(bytes ?? '').trim().split(' ').length} ${(bytes ?? '').replaceAll(' ', '')}`,
      );
    const list = join(folder, 'instructions');
    writeFileSync(list, `${lines.join('\n')}\n`);
    const said = JSON.parse(execFileSync(program, ['--decode', list], { encoding: 'utf8' })) as Record<string, number>;
    assert.ok((said['count'] ?? 0) > 50_000);
    assert.deepEqual([said['wrong'], said['refused']], [0, 0]);
  });

  it('survives damaged files', { timeout: 300_000 }, () => {
    const sanitized = buildElfInspect(['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']);
    const small = compile(
      'small',
      'int SSL_write(void){return 1;} int SSL_read(void){return 1;} void SSL_free(void){} int main(void){return 0;}',
      [],
    );
    const candidates = [small, join(libraries, 'libssl.so.3'), join(folder, 'go-1')].filter((file) => existsSync(file));
    for (const [index, file] of candidates.entries()) {
      const rounds = index === 0 ? 3000 : 150;
      const run = spawnSync('nice', ['-n', '10', sanitized, '--fuzz', String(index + 1), String(rounds), file], {
        encoding: 'utf8',
        timeout: 240_000,
      });
      assert.equal(run.status, 0, `${file}: ${run.stderr.slice(0, 2000)}`);
      const seen = JSON.parse(run.stdout) as Record<string, number>;
      assert.equal(seen['rounds'], rounds);
      assert.ok((seen['refused'] ?? 0) > 0 && (seen['probes'] ?? 0) > 0, run.stdout);
    }
  });

  it('a file that is cut short after it was opened is refused, not fatal', () => {
    const file = join(folder, 'short');
    writeFileSync(file, readFileSync(process.execPath).subarray(0, 1 << 20));
    truncateSync(file, 100);
    assert.notEqual(inspect(program, file).status, 'probes');
  });
});
