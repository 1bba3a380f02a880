/** Names of accounts behind a word for one. A plain word there is as often a field of a form, so that it needs a digit or a joint. */
import { namedValue } from '../../scan/named-value.ts';

/** Parts of names that programs have, not people. */
const CODE = new Set(
  `creds cred credentials certfile user users fs name names login auth get set id email password default config test my your the admin db env api client new old
current os self this process req request args options opts ctx data props settings session account info field input value
key token param params string null true false none undefined form state store`.split(/\s+/),
);

function isHandle(value: string): boolean {
  if (/[a-z][A-Z]/.test(value)) return false;
  const parts = value.replace(/^@/, '').toLowerCase().split(/[._]/);
  if (parts.some((part) => CODE.has(part))) return false;
  return value.startsWith('@') || /\d/.test(value) || parts.length === 2;
}

export const username = namedValue({
  name: 'username',
  entity: 'USERNAME_HANDLE',
  category: 'personal',
  countries: [],
  names: [
    'username',
    'user name',
    'user-name',
    'login',
    'login name',
    'user handle',
    'twitter handle',
    'twitter',
    'instagram',
    'telegram',
    'screen name',
    'benutzername',
    'anmeldename',
    'nombre de usuario',
    "nom d'utilisateur",
    'nome utente',
    'gebruikersnaam',
    '*username',
  ],
  labels: ['username, user name, login, login name, handle, screen name, benutzername, nombre de usuario, nome utente'],
  value: '@?[A-Za-z][A-Za-z0-9._-]{2,29}[A-Za-z0-9_](?![(@/:[]|<(?!/)|\\.[A-Za-z0-9])',
  isValue: isHandle,
  score: 0.55,
  labelled: 0.6,
  hits: [
    { text: 'username: jdoe84', value: 'jdoe84' },
    { text: '{"username":"maria_lopez"}', value: 'maria_lopez' },
    { text: 'Benutzername: k.schmidt', value: 'k.schmidt' },
    { text: '<th>username</th><td>jdoe84</td>', value: 'jdoe84' },
    { text: 'twitter: @jane_doe', value: '@jane_doe' },
    { text: 'anna.k', label: 'userName', value: 'anna.k' },
  ],
  misses: [
    { text: 'username: string' },
    { text: 'username = request.form' },
    { text: 'username: user_name' },
    { text: 'login: getLogin()' },
  ],
});
