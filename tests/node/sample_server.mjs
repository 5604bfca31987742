// Serves tests/sample and the client that it uses, and hands the API's paths on to the service, so that all is one origin. On
// demand it loses replies: the service has acted, and the connection ends without a word.
import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { join } from 'node:path';

const top = new URL('../..', import.meta.url).pathname;
const kOfService = /^\/(api|oauth2|health|users|signup)\b/;

// `folder`: the client's package. `compiled`: the sample's. Returns {site, lose, seen, close}.
export async function serve_sample({ base, folder, compiled, client, issuer = base }) {
  const losses = [];
  const seen = [];
  const file = (path) => {
    if (path === '/app.js') return ['text/javascript', readFileSync(join(compiled, 'app.js'))];
    if (path === '/tabs') return ['text/html', '<!doctype html><html lang="en"><title>Tab</title><link rel="icon" href="data:,">' + map];
    if (path.startsWith('/client/')) return ['text/javascript', readFileSync(join(folder, 'dist', path.slice(8)))];
    if (path.startsWith('/openapi-fetch/')) return ['text/javascript', readFileSync(join(top, '.cache/node/node_modules/openapi-fetch/dist', path.slice(15)))];
    return ['text/html', page];
  };
  const page = readFileSync(join(top, 'tests/sample/index.html'), 'utf8').replace('{{issuer}}', issuer).replace('{{client}}', client);
  const map = /<script type="importmap">.*<\/script>/.exec(page)[0];

  const server = createServer((request, response) => {
    const path = new URL(request.url, base).pathname;
    if (!kOfService.test(path)) {
      const [type, body] = file(path);
      response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
      return;
    }
    const at = losses.findIndex((each) => each.path === path && each.method === request.method);
    const lost = at >= 0;
    if (lost && --losses[at].times === 0) losses.splice(at, 1);
    seen.push({ method: request.method, path, key: request.headers['idempotency-key'], lost });
    const upstream = new URL(base);
    const onward = ask({ host: upstream.hostname, port: upstream.port, method: request.method, path: request.url, headers: request.headers }, (reply) => {
      if (lost) {
        reply.resume().on('end', () => response.socket?.destroy());
        return;
      }
      response.writeHead(reply.statusCode, reply.rawHeaders);
      reply.pipe(response);
    });
    onward.on('error', () => response.socket?.destroy());
    request.pipe(onward);
  });
  await new Promise((up) => { server.listen(0, '127.0.0.1', up); });
  return {
    site: `http://127.0.0.1:${server.address().port}`,
    // The next `times` replies to these requests are lost.
    lose: (method, path, times = 1) => losses.push({ method, path, times }),
    seen,
    close: () => { server.closeAllConnections(); server.close(); },
  };
}
