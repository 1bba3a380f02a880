/** Cards, accounts, securities and wallets. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { bip39Mnemonic } from './bip39-mnemonic.ts';
import { creditCard } from './credit-card.ts';
import { cryptoWallet } from './crypto-wallet.ts';
import { ethAddress } from './eth-address.ts';
import { iban } from './iban.ts';
import { otherWallets } from './other-wallets.ts';
import { ukBankAccount, ukSortCode } from './uk-bank-account.ts';
import { btcWif, btcXprv } from './wallet-keys.ts';

export const FINANCE: readonly Recognizer[] = [
  creditCard,
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
