/** Cards, accounts, securities and wallets. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { creditCard } from './credit-card.ts';
import { cryptoWallet } from './crypto-wallet.ts';
import { iban } from './iban.ts';
import { ukBankAccount, ukSortCode } from './uk-bank-account.ts';

export const FINANCE: readonly Recognizer[] = [creditCard, iban, cryptoWallet, ukSortCode, ukBankAccount];
