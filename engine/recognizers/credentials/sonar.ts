/** SonarQube and SonarCloud: tokens of users, projects and analyses by prefix, elder ones of 40 hexadecimal digits beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const hex = '4b78f8494075e310d62dfdcaeb14be2c78fca2fc';
const user = assembled('sq', 'u_', hex);

export const sonar = tokenRecognizer({
  name: 'sonar',
  entity: 'SONAR',
  prefixes: ['squ_', 'sqp_', 'sqa_'],
  body: byteSet('a-f0-9'),
  min: 40,
  max: 40,
  score: () => 0.98,
  hits: [{ text: `-Dsonar.token=${user}`, value: user, atLeast: 0.8 }],
  misses: [{ text: assembled('sq', 'p_', '0'.repeat(40)) }, { text: 'sqp_name' }],
});

export const sonarNamed = assignedToken({
  name: 'sonar-named',
  entity: 'SONAR',
  words: ['sonar.login', 'sonar.token', 'sonarqube', 'sonarcloud', 'sonar_', 'sonarlogin', 'sonartoken'],
  body: byteSet('a-f0-9'),
  min: 40,
  max: 40,
  hits: [
    { text: `-Dsonar.login=${hex}`, value: hex },
    { text: `SONAR_TOKEN=${hex}`, value: hex, atLeast: 0.8 },
    { text: `$sonarLogin = "${hex}"`, value: hex },
  ],
  misses: [{ text: `sonarqube-reporter-1.2.4.tgz#${hex}` }, { text: `sonarqube commit ${hex}` }],
});
