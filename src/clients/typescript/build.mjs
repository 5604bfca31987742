// build.mjs DOCUMENT VERSION MODULES INTO: makes the package from the OpenAPI document. The same input gives the same bytes.
//
// MODULES is a node_modules with openapi-typescript, openapi-fetch and typescript. INTO/package is the package as npm packs it,
// INTO/NAME-VERSION.tgz the packed one; INTO/work is what it was compiled from.
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [documentFile, version, modules, into] = process.argv.slice(2).map((each, at) => (at === 1 ? each : resolve(each)));
const find = createRequire(`${modules}/`);
const { default: openapiTS, astToString } = await import(pathToFileURL(join(modules, 'openapi-typescript/dist/index.mjs')));
const versionOf = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'))).version;

const api = JSON.parse(readFileSync(documentFile));
const made = '// Made from the OpenAPI document.\n';
const work = join(into, 'work');
const generated = join(work, 'generated');
rmSync(into, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
// What the compiler finds openapi-fetch by: above the package, so that it is no part of it.
symlinkSync(modules, join(into, 'node_modules'));

// A second spelling of a path is no second function, and the client is for any server.
delete api.servers;
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, row] of Object.entries(methods)) if (row['x-same-as']) delete methods[method];
  if (Object.keys(methods).length === 0) delete api.paths[path];
}
writeFileSync(join(generated, 'schema.ts'), made + astToString(await openapiTS(api)));

const rows = Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, row]) => ({ name: row.operationId, method: method.toUpperCase(), path, row })));
writeFileSync(join(generated, 'operations.ts'), `${made}export const operations = {
${rows.map(({ name, method, path }) => `  ${name}: ['${method}', '${path}'],\n`).join('')}} as const;
`);

// The codes of an operation's refusals stand in the examples of the responses that it refers to.
const codesOf = (row) => [...new Set(Object.values(row.responses).flatMap((reply) => {
  const response = reply.$ref ? api.components.responses[reply.$ref.split('/').pop()] : reply;
  return Object.keys(response.content?.['application/problem+json']?.examples ?? {});
}))].sort();
const union = (codes) => codes.map((code) => `'${code}'`).join(' | ') || 'never';
writeFileSync(join(generated, 'problems.ts'), `${made}export type ProblemCode =
  | ${[...new Set(rows.flatMap(({ row }) => codesOf(row)))].sort().map((code) => `'${code}'`).join('\n  | ')};

// What an operation refuses with.
export interface ProblemsOf {
${rows.map(({ name, row }) => `  ${name}: ${union(codesOf(row))};\n`).join('')}}
`);

for (const file of readdirSync(here)) if (/\.ts$|^tsconfig\.json$/.test(file)) copyFileSync(join(here, file), join(work, file));
execFileSync(process.execPath, [find.resolve('typescript/bin/tsc'), '--project', work], { stdio: 'inherit' });

const target = join(into, 'package');
mkdirSync(target);
cpSync(join(work, 'dist'), join(target, 'dist'), { recursive: true });
// Its links lead to other guides, which are no part of it.
writeFileSync(join(target, 'README.md'), readFileSync(join(here, 'README.md'), 'utf8').replace(/\[([^\]]+)\]\(\.\.[^)]*\)/g, '$1'));
copyFileSync(join(here, '../../../LICENSE'), join(target, 'LICENSE'));
const described = JSON.parse(readFileSync(join(here, 'package.json')));
described.version = version;
described.dependencies = { 'openapi-fetch': versionOf('openapi-fetch') };
writeFileSync(join(target, 'package.json'), `${JSON.stringify(described, null, 2)}\n`);
execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', into],
  { cwd: target, stdio: ['ignore', 'ignore', 'inherit'] });
