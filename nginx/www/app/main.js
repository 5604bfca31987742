// The start: languages, session, and the pages' groups, one line each.
import { html, render } from './dom.js';
import { startLanguage } from './i18n.js';
import { loadConfig, start } from './session.js';
import { App } from './shell.js';

const groups = [
  import('./pages/home/index.js'),
  import('./pages/entry/index.js'),
  import('./pages/organization/index.js'),
  import('./pages/developer/index.js'),
  import('./pages/account/index.js'),
  import('./pages/operator/index.js'),
  import('./pages/work/index.js'),
];

const [modules] = await Promise.all([Promise.all(groups), startLanguage(), start(), loadConfig()]);
const pages = modules.flatMap((module) => module.pages);
render(html`<${App} pages=${pages} />`, document.getElementById('app'));
