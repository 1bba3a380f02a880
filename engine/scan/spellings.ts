/** A name of two or more words as prose, code, settings and hosts write it. */

/** Ends of names that are also written as hosts. */
const HOSTS = /^(?:io|com|net|co|ai|gov|me|app)$/;

/** `acme io` in all its spellings, lower case: `acmeio`, `acme_io`, `acme-io`, `acme io`, `acme.io`. Others are as they are. */
export function spellings(name: string): readonly string[] {
  const parts = name.split(' ');
  if (parts.length === 1 || !parts.every((part) => /^[a-z0-9]+$/.test(part))) return [name];
  const joints = HOSTS.test(parts.at(-1) ?? '') ? ['', '_', '-', ' ', '.'] : ['', '_', '-', ' '];
  return joints.map((joint) => parts.join(joint));
}
