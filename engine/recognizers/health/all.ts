/** Patients, insurances, diagnoses and drugs that belong to no country's numbers. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { icd10, medicalTerms, ndc } from './conditions.ts';
import { healthInsuranceId, medicalRecordNumber } from './patient-numbers.ts';

export const HEALTH: readonly Recognizer[] = [medicalRecordNumber, healthInsuranceId, icd10, ndc, medicalTerms];
