/** Bundles and keys as files, for the commands: read with errors that name the file, written so that they are whole or not there. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { bundleText, readBundle, type SignedBundle } from '../../../engine/decide/policy-bundle.ts';
import { type CommandContext, textOption, UsageError } from '../../command.ts';

export function pathOf(context: CommandContext, name: string): string {
  return isAbsolute(name) ? name : resolve(context.cwd, name);
}

/** The one file that the command is about. Throws UsageError. */
export function bundleArgument(context: CommandContext): string {
  const [file, ...more] = context.positionals;
  if (file === undefined || more.length > 0) throw new UsageError('needs one file, a bundle');
  return file;
}

/** Throws UsageError for an option that is missing. */
export function neededOption(context: CommandContext, name: string, what: string): string {
  const value = textOption(context, name);
  if (value === null) throw new UsageError(`needs --${name}, ${what}`);
  return value;
}

/** Throws UsageError for what is no bundle. */
export function readBundleAt(context: CommandContext, file: string): SignedBundle {
  const read = readBundle(bytesOf(context, file));
  if (read.kind === 'refused') throw new UsageError(`${file}: ${read.reason}`);
  return read.signed;
}

/** An Ed25519 private key in PEM, PKCS #8 (RFC 8410). Throws UsageError. */
export function privateKeyAt(context: CommandContext, file: string): KeyObject {
  return keyOf(file, () => createPrivateKey(bytesOf(context, file)), 'an Ed25519 private key in PEM');
}

/** An Ed25519 public key in PEM. Throws UsageError. */
export function publicKeyAt(context: CommandContext, file: string): KeyObject {
  return keyOf(file, () => createPublicKey(bytesOf(context, file)), 'an Ed25519 public key in PEM');
}

function keyOf(file: string, read: () => KeyObject, what: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file}: expected ${what}`);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new UsageError(`${file}: expected ${what}`);
  return key;
}

/** The roots in the file that `--ca` names, PEM; empty without it. Throws UsageError. */
export function readRoots(context: CommandContext): readonly string[] {
  const file = textOption(context, 'ca');
  if (file === null) return [];
  const text = bytesOf(context, file).toString('utf8');
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new UsageError(`${file}: expected certificates in PEM`);
  return [text];
}

function bytesOf(context: CommandContext, file: string): Buffer {
  try {
    return readFileSync(pathOf(context, file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new UsageError(`${file} cannot be read (${code})`);
  }
}

/** Written beside and renamed: whoever looks sees the old one or the new one. Throws UsageError. */
export function writeBundleAt(context: CommandContext, file: string, signed: SignedBundle): void {
  const path = pathOf(context, file);
  const draft = `${path}.${process.pid}.draft`;
  try {
    writeFileSync(draft, bundleText(signed), { mode: 0o644, flag: 'wx', flush: true });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new UsageError(`${file} cannot be written (${code})`);
  }
}
