/**
 * Numbers of people, companies and things whose shape is all there is, or whose check stdnum does not know, as the
 * authorities print them; with the words that stand beside them. Not taken from the recognizers.
 */

export interface IdShapes {
  readonly words: readonly string[];
  readonly shapes: readonly string[];
}

const TABLE = `
US_ITIN | ITIN, individual taxpayer identification number | 9{d2}-70-{d4}; 9{d2}70{d4}; 9{d2}-88-{d4}
US_ATIN | ATIN, adoption taxpayer identification number | 9{d2}-93-{d4}
US_PTIN | PTIN, preparer tax identification number | P{d8}
US_PASSPORT | US passport number, US passport | {L}{d8}; {d9}
US_DRIVER_LICENSE | driver license, driver's license number | {L}{d7}; {L}{d12}
US_BANK_NUMBER | bank account number, checking account | {d10}; {d12}
US_CLIA | CLIA number | {d2}D{d7}
US_HICN | HICN, medicare claim number | {d9}A
UK_PASSPORT | UK passport number, British passport | {d9}
UK_POSTCODE | postcode | M{d} {d}AB; LS{d} {d}BD; SW1A {d}BD
UK_VEHICLE_REGISTRATION | vehicle registration, number plate | AB6{d} SMR; LK2{d} XYZ
UK_SORT_CODE | sort code | 2{d}-{d2}-{d2}; 4{d5}
UK_BANK_ACCOUNT | UK bank account number, bank account | {d8}
CA_TRANSIT_ACCOUNT | transit number, bank transit number | {d5}-003 {d7}; {d5}-010 {d7}; 0{d4}-815
CO_CC | cédula de ciudadanía, cédula | 1.0{d2}.{d3}.{d3}; 52.{d3}.{d3}
VE_CI | cédula de identidad, cédula | V-1{d}.{d3}.{d3}; V-2{d7}
AU_BSB | BSB | 06{d}-{d3}
AU_PASSPORT | Australian passport, passport number | N{d7}; PA{d7}
CA_PASSPORT | Canadian passport, passport number | AB{d6}
NZ_NHI | NHI number, national health index | ZAC5361; WLD9413; ZSC21TN; ZBN77VL; ZVB97XQ
DE_PASSPORT | Reisepass, Reisepassnummer | C01X00T47{d0}
DE_BSNR | BSNR, Betriebsstättennummer | 72{d7}; 38{d7}; 17{d7}
DE_TAX_NUMBER | Steuernummer, St.-Nr. | 1{d2}/{d3}/{d5}; 2{d}/{d3}/{d5}
RU_PASSPORT | паспорт, серия и номер паспорта | 45 0{d} 4{d5}; 4510 2{d5}
AZ_PIN | FIN kod | 5ZT{d}K{d}Q; 7M{d}A{d}2C
DE_PLZ | PLZ, Postleitzahl | 1{d4}; 8{d4}
DE_KFZ | Kennzeichen, Kfz-Kennzeichen | B-AB 1{d3}; M-XY 4{d2}; WOB-K 71
DE_FUEHRERSCHEIN | Führerscheinnummer, Führerschein | B072RRE2I5{d}
DE_HANDELSREGISTER | Handelsregister, HRB | HRB 1{d4}; HRA 4{d3}
FR_CNI | carte nationale d'identité, CNI | 8806{d8}; 1211{d8}
FR_PASSPORT | passeport, numéro de passeport | {d2}AB{d5}
ES_PASSPORT | pasaporte, número de pasaporte | AAA{d6}
IT_PASSPORT | passaporto, numero di passaporto | YA{d7}
IT_DRIVER_LICENSE | patente, patente di guida | AB{d7}L
IT_IDENTITY_CARD | carta d'identità, numero carta d'identità | CA{d5}AB; AB{d7}
IN_PASSPORT | passport, passport number | K{d7}
IN_VEHICLE_REGISTRATION | vehicle registration, registration number | KA01AB{d4}; MH 12 DE {d4}
IN_IFSC | IFSC, ifsc code | HDFC000{d4}; SBIN00{d5}
KR_PASSPORT | passport, 여권번호 | M{d8}
KR_DRIVER_LICENSE | driver license, 운전면허 | 11-{d2}-{d6}-{d2}
JP_PASSPORT | passport, 旅券番号 | TK{d7}
JP_DL | driver license, 運転免許証 | {d12}
JP_BANK | bank account, 口座番号 | {d7}
NG_NIN | NIN, national identification number | {d11}
PH_TIN | TIN, taxpayer identification number | {d3}-{d3}-{d3}-000
PH_SSS | SSS number, social security | {d2}-{d7}-{d}
PH_UMID | UMID, CRN | 0{d3}-{d7}-{d}
VN_CCCD | CCCD, căn cước công dân | 0792{d8}
ID_NIK | NIK, nomor induk kependudukan | 3171{d2}1508{d2}0{d3}
EG_NATIONAL_ID | national id, الرقم القومي | 290101521{d5}; 305082301{d5}
SE_ORGNR | organisationsnummer, org nr | 556{d3}-{d4}
CARD_CVV | CVV, cvc | {d3}
CARD_EXPIRY | card expiry, expiration date | 09/2{d}; 11/203{d}
SWIFT_BIC | SWIFT code, BIC | DEUTDEFF; BNPAFRPP; CHASUS33; {L4}GB2L
POSTAL_CODE | zip code, postal code | {d5}; 9{d4}-{d4}
AGE | age | {d}{d} years
MEDICAL_RECORD_NUMBER | MRN, medical record number | {d8}; {d7}
HEALTH_INSURANCE_ID | member id, health insurance id | {L}{L}{d9}
ICD10_CODE | diagnosis, ICD-10 | E11.9; J45.{d}0; I10
NDC_DRUG_CODE | NDC, drug code | {d5}-{d4}-{d2}
USERNAME_HANDLE | username, login | {l6}{d2}; {l5}_{l4}
GEO_COORDINATES | coordinates, location | 48.85{d4}, 2.29{d4}; -33.86{d4}, 151.20{d4}
IMSI | IMSI | 310260{d9}
PASSPORT_GENERIC | passport number, passport no | {L}{L}{d7}
UK_DRIVING_LICENCE | driving licence, driver number | MORGA65705{d}SM9{L}{L}; JONES80310{d}A99{L}{L}
INTERNAL_HOSTNAME | host, server | {l5}.{l4}.corp; {l6}-0{d}.internal; {l5}.{l5}.local
CLOUD_RESOURCE_ID | resource, role arn | arn:aws:iam::{d12}:role/{l8}; arn:aws:s3:::{l9}
PO_BOX | address, mail to | P.O. Box {d4}; PO Box {d3}
TITLE_JOB | job title, position | Senior Accountant; Chief Financial Officer; Software Engineer
CONFIDENTIALITY_MARKING | classification, marking | TLP:RED; COMPANY CONFIDENTIAL; CUI//SP-PRVCY
`;

export const ID_SHAPES: ReadonlyMap<string, IdShapes> = new Map(
  TABLE.trim()
    .split('\n')
    .map((line) => {
      const [entity = '', words = '', shapes = ''] = line.split(' | ');
      return [entity, { words: words.split(', '), shapes: shapes.split('; ') }];
    }),
);
