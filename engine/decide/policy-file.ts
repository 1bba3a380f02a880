/**
 * A policy file's text to its documents, with every problem that the file alone shows. Refuses to open files: the
 * caller reads them. What needs all policies at hand (unknown entities, names used twice) is policy-check.ts.
 */
import { type JsonSchema, type Place, type Problem, readDocuments } from './checked-yaml.ts';
import { documentShape, type Exception, type Policy } from './grammar.ts';

/** A policy or an exception together with where its document begins. */
export type PolicyDocument = (Policy | Exception) & { readonly place: Place };
export type PolicyOf = Policy & { readonly place: Place };
export type ExceptionOf = Exception & { readonly place: Place };

/** The documents of one file (`---` between them) that have no problem of their own, and all problems. Never throws. */
export function parsePolicies(
  file: string,
  text: string,
): { readonly documents: readonly PolicyDocument[]; readonly problems: readonly Problem[] } {
  const { documents, problems } = readDocuments(file, text, documentShape);
  if (documents.length === 0 && problems.length === 0) {
    return { documents: [], problems: [{ file, line: 1, column: 1, message: 'expected a policy; the file is empty' }] };
  }
  return { documents: documents.map(({ value, place }) => ({ ...value, place })), problems };
}

export function isPolicy(document: PolicyDocument): document is PolicyOf {
  return document.kind === 'Policy';
}

export function isException(document: PolicyDocument): document is ExceptionOf {
  return document.kind === 'Exception';
}

/** The JSON Schema (draft 2020-12) of a document, for editors: `# yaml-language-server: $schema=./policy.schema.json`. */
export function policySchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A policy of Weir',
    ...documentShape.schema(),
  };
}
