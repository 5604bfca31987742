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

// Without its texts or modules there is nothing to draw with: the connection broke off, so say so in both languages.
function unreachable() {
  const box = document.createElement('main');
  const words = document.createElement('p');
  words.setAttribute('role', 'alert');
  words.textContent = 'This page could not be loaded. – Diese Seite konnte nicht geladen werden.';
  const again = document.createElement('button');
  again.className = 'button primary';
  again.textContent = 'Try again – Noch einmal versuchen';
  again.addEventListener('click', () => location.reload());
  box.append(words, again);
  document.getElementById('app').replaceChildren(box);
}

Promise.all([Promise.all(groups), startLanguage(), start(), loadConfig()]).then(([modules]) => {
  const pages = modules.flatMap((module) => module.pages);
  render(html`<${App} pages=${pages} />`, document.getElementById('app'));
}, unreachable);
