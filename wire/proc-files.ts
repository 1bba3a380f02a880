/**
 * Folders, links and files below /proc. What cannot be read is another user's, or has just ended: neither is ours to name,
 * and each reads as empty.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
