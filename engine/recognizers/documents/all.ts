/** Kinds of documents, and of what is hidden in them. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { bulkTable } from './bulk-table.ts';
import { confidentialityMarking } from './confidentiality-marking.ts';
import { encodedPayload } from './encoded-payload.ts';
import { invisibleUnicode } from './invisible-unicode.ts';
import { legalContract } from './legal-contract.ts';
import { resume } from './resume.ts';
import { sourceCode } from './source-code.ts';
import { sqlDump } from './sql-dump.ts';
import { stackTrace } from './stack-trace.ts';
import { unscannableFile } from './unscannable-file.ts';

export const DOCUMENTS: readonly Recognizer[] = [
  sourceCode,
  sqlDump,
  stackTrace,
  bulkTable,
  confidentialityMarking,
  resume,
  legalContract,
  invisibleUnicode,
  encodedPayload,
  unscannableFile,
];
