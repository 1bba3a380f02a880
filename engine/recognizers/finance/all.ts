/** Cards, accounts, securities and wallets. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { abaRouting, auBsb, inIfsc, inIfscOther, nzBank, usBankNumber } from './bank-accounts.ts';
import { bic } from './bic.ts';
import { bip39Mnemonic } from './bip39-mnemonic.ts';
import { cardCvv, cardExpiry } from './card-details.ts';
import { cardTrack } from './card-track.ts';
import { creditCard } from './credit-card.ts';
import { cryptoWallet } from './crypto-wallet.ts';
import { ethAddress } from './eth-address.ts';
import { iban } from './iban.ts';
import { otherWallets } from './other-wallets.ts';
import { cusip, isin, lei, sedol } from './securities.ts';
import { ukBankAccount, ukSortCode } from './uk-bank-account.ts';
import { btcWif, btcXprv } from './wallet-keys.ts';

export const FINANCE: readonly Recognizer[] = [
  creditCard,
  cardTrack,
  cardCvv,
  cardExpiry,
  bic,
  abaRouting,
  usBankNumber,
  auBsb,
  inIfsc,
  inIfscOther,
  nzBank,
  isin,
  cusip,
  sedol,
  lei,
  iban,
  cryptoWallet,
  ethAddress,
  ...otherWallets,
  bip39Mnemonic,
  btcWif,
  btcXprv,
  ukSortCode,
  ukBankAccount,
];
