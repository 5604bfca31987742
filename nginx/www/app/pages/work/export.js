// A button that saves a list as CSV: all of it, though the service gives at most a thousand rows at once.
import { html, useState } from '../../dom.js';
import { call, saveFile } from '../../api.js';
import { t } from '../../i18n.js';
import { Button } from '../../components/index.js';
import { tell } from './parts.js';

const kMostFiles = 200;

// The address of the file after this one, by its Link header.
function nextOf(headers) {
  const link = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.get('Link') || '');
  if (!link) return null;
  const { pathname, search } = new URL(link[1], location.href);
  return pathname + search;
}

// Rows only: what follows the header row, which may not have a line end within.
const rows = (text) => text.replace(/^[^\n]*\r?\n/, '');

async function gather(path, query) {
  const { data, headers } = await call('GET', path, { query: { ...query, bom: true }, headers: { Accept: 'text/csv' } });
  const parts = [data || ''];
  let next = nextOf(headers);
  while (next && parts.length < kMostFiles) {
    const more = await call('GET', next, { headers: { Accept: 'text/csv' } });
    parts.push(rows((more.data || '').replace(/^\uFEFF/, '')));
    next = nextOf(more.headers);
  }
  return parts;
}

export function Export({ path, query, name }) {
  const [busy, set] = useState(false);
  const save = async () => {
    set(true);
    await tell(gather(path, query).then((parts) => {
      if (!parts[0].startsWith('\uFEFF')) parts.unshift('\uFEFF');
      saveFile(new Blob(parts, { type: 'text/csv;charset=utf-8' }), `${name}-${new Date().toISOString().slice(0, 10)}.csv`);
    }));
    set(false);
  };
  return html`<${Button} icon="download" busy=${busy} onClick=${save}>${t('work.export')}<//>`;
}
