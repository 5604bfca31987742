// A real OpenID provider (npm's oidc-provider) on a loopback port, as Google is one and as Entra ID is one for each of its
// tenants: an issuer each, with the claims that they add. A third is as the library is by itself: it tells of the person by
// its userinfo endpoint, names itself in each reply, and knows its client by a key. It lives as long as the script that
// started it.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { default: Provider } = await import(
  pathToFileURL(createRequire(join(top, '.cache/node/')).resolve('oidc-provider')));

// Whoever types NAME as login is NAME@example.com.
function account(name, extra) {
  return {
    accountId: name,
    claims: () => ({ sub: name, name, email: `${name}@example.com`, email_verified: true, ...extra(name) }),
  };
}

function own(issuer, jwk, redirect) {
  return new Provider(issuer, {
    clients: [{ client_id: 'gamma', jwks: { keys: [jwk] }, redirect_uris: [redirect], application_type: 'native',
      token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' }],
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['only a test'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (context, name) => account(name, () => ({ groups: ['staff', 'it'] })),
    pkce: { methods: ['S256'], required: () => true },
  });
}

function provider(issuer, clients, redirect, extra) {
  const made = new Provider(issuer, {
    clients: clients.map(([client_id, client_secret]) => ({
      client_id, client_secret, redirect_uris: [redirect], token_endpoint_auth_method: 'client_secret_post',
      // oidc-provider takes http: only from native applications.
      application_type: 'native',
    })),
    claims: { openid: ['sub', 'hd', 'tid', 'oid'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['only a test'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (context, name) => account(name, extra),
    pkce: { methods: ['S256'], required: () => true },
  });
  made.on('server_error', (context, error) => console.error(error));
  return made;
}

// Google at the root, Entra's tenant at /TID/v2.0, the third at /own. Returns a function that ends it.
export async function provide(port, { clients, redirect, own_redirect, tid, oid, jwk }) {
  const root = `http://127.0.0.1:${port}`;
  const mount = `/${tid}/v2.0`;
  const google = provider(root, clients, redirect, () => ({ hd: 'example.com' })).callback();
  const entra = provider(root + mount, clients, redirect, () => ({ tid, oid })).callback();
  const mounts = { [mount]: entra, '/own': own(`${root}/own`, jwk, own_redirect).callback() };
  const server = createServer((request, reply) => {
    const at = Object.keys(mounts).find((each) => request.url.startsWith(`${each}/`));
    if (!at) return google(request, reply);
    request.originalUrl = request.url;
    request.url = request.url.slice(at.length);
    return mounts[at](request, reply);
  });
  await new Promise((done) => server.listen(Number(port), '127.0.0.1', done));
  return () => { server.closeAllConnections(); server.close(); };
}
