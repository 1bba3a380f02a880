/** Every kind of report by its name. */
import { ccpaReport } from './ccpa.ts';
import { gdprReport } from './gdpr.ts';
import { hipaaReport } from './hipaa.ts';
import { pciReport } from './pci.ts';
import type { Report, ReportInput, ReportKind } from './report.ts';
import { type EarlierScan, scanFirstReport } from './scan-first.ts';

/** `earlier`: of scan-first, what is known already; null for nothing. */
export function makeReport(kind: ReportKind, input: ReportInput, earlier: EarlierScan | null): Report {
  switch (kind) {
    case 'pci':
      return pciReport(input);
    case 'gdpr':
      return gdprReport(input);
    case 'ccpa':
      return ccpaReport(input);
    case 'hipaa':
      return hipaaReport(input);
    case 'scan-first':
      return scanFirstReport(input, earlier);
  }
}
