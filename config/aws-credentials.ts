/**
 * Keys of an AWS account, from the environment or from the files that AWS's own tools keep, read at start and when a file of theirs changes:
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html. It calls nobody: a profile that has to sign in (SSO),
 * to assume a role or to run a program is told so, not used.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from './values.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of keys that expire; null of those that do not. */
  readonly sessionToken: string | null;
}

/** Keys with where they come from. */
export interface AwsKeys extends AwsCredentials {
  /** Unix time in ms, where their source says it; null: it does not. */
  readonly expiresAt: number | null;
  /** Whose change may bring others; none of keys from the environment. */
  readonly files: readonly string[];
}

/**
 * The keys of a profile; with null, those of the environment, else of AWS_PROFILE, else of `default`. A text says why
 * there are none; it holds no key.
 */
export function readAwsCredentials(
  profile: string | null,
  env: NodeJS.ProcessEnv,
  homeFolder: string,
): AwsKeys | string {
  if (profile === null) {
    const id = env['AWS_ACCESS_KEY_ID'] || null;
    const secret = env['AWS_SECRET_ACCESS_KEY'] || null;
    if (id !== null && secret !== null) {
      const expiresAt = timeOf(env['AWS_CREDENTIAL_EXPIRATION']);
      return {
        accessKeyId: id,
        secretAccessKey: secret,
        sessionToken: env['AWS_SESSION_TOKEN'] || null,
        expiresAt,
        files: [],
      };
    }
    if (id !== null || secret !== null) {
      return 'expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, and one of them is missing';
    }
  }
  const name = profile ?? (env['AWS_PROFILE'] || 'default');
  const files = [
    env['AWS_SHARED_CREDENTIALS_FILE'] || join(homeFolder, '.aws', 'credentials'),
    env['AWS_CONFIG_FILE'] || join(homeFolder, '.aws', 'config'),
  ];
  const settings = new Map<string, string>();
  let isKnown = false;
  for (const [i, file] of files.entries()) {
    const text = textOf(file);
    if (text === null) continue;
    if (typeof text !== 'string') return `${file} cannot be read (${text.code})`;
    const section = sectionOf(text, i === 1 && name !== 'default' ? `profile ${name}` : name);
    if (section === null) continue;
    isKnown = true;
    // The file of credentials is asked first.
    for (const [key, value] of section) if (!settings.has(key)) settings.set(key, value);
  }
  if (!isKnown) return `no profile ${JSON.stringify(name)} in ${files.join(' or ')}`;
  const id = settings.get('aws_access_key_id') ?? null;
  const secret = settings.get('aws_secret_access_key') ?? null;
  if (id !== null && secret !== null) {
    const expiresAt = timeOf(EXPIRATION.map((key) => settings.get(key)).find((text) => text !== undefined));
    return {
      accessKeyId: id,
      secretAccessKey: secret,
      sessionToken: settings.get('aws_session_token') ?? null,
      expiresAt,
      files,
    };
  }
  return `${whyNot(name, settings)}; \`aws configure export-credentials --profile ${name} --format env\` prints keys that can be put into the environment`;
}

/** As programs that write keys for a while call it; AWS's own files have no name for it. */
const EXPIRATION = ['aws_credential_expiration', 'x_security_token_expires', 'aws_expiration', 'expiration'];

/** Null for what is no time: then it is not known. */
function timeOf(text: string | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}

/** Ways to get keys that need a call or a program. */
const UNSUPPORTED: readonly (readonly [key: string, what: string])[] = [
  ['role_arn', 'assumes a role'],
  ['sso_session', 'signs in by SSO'],
  ['sso_start_url', 'signs in by SSO'],
  ['credential_process', 'asks a program (credential_process)'],
  ['login_session', 'signs in by `aws login`'],
];

function whyNot(name: string, settings: ReadonlyMap<string, string>): string {
  const found = UNSUPPORTED.find(([key]) => settings.has(key));
  const shown = JSON.stringify(name);
  if (found !== undefined) return `the profile ${shown} ${found[1]}, which is not supported`;
  return `the profile ${shown} has no aws_access_key_id and aws_secret_access_key`;
}

function textOf(file: string): string | { readonly code: string } | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : { code };
  }
}

/** The settings of one section; null where there is none. A line that begins with a space belongs to the setting before it. */
function sectionOf(text: string, wanted: string): Map<string, string> | null {
  let settings: Map<string, string> | null = null;
  let isWanted = false;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*[#;]/.test(line) || /^\s*$/.test(line)) continue;
    const [, header] = /^\[\s*(.*?)\s*\]/.exec(line) ?? [];
    if (header !== undefined) {
      isWanted = header.replace(/\s+/g, ' ').replaceAll('"', '') === wanted;
      if (isWanted) settings ??= new Map();
      continue;
    }
    const [, key, value] = /^([A-Za-z0-9_.-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isWanted && key !== undefined && value !== undefined) settings?.set(key.toLowerCase(), value);
  }
  return settings;
}
