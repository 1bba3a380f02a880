/**
 * The made-up values that the demo sends. They belong to no one, and whatever looks like a credential is assembled
 * here at run time, so that no file of the package holds one.
 */
export const PERSON = 'Marta Lindqvist';
export const MAIL = 'marta@northmill-works.com';
/** The number on every payment provider's test page. */
export const CARD = '4111 1111 1111 1111';

/** An AWS access key id: the published prefix and sixteen characters. */
export const AWS_KEY = ['AK', 'IA', 'QYLPMN5H', 'HGFTZXB3'].join('');

/** What must never reach the provider or the disk. */
export const SECRETS: readonly string[] = [PERSON, MAIL, CARD, CARD.replaceAll(' ', ''), AWS_KEY];
