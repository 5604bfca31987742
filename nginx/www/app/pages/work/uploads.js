// Files on their way into documents. They go on while one looks at other pages of the console; what broke off goes on with
// the upload that was announced, as long as it is good, also after a reload.
import { html, makeStore, useEffect, useRef, useState, useStore } from '../../dom.js';
import { call, Problem } from '../../api.js';
import { bytes, t } from '../../i18n.js';
import { Button, Card, Icon, sentence } from '../../components/index.js';
import { announcedAs, finished, forgotten, keyOf, unfinished } from './unfinished.js';

const kHashed = 64 * 1024 * 1024;  // bytes: larger files are compared by their size alone
const path = '/api/v1/projects/documents';

// {key, project, file, state: 'waiting' | 'hashing' | 'sending' | 'checking' | 'stored' | 'failed', sent, problem, announced}
const uploads = makeStore([]);
const requests = new Map();
let keys = 0;
let running = false;

const change = (key, part) => uploads.set(uploads.get().map((each) => (each.key === key ? { ...each, ...part } : each)));
const find = (key) => uploads.get().find((each) => each.key === key);
const alive = () => uploads.get().some((each) => !['stored', 'failed'].includes(each.state));

addEventListener('beforeunload', (event) => { if (alive()) event.preventDefault(); });

async function digest(file) {
  if (file.size > kHashed || !crypto.subtle) return undefined;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const kType = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$/;

async function announce({ key, project, file }) {
  change(key, { state: 'hashing' });
  const sha256 = await digest(file);
  const { data } = await call('POST', `${path}/upload`, { idempotent: keyOf(project, file), body: {
    project_id: project, name: file.name, content_type: kType.test(file.type) ? file.type : 'application/octet-stream', size: file.size, ...(sha256 && { sha256 }),
  } });
  announcedAs(project, file, data);
  return data;
}

// The file to its address. The service's own addresses are taken on this origin.
function put(key, file, { upload_url: url, upload_headers: headers }) {
  const { origin, pathname, search } = new URL(url, location.href);
  const own = Object.keys(headers || {}).length === 0 && pathname.startsWith('/files/');
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    requests.set(key, request);
    request.open('PUT', own ? pathname + search : origin + pathname + search);
    for (const [name, value] of Object.entries(headers || {})) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => change(key, { sent: loaded });
    request.onload = () => {
      if (request.status < 300) return done();
      let body = {};
      try {
        body = JSON.parse(request.responseText);
      } catch { /* a status is all there is */ }
      return fail(new Problem(request.status, body));
    };
    request.onerror = () => fail(new Problem(0, { code: 'offline' }));
    request.onabort = () => fail(new Problem(0, { code: 'stopped' }));
    request.send(file);
  }).finally(() => requests.delete(key));
}

async function complete(key, { document_id: id }) {
  change(key, { state: 'checking' });
  await call('POST', `${path}/${id}/upload-complete`);
}

async function carry(key) {
  let { announced } = find(key);
  if (!announced || announced.expires_at * 1000 < Date.now()) {
    announced = await announce(find(key));
    change(key, { announced });
  }
  change(key, { state: 'sending', sent: 0 });
  try {
    await put(key, find(key).file, announced);
  } catch (problem) {
    // It may have arrived before: the address takes it once.
    if (problem.code !== 'upload_refused') throw problem;
  }
  await complete(key, announced);
}

// One after the other: each gets the whole line.
async function run() {
  if (running) return;
  running = true;
  for (let next; (next = uploads.get().find((each) => each.state === 'waiting'));) {
    try {
      await carry(next.key);
      change(next.key, { state: 'stored', sent: next.file.size });
      finished(next.project, next.file);
    } catch (problem) {
      // What arrived is not what was announced, or is not there any more: announce it anew.
      const anew = ['upload_mismatch', 'not_found', 'upload_incomplete'].includes(problem.code);
      if (anew) finished(next.project, next.file);
      if (find(next.key)) change(next.key, { state: 'failed', problem, ...(anew && { announced: null }) });
    }
  }
  running = false;
}

export function upload(project, files) {
  uploads.set([...uploads.get(), ...[...files].map((file) => ({ key: ++keys, project, file, state: 'waiting', sent: 0 }))]);
  return run();
}

