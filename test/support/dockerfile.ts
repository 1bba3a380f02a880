/** A Dockerfile as its instructions, and what each of its stages comes to: enough to ask what an image would be without building it. */

export interface Instruction {
  /** Upper case. */
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
  /** What stands behind the flags, on one line. */
  readonly text: string;
  /** Of the form in brackets, or words by white space. */
  readonly words: readonly string[];
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** Before the first FROM: names with their defaults. */
  readonly args: ReadonlyMap<string, string | null>;
  readonly stages: readonly Stage[];
}

/** What a container of a stage is started with. */
export interface Image {
  readonly user: string;
  readonly env: ReadonlyMap<string, string>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
  /** Null where there is none, or it was taken away. */
  readonly health: readonly string[] | null;
}

const KNOWN = /^(ARG|FROM|RUN|COPY|WORKDIR|ENV|USER|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD|LABEL|STOPSIGNAL|SHELL)$/;

/** Throws for what is no instruction: ADD, which may fetch from anywhere, is none here. */
export function readDockerfile(text: string): Dockerfile {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  const joined = lines.join('\n').replace(/\\\n\s*/g, ' ');
  const instructions = joined
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(readInstruction);
  const args = new Map<string, string | null>();
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const one of instructions) {
    if (one.name === 'FROM') {
      const [base = '', , name = String(stages.length)] = one.words;
      stages.push({ name, base, instructions: [] });
    } else if (stages.length === 0) {
      if (one.name !== 'ARG') throw new Error(`${one.name} before FROM`);
      const [, name = '', value] = /^([^=]+)(?:=(.*))?$/.exec(one.text) ?? [];
      args.set(name, value ?? null);
    } else stages.at(-1)?.instructions.push(one);
  }
  return { args, stages };
}

function readInstruction(line: string): Instruction {
  const [, word = '', behind = ''] = /^\s*(\w+)\s+([\s\S]*?)\s*$/.exec(line) ?? [];
  const name = word.toUpperCase();
  if (!KNOWN.test(name)) throw new Error(`not an instruction: ${line}`);
  const flags: Record<string, string> = {};
  let text = behind;
  for (;;) {
    const match = /^--([\w-]+)(?:=(\S+))?\s+/.exec(text);
    if (match === null || name === 'RUN') break;
    flags[match[1] ?? ''] = match[2] ?? '';
    text = text.slice(match[0].length);
  }
  const list = /\[.*\]$/.exec(text)?.[0];
  const isList = list !== undefined && name !== 'RUN';
  return { name, flags, text, words: isList ? JSON.parse(list) : text.split(/\s+/) };
}

/** The stage with all that it is built upon. Throws where it is not there. */
export function imageOf({ stages }: Dockerfile, name: string): Image {
  const chain: Stage[] = [];
  for (let at = stages.find((one) => one.name === name); at !== undefined; ) {
    chain.unshift(at);
    const { base } = at;
    at = stages.find((one) => one.name === base);
  }
  if (chain.length === 0) throw new Error(`no stage ${name}`);
  const all = chain.flatMap(({ instructions }) => instructions);
  const last = (kind: string): Instruction | undefined => all.findLast((one) => one.name === kind);
  const health = last('HEALTHCHECK');
  return {
    user: last('USER')?.text ?? 'root',
    env: new Map(
      all
        .filter((one) => one.name === 'ENV')
        .flatMap(({ words }) => words)
        .map((word): [string, string] => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    ),
    entrypoint: last('ENTRYPOINT')?.words ?? [],
    command: last('CMD')?.words ?? [],
    volumes: all.filter((one) => one.name === 'VOLUME').flatMap(({ words }) => words),
    ports: all.filter((one) => one.name === 'EXPOSE').flatMap(({ words }) => words),
    health: health === undefined || health.text === 'NONE' ? null : health.words,
  };
}

/** What of a context reaches the builder: patterns of .dockerignore, of which the last that matches decides. */
export function keptByDockerignore(text: string): (path: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isKept: line.startsWith('!'), matches: globOf(line.replace(/^!/, '')) }));
  return (path) => {
    const parts = path.split('/');
    // A pattern for a folder holds for all below it.
    const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    return rules.reduce((isKept, rule) => (paths.some((one) => rule.matches.test(one)) ? rule.isKept : isKept), true);
  };
}

function globOf(pattern: string): RegExp {
  const source = pattern
    .replace(/\/$/, '')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('\u0000', '(?:.*/)?');
  return new RegExp(`^${source}$`);
}
