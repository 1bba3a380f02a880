import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGlob, compileHostGlob, compilePathGlob, hostGlobProblem } from '../../../engine/decide/glob.ts';
import { cpuMs } from '../../support/cpu-time.ts';

test('in a host glob a star takes any labels, and the bare domain is not below itself', () => {
  const table: [string, string, boolean][] = [
    ['*.openai.com', 'api.openai.com', true],
    ['*.openai.com', 'a.b.openai.com', true],
    ['*.openai.com', 'openai.com', false],
    ['*.openai.com', 'api.openai.com.evil.example', false],
    ['*.openai.com', 'apixopenai.com', false],
    ['*openai.com', 'notopenai.com', true],
    ['API.OpenAI.com.', 'api.openai.com', true],
    ['bücher.example', 'xn--bcher-kva.example', true],
    ['*.bücher.example', 'a.xn--bcher-kva.example', true],
    ['*', 'anything.example', true],
    ['10.0.*', '10.0.3.4', true],
    ['0x7f.1', '127.0.0.1', true],
    ['::1', '::1', true],
  ];
  for (const [glob, host, expected] of table) assert.equal(compileHostGlob(glob)(host), expected, `${glob} ${host}`);
});

test('what is no host is named as such', () => {
  const table: [string, RegExp | null][] = [
    ['https://api.openai.com/', /without scheme/],
    ['api.openai.com:443', /without port/],
    ['[::1]', /without port or brackets/],
    ['a b', /only \* is special/],
    ['api.{openai,azure}.com', /only \* is special/],
    ['*.openai.com', null],
  ];
  for (const [glob, expected] of table) {
    const problem = hostGlobProblem(glob);
    if (expected === null) assert.equal(problem, null);
    else assert.match(problem ?? '', expected, glob);
  }
});

test('characters that mean something in a pattern are taken as they are', () => {
  assert.equal(compileGlob('gpt-4.1*')('gpt-4.1-mini'), true);
  assert.equal(compileGlob('gpt-4.1*')('gpt-4x1-mini'), false);
  assert.equal(compileGlob('a(b)[c]?\\*')('a(b)[c]?\\zz'), true);
  assert.equal(compileGlob('ü*')('über'), true);
});

test('in a path a star stays within one step and two cross steps', () => {
  assert.equal(compilePathGlob('/messages/*/content')('/messages/12/content'), true);
  assert.equal(compilePathGlob('/messages/*/content')('/messages/1/tool/content'), false);
  assert.equal(compilePathGlob('/messages/**')('/messages/1/tool/content'), true);
  assert.equal(compilePathGlob('/a')('/a/b'), false);
});

test('a glob of many stars takes linear time on a text made to hurt', () => {
  const matches = compileGlob(`${'*a'.repeat(100)}b`);
  const took = cpuMs(() => assert.equal(matches('a'.repeat(20_000)), false));
  assert.ok(took < 2000, `${took} ms`);
});
