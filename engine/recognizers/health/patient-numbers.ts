/** Numbers that hospitals and insurances give a patient, each in a form of its own: only their names tell. */
import { contextWords } from '../../scan/context.ts';
import { namedValue } from '../../scan/named-value.ts';

function hasDigits(least: number): (value: string) => boolean {
  return (value) => (value.match(/\d/g)?.length ?? 0) >= least && !/^(\d)\1+$/.test(value);
}

/** Not a year, a date or a time. */
const NOT_DATE = '(?!(?:19|20)\\d\\d(?![A-Z0-9])|\\d{1,2}[-/.]\\d{1,2}[-/.]\\d|\\d{1,2}:\\d\\d)';

export const medicalRecordNumber = namedValue({
  name: 'medical-record-number',
  entity: 'MEDICAL_RECORD_NUMBER',
  category: 'health',
  countries: [],
  names: [
    'mrn',
    'mrn #',
    'medical record number',
    'medical record no',
    'medical record',
    'patient id',
    'patient number',
    'patient no',
    'patient record',
    'chart number',
    'chart no',
    'hospital number',
    'hospital id',
    'unit number',
    'historia clínica',
    'historia clinica',
    'número de historia clínica',
    'patientennummer',
    'patienten-id',
    'fallnummer',
    'numéro de dossier',
    'numero de dossier',
    'numéro patient',
    'número do prontuário',
    'prontuário',
    'prontuario',
    'cartella clinica',
    '*Mrn',
  ],
  labels: [
    `mrn, medical record number, medical record no, medical record, patient id, patient number, patient no,
chart number, chart no, hospital number, patientennummer, fallnummer, historia clinica, historia clínica, prontuario`,
  ],
  value: `${NOT_DATE}[A-Z]{0,4}[-]?\\d[A-Z0-9]{3,13}(?:-[A-Z0-9]{1,6}){0,2}`,
  isValue: hasDigits(4),
  score: 0.7,
  context: contextWords(`patient, patients, hospital, clinic, admission, admitted, discharge, diagnosis, doctor, dr, md,
physician, medical, health, krankenhaus, arzt, hôpital, médico, clínica`),
  inContext: 0.85,
  hits: [
    { text: 'MRN: 00482913', value: '00482913' },
    { text: '{"patientId":"P-1048221"}', value: 'P-1048221' },
    { text: 'historia clínica nº 8841203, hospital', value: '8841203', atLeast: 0.8 },
    { text: '4471902', label: 'medical_record_number', value: '4471902' },
  ],
  misses: [
    { text: '00482913' },
    { text: 'MRN: 2024-05-06' },
    { text: 'medical record of 2021' },
    { text: 'MRN: pending' },
    { text: 'unit number 12' },
  ],
});

export const healthInsuranceId = namedValue({
  name: 'health-insurance-id',
  entity: 'HEALTH_INSURANCE_ID',
  category: 'health',
  countries: [],
  names: [
    'member id',
    'member number',
    'member no',
    'subscriber id',
    'subscriber number',
    'health insurance id',
    'health insurance number',
    'health insurance',
    'health plan id',
    'insurance id',
    'insurance member',
    'policyholder id',
    'health plan beneficiary number',
    'medicaid id',
    'medicaid number',

    'versichertennummer',
    'krankenversicherungsnummer',
    "numéro d'assuré",
    "numero d'assure",
    'numéro de mutuelle',
    'número de afiliado',
    'numero de afiliado',
    'número de asegurado',
    'tessera sanitaria',
    'carteirinha',
  ],
  value: `${NOT_DATE}[A-Z]{0,4}[-]?\\d[A-Z0-9]{2,14}(?:[- ][A-Z0-9]{2,6}){0,2}`,
  isValue: hasDigits(5),
  score: 0.55,
  context: contextWords(`insurance, insurer, health, plan, medicaid, medicare, blue cross, aetna, cigna, humana,
unitedhealthcare, kaiser, patient, hmo, ppo, copay, payer, coverage, krankenkasse, versicherung, mutuelle, seguro, assicurazione,
convênio, medical`),
  inContext: 0.85,
  hits: [
    { text: 'Aetna member ID: W123456789', value: 'W123456789', atLeast: 0.8 },
    { text: '{"healthInsuranceId":"XEH884213765"}', value: 'XEH884213765' },
    { text: 'seguro, número de afiliado 4471-9020', value: '4471-9020', atLeast: 0.8 },
    { text: 'AB123456789', label: 'health_insurance_id', value: 'AB123456789' },
  ],
  misses: [
    { text: 'W123456789' },
    { text: 'member id: 2024-05-06' },
    { text: 'member id: undefined' },
    { text: 'group number 12' },
  ],
});