const again = (key) => {
  change(key, { state: 'waiting', problem: null });
  return run();
};

function stop(key) {
  const request = requests.get(key);
  if (request) request.abort();
}

// Takes it off the list, and an announced document with it that never got its file.
function drop(key) {
  const { announced, project, file, state } = find(key);
  uploads.set(uploads.get().filter((each) => each.key !== key));
  finished(project, file);
  if (state === 'failed' && announced) call('DELETE', `${path}/${announced.document_id}`).catch(() => {});
}

function Row({ each }) {
  const { key, file, state, sent, problem } = each;
  const share = file.size ? sent / file.size : 1;
  const words = { waiting: t('work.upload_waiting'), hashing: t('work.upload_hashing'), checking: t('work.upload_checking'), stored: t('work.upload_stored'),
    sending: t('work.upload_sending', { sent: bytes(sent), size: bytes(file.size), percent: Math.floor(share * 100) }),
    failed: problem && problem.code === 'stopped' ? t('work.upload_stopped') : sentence(problem) }[state];
  return html`<li class=${`upload ${state}`}><${Icon} name=${state === 'stored' ? 'check' : state === 'failed' ? 'alert' : 'file'} /><div><p><bdi>${file.name}</bdi></p>
      ${!['stored', 'failed'].includes(state) && html`<progress max="1" value=${state === 'checking' ? 1 : share} aria-label=${t('work.upload_of', { name: file.name })}></progress>`}
      <p class=${state === 'failed' ? 'hint bad' : 'hint'} role=${state === 'failed' ? 'alert' : null}>${words}</p></div>
    <div class="actions">${state === 'sending' && html`<${Button} small onClick=${() => stop(key)}>${t('work.stop')}<//>`}
      ${state === 'failed' && html`<${Button} small icon="refresh" onClick=${() => again(key)}>${t('work.go_on')}<//>`}
      ${['stored', 'failed', 'waiting'].includes(state) && html`<${Button} small kind="quiet" icon="close" aria-label=${t('work.drop_of', { name: file.name })} onClick=${() => drop(key)}>${t('work.off_list')}<//>`}</div></li>`;
}

// One that a reload has cut off. The browser gives the file only to who chooses it again.
function Left({ each }) {
  const drop = () => {
    forgotten(each.key);
    if (each.document) call('DELETE', `${path}/${each.document}`).catch(() => {});
  };
  return html`<li class="upload failed"><${Icon} name="alert" /><div><p><bdi>${each.name}</bdi></p><p class="hint">${t('work.upload_left')}</p></div>
    <div class="actions"><${Button} small kind="quiet" icon="close" aria-label=${t('work.drop_of', { name: each.name })} onClick=${drop}>${t('work.off_list')}<//></div></li>`;
}

export function Uploads({ project, onStored }) {
  const mine = useStore(uploads).filter((each) => each.project === project);
  const running = (each) => mine.some(({ file }) => file.name === each.name && file.size === each.size && file.lastModified === each.modified);
  const left = useStore(unfinished).filter((each) => each.project === project && !running(each));
  const [over, hover] = useState(false);
  const input = useRef(null);
  const stored = mine.filter((each) => each.state === 'stored').length;
  useEffect(() => { if (stored) onStored(); }, [stored]);
  const take = (files) => { if (files.length) upload(project, files); };
  const dropped = (event) => {
    event.preventDefault();
    hover(false);
    take([...event.dataTransfer.files]);
  };
  return html`<${Card} title=${t('work.upload')} lead=${t('work.upload_lead')}>
    <div class=${over ? 'drop over' : 'drop'} onDragOver=${(event) => { event.preventDefault(); hover(true); }} onDragLeave=${() => hover(false)} onDrop=${dropped}>
      <label for="files">${t('work.choose_files')}</label><input id="files" ref=${input} type="file" multiple onChange=${(event) => { take([...event.target.files]); input.current.value = ''; }} /></div>
    ${mine.length + left.length > 0 && html`<ul class="uploads">${left.map((each) => html`<${Left} key=${each.key} each=${each} />`)}${mine.map((each) => html`<${Row} key=${each.key} each=${each} />`)}</ul>`}<//>`;
}
