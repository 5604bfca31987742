// A receiver's view of security event tokens, by npm's jose: security_events.mjs JWKS_URL ISSUER AUDIENCE FILE. FILE has a
// token a line; each is verified by the keys of the service, and its header and claims are printed as a line of JSON. The
// first that does not hold ends it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { createLocalJWKSet, jwtVerify } = await import(
  pathToFileURL(createRequire(join(top, '.cache/node/')).resolve('jose')));

const [jwksUrl, issuer, audience, file] = process.argv.slice(2);
const keys = createLocalJWKSet(await (await fetch(jwksUrl)).json());
for (const token of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer, audience, typ: 'secevent+jwt' });
  console.log(JSON.stringify({ header: protectedHeader, claims: payload }));
}
