// How a receiver sees that an event came from here (Standard Webhooks), in three languages.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { Card, PageHead } from '../../components/index.js';
import { Codes } from './code.js';

const kCurl = `# What the service sends, made by hand: try your receiver with it.
SECRET='whsec_...'                       # shown once, when the webhook was made
URL='http://localhost:3000/hook'
ID='test-1'
AT=$(date +%s)
BODY='{"type":"webhook.test","data":{}}'

KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -tx1 | tr -d ' \\n')
SIGNATURE=$(printf %s "$ID.$AT.$BODY" |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)

curl "$URL" -H 'Content-Type: application/json' -H "webhook-id: $ID" \\
  -H "webhook-timestamp: $AT" -H "webhook-signature: v1,$SIGNATURE" -d "$BODY"
`;

const kTypeScript = `import { createHmac, timingSafeEqual } from 'node:crypto';

// body: the text as it came, before anything has parsed it.
export function verify(secret: string, headers: Record<string, string>, body: string): void {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = \`\${headers['webhook-id']}.\${headers['webhook-timestamp']}.\${body}\`;
  const want = Buffer.from('v1,' + createHmac('sha256', key).update(signed).digest('base64'));
  const good = (headers['webhook-signature'] ?? '').split(' ').map((each) => Buffer.from(each))
    .some((got) => got.length === want.length && timingSafeEqual(got, want));
  if (!good) throw new Error('not from the service');
  const age = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']));
  if (!(age <= 300)) throw new Error('too old');
}
`;

const kPython = `import base64, hmac, time

def verify(secret, headers, body):       # body: the bytes as they came
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    want = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    if not any(hmac.compare_digest(want, got) for got in headers["webhook-signature"].split()):
        raise ValueError("not from the service")
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        raise ValueError("too old")
`;

export default function Verify() {
  return html`<${PageHead} title=${t('developer.verify')} lead=${t('developer.verify_lead')} />
    <${Card}><${Codes} items=${{ TypeScript: kTypeScript, Python: kPython, curl: kCurl }} /><//>
    <${Card} title=${t('developer.receiver')}><ul class="plain-list"><li>${t('developer.rule_id')}</li><li>${t('developer.rule_body')}</li><li>${t('developer.rule_quick')}</li><li>${t('developer.rule_rotated')}</li></ul><//>`;
}
