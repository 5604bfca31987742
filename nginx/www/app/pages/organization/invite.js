// Invites many, by pasted lines or a CSV file: address, and a role where one stands beside it. Each line gets its result.
import { html, useRef, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { session } from '../../session.js';
import { Badge, Button, Card, ErrorBox, Form, Loading, PageHead, Select, sentence, TextArea, useForm } from '../../components/index.js';
import { spans } from './invite_one.js';
import { RoleField, roleName, useRoles } from './parts.js';

const kBatch = 50;       // invitations in one request
const kMost = 1000;      // lines at once
const kFile = 1 << 20;   // bytes of a file

// The cells of a line of CSV, divided by comma, semicolon or tab.
function cells(line) {
  return [...line.matchAll(/(?:^|[,;\t])\s*(?:"((?:[^"]|"")*)"(?=\s*(?:[,;\t]|$))|([^,;\t]*))/g)].map(([, quoted, plain]) =>
    (quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"')));
}

// → [{email, role}], each address once. A line without an address is a heading, or wrong.
export function readLines(text, role) {
  const found = new Map();
  const wrong = [];
  text.split(/\r?\n/).forEach((line, at) => {
    if (!line.trim()) return;
    const parts = cells(line);
    const where = parts.findIndex((part) => /^\S+@\S+$/.test(part.replace(/^.*<|>.*$/g, '')));
    if (where < 0) {
      if (at > 0) wrong.push({ email: line.trim().slice(0, 200), result: 'refused', detail: t('organization.no_address_in_line') });
      return;
    }
    const email = parts[where].replace(/^.*<|>.*$/g, '');
    const own = parts.slice(where + 1).find((part) => part && part.length <= 64);
    if (!found.has(email.toLowerCase())) found.set(email.toLowerCase(), { email, role: own || role });
  });
  return { people: [...found.values()], wrong };
}

// All into the organization in which it began, wherever the person has moved meanwhile.
async function send(people, seconds, onSome) {
  const { id: organization } = session.get().organization;
  for (let at = 0; at < people.length; at += kBatch) {
    const users = people.slice(at, at + kBatch).map((each) => ({ ...each, ...(seconds && { expires_in: Number(seconds) }) }));
    const { data } = await call('POST', '/organization/add_users', { body: { users }, idempotent: true, organization });
    onSome(data.items.map((item, i) => ({ ...users[i], ...item })));
  }
}

function Results({ rows, total }) {
  const done = rows.filter((row) => row.result === 'invited').length;
  return html`<${Card} title=${t('organization.results')} lead=${t('organization.results_lead', { done, refused: rows.length - done })}>
    ${rows.length < total && html`<progress max=${total} value=${rows.length} aria-label=${t('core.working')}></progress>`}
    <div class="table-box"><table aria-label=${t('organization.results')}><thead><tr><th scope="col">${t('entry.address')}</th><th scope="col">${t('organization.role')}</th><th scope="col">${t('organization.result')}</th></tr></thead>
    <tbody>${rows.map((row, at) => html`<tr key=${at}><td class="main" dir="auto">${row.email}</td><td data-label=${t('organization.role')}>${row.role ? roleName(row.role) : '–'}</td>
      <td data-label=${t('organization.result')}><span><${Badge} tone=${row.result === 'invited' ? 'good' : 'bad'}>${t(row.result === 'invited' ? 'organization.was_invited' : 'organization.was_refused')}<//>
        ${row.result !== 'invited' && html` ${sentence(row)}`}</span></td></tr>`)}</tbody></table></div>
    <div class="actions after"><${Button} kind="primary" href="/app/members">${t('organization.to_members')}<//></div><//>`;
}

function Many({ roles }) {
  const [rows, set] = useState(null);
  const [total, count] = useState(0);
  const file = useRef(null);
  const form = useForm({
    initial: { lines: '', role: roles && !roles.some(({ name }) => name === 'viewer') ? (roles[0] || {}).name : 'viewer', expires_in: '' },
    check: ({ lines, role }) => {
      const { people } = readLines(lines, role);
      return people.length === 0 ? { lines: t('organization.no_lines') } : people.length > kMost ? { lines: t('organization.too_many_lines', { most: kMost }) } : {};
    },
    submit: async ({ lines, role, expires_in: seconds }) => {
      const { people, wrong } = readLines(lines, role);
      count(people.length + wrong.length);
      let got = wrong;
      set(null);
      try {
        await send(people, seconds, (some) => set(got = [...got, ...some]));
        form.set('lines', '');
      } finally {
        // Lines that got an answer are not sent again.
        if (got.length > wrong.length) form.set('lines', people.slice(got.length - wrong.length).map((each) => `${each.email},${each.role}`).join('\n'));
      }
    },
  });
  const read = async (event) => {
    const [chosen] = event.target.files;
    event.target.value = '';
    if (!chosen) return;
    if (chosen.size > kFile) form.setErrors({ lines: t('organization.file_too_large') });
    else form.set('lines', await chosen.text());
  };
  const ready = readLines(form.values.lines, form.values.role).people.length;
  return html`<${Card}><${Form} form=${form} label=${ready ? t('organization.invite_count', { count: ready }) : t('organization.invite_act')} wide
      extra=${html`<${Button} icon="upload" onClick=${() => file.current.click()}>${t('organization.choose_file')}<//>`}>
      <${TextArea} name="lines" rows=${8} label=${t('organization.lines')} hint=${t('organization.lines_hint')} placeholder="grace@example.com, admin" />
      <input class="hidden" type="file" tabindex="-1" aria-label=${t('organization.choose_file')} accept=".csv,.txt,text/csv,text/plain" ref=${file} onChange=${read} />
      <div class="columns"><${RoleField} roles=${roles} label=${t('organization.role_else')} />
      <${Select} name="expires_in" label=${t('organization.good_for')} options=${spans()} /></div><//><//>
    ${rows && html`<${Results} rows=${rows} total=${total} />`}`;
}

export default function InviteMany() {
  const { data: roles, loading, problem, again } = useRoles();
  return html`<${PageHead} title=${t('organization.invite_many')} lead=${t('organization.invite_many_lead')} /><${ErrorBox} problem=${problem} retry=${again} />
    ${loading ? html`<${Loading} />` : !problem && html`<${Many} roles=${roles} />`}`;
}
