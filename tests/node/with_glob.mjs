// with_glob.mjs, for `node --import`: a package that imports fs.globSync, which came with node 22, is loaded by an older one
// too. What calls it is refused.
import * as fs from 'node:fs';
import { register } from 'node:module';

const more = `export * from 'node:fs';
  export function globSync() { throw new Error('this node has no fs.globSync'); }`;
const hooks = `const more = 'data:text/javascript,' + encodeURIComponent(${JSON.stringify(more)});
  export const resolve = (name, context, next) => /^(node:)?fs$/.test(name) && context.parentURL.startsWith('file:')
    ? { url: more, shortCircuit: true } : next(name, context);`;
if (!fs.globSync) register(`data:text/javascript,${encodeURIComponent(hooks)}`);
