/**
 * A configuration profile for macOS and iOS (Apple's Configuration Profile Reference, payload com.apple.security.root)
 * with the authority's public certificates. The same certificates give the same profile, so that it replaces itself.
 */
import { createHash } from 'node:crypto';
import type { Authority } from '../tls/authority.ts';

export function mobileConfig(authority: Authority): string {
  const payloads = authority.trusted.map(({ certificate, digest }) => {
    const data = certificate.raw.toString('base64').replace(/.{1,64}/g, '        $&\n');
    return `    <dict>
      <key>PayloadType</key><string>com.apple.security.root</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>weir.ca.${digest}</string>
      <key>PayloadUUID</key><string>${uuidOf(`certificate ${digest}`)}</string>
      <key>PayloadDisplayName</key><string>${xmlText(nameOf(certificate.subject))}</string>
      <key>PayloadCertificateFileName</key><string>weir-ca-${digest}.crt</string>
      <key>PayloadContent</key>
      <data>
${data}      </data>
    </dict>
`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>weir.profile.${authority.digest}</string>
  <key>PayloadUUID</key><string>${uuidOf(`profile ${authority.digest}`)}</string>
  <key>PayloadDisplayName</key><string>Weir certificate authority</string>
  <key>PayloadDescription</key><string>Lets this device trust what Weir inspects. Remove it to undo.</string>
  <key>PayloadContent</key>
  <array>
${payloads.join('')}  </array>
</dict>
</plist>
`;
}

function nameOf(subject: string): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? 'Weir CA';
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
