/**
 * The reader of program files (bpf/elf/), built as a program of its own for tests. It needs a C compiler and nothing
 * else: no privilege, no kernel feature.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';

export interface Point {
  readonly function: string;
  readonly kind: 'entry' | 'call' | 'ret';
  /** Offset of the instruction in the file. */
  readonly offset: number;
  readonly stepped: boolean;
  readonly inside: boolean;
}

export interface Inspection {
  readonly status: 'nothing' | 'probes' | 'opaque' | 'refused';
  readonly library: string;
  readonly reason: string;
  /** Minor version of the Go that built it; 0 else. */
  readonly go: number;
  readonly buildId: string;
  readonly points: readonly Point[];
}

/** Whether a program is there to be run by name. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** Builds the reader with the compiler's flags given; returns the program's path. */
export function buildElfInspect(flags: readonly string[]): string {
  const out = join(mkdtempSync(join(tmpdir(), 'weir-elf-')), 'elf-inspect');
  const sources = globSync(join(packageRoot, 'bpf/elf/*.c')).toSorted();
  const common = ['-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', `-I${join(packageRoot, 'bpf')}`];
  execFileSync('gcc', [...common, ...flags, ...sources, join(packageRoot, 'bpf/test/elf-inspect.c'), '-o', out]);
  return out;
}

/** What the reader says of one file. */
export function inspect(program: string, file: string): Inspection {
  return JSON.parse(execFileSync(program, [file], { encoding: 'utf8' })) as Inspection;
}
