// Rows of a CSV file into a list: checked first or written at once, with what became of each row.
import { html, useRef, useState } from '../../dom.js';
import { call, uniqueKey } from '../../api.js';
import { bytes, number, t, word } from '../../i18n.js';
import { useRoute } from '../../router.js';
import { Badge, Banner, Button, Card, Checkbox, ErrorBox, Facts, PageHead, wasJudged } from '../../components/index.js';

const kMostBytes = 262144;
const kTypes = ['text/csv', '.csv', 'text/plain', '.txt', '.tsv'];
const lists = {
  products: { path: '/api/v1/products', columns: 'sku, name, unit, reorder_level, supplier, price, currency', sample: 'sku,name,unit,reorder_level,price,currency\r\nM6-30,Bolt M6 x 30,piece,100,0.12,EUR\r\n' },
  movements: { path: '/api/v1/stock-movements', columns: 'sku, warehouse, type, quantity, to_warehouse, reason', sample: 'sku,warehouse,type,quantity,reason\r\nM6-30,North,in,500,Delivery 4711\r\n' },
};

const kTones = { created: 'good', updated: 'info', unchanged: '', refused: 'bad' };

function Report({ report, only, show }) {
  const rows = only ? report.rows.filter((row) => row.status === 'refused') : report.rows;
  return html`<${Card} title=${t('work.report')}>
    <${Banner} tone=${report.applied ? (report.refused ? 'warn' : 'good') : 'bad'} alert><p>${t(report.applied ? (report.refused ? 'work.import_partly' : 'work.import_done') : 'work.import_nothing')}</p><//>
    <${Facts} items=${['created', 'updated', 'unchanged', 'refused'].map((name) => [t(`work.row_status.${name}`), number(report[name])])} />
    ${report.ignored_columns.length > 0 && html`<p class="soft">${t('work.ignored_columns', { columns: report.ignored_columns.join(', ') })}</p>`}
    ${report.refused > 0 && report.rows.length > report.refused && html`<${Checkbox} label=${t('work.only_refused')} value=${only} onInput=${show} />`}
    <div class="table-box"><table aria-label=${t('work.report')}><thead><tr><th scope="col">${t('work.file_line')}</th><th scope="col">${t('work.outcome')}</th><th scope="col">${t('work.column')}</th><th scope="col">${t('work.detail')}</th></tr></thead>
      <tbody>${rows.slice(0, 1000).map((row) => html`<tr key=${row.line}><td class="main">${t('work.line_no', { line: String(row.line) })}</td><td data-label=${t('work.outcome')}><${Badge} tone=${kTones[row.status]}>${t(`work.row_${report.applied ? 'status' : 'would'}.${row.status}`)}<//></td>
        <td data-label=${t('work.column')}>${row.column ? html`<code>${row.column}</code>` : '–'}</td><td data-label=${t('work.detail')}>${row.detail || (row.code ? word('problem', row.code) : '–')}</td></tr>`)}</tbody></table></div><//>`;
}

export default function Import() {
  const { path } = useRoute();
  const name = path.split('/')[2];
  const list = lists[name];
  const [file, take] = useState(null);
  const [skip, setSkip] = useState(false);
  const [state, set] = useState({});
  const [only, show] = useState(true);
  const large = file && file.size > kMostBytes;
  // One for all presses that send the same rows: a lost reply books nothing twice.
  const act = useRef({});
  const send = async () => {
    set({ busy: true });
    try {
      // UTF-8, else what spreadsheets of the West write.
      const raw = await file.arrayBuffer();
      let csv;
      try {
        csv = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
      } catch {
        csv = new TextDecoder('windows-1252').decode(raw);
      }
      if (act.current.csv !== csv || act.current.skip !== skip) act.current = { csv, skip, key: uniqueKey() };
      const { data } = await call('POST', `${list.path}/import`, { query: { on_error: skip ? 'skip' : 'abort' }, body: { csv }, idempotent: act.current.key });
      act.current = {};
      show(data.refused > 0);
      set({ report: data });
    } catch (problem) {
      if (wasJudged(problem)) act.current = {};
      set({ problem });
    }
  };
  const choose = (chosen) => {
    take(chosen);
    set({});
  };
  const drop = (event) => {
    event.preventDefault();
    if (event.dataTransfer.files[0]) choose(event.dataTransfer.files[0]);
  };
  return html`<${PageHead} title=${t(`work.import_${name}`)} lead=${t(`work.import_${name}_lead`)}><${Button} href=${`/app/${name}`}>${t(`work.to_${name}`)}<//><//>
    <${Card} title=${t('work.file')} lead=${html`${t('work.columns')}: <code>${list.columns}</code>`}>
      <div class="drop" onDragOver=${(event) => event.preventDefault()} onDrop=${drop}><label for="csv">${t('work.choose_csv')}</label>
        <input id="csv" type="file" accept=${kTypes.join(',')} onChange=${(event) => choose(event.target.files[0] || null)} />
        <p class="soft">${file ? html`<bdi>${file.name}</bdi> · ${bytes(file.size)}` : t('work.csv_hint')}</p>
        ${large && html`<p class="hint bad" role="alert">${t('work.csv_large')}</p>`}</div>
      <${Checkbox} label=${t('work.skip_refused')} hint=${t('work.skip_refused_hint')} value=${skip} onInput=${setSkip} />
      <${ErrorBox} problem=${state.problem} />
      ${file && !large && html`<div class="form-foot"><${Button} kind="primary" icon="upload" busy=${state.busy} onClick=${send}>${t('work.import_act')}<//></div>`}
      <details class="sample"><summary>${t('work.sample')}</summary><pre class="json" tabindex="0" dir="ltr">${list.sample}</pre></details><//>
    ${state.report && html`<${Report} report=${state.report} only=${only} show=${show} />`}`;
}
