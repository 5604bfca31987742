// A button that saves a list as CSV: all of it, though the service gives at most a thousand rows at once. Of more than two
// hundred such files it says that it is a part.
import { html, useState } from '../../dom.js';
import { call, saveFile } from '../../api.js';
import { t } from '../../i18n.js';
import { session } from '../../session.js';
import { Button, toast } from '../../components/index.js';
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

// All of the organization in which it began. `whole`: nothing was left out.
async function gather(path, query) {
  const { organization } = session.get();
  const options = { headers: { Accept: 'text/csv' }, organization: organization && organization.id };
  const { data, headers } = await call('GET', path, { ...options, query: { ...query, bom: true } });
  const parts = [data || ''];
  let next = nextOf(headers);
  while (next && parts.length < kMostFiles) {
    const more = await call('GET', next, options);
    parts.push(rows((more.data || '').replace(/^\uFEFF/, '')));
    next = nextOf(more.headers);
  }
  return { parts, whole: !next };
}

export function Export({ path, query, name }) {
  const [busy, set] = useState(false);
  const save = async () => {
    set(true);
    await tell(gather(path, query).then(({ parts, whole }) => {
      if (!parts[0].startsWith('\uFEFF')) parts.unshift('\uFEFF');
      saveFile(new Blob(parts, { type: 'text/csv;charset=utf-8' }), `${name}-${new Date().toISOString().slice(0, 10)}${whole ? '' : '-part'}.csv`);
      if (!whole) toast(t('work.export_part'), { tone: 'bad' });
    }));
    set(false);
  };
  return html`<${Button} icon="download" busy=${busy} onClick=${save}>${t('work.export')}<//>`;
}
