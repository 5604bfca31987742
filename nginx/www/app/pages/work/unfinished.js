// Uploads that were announced and are not stored: kept by the window, so that one goes on after a reload when its file is
// chosen again. Nothing in them opens anything: the same Idempotency-Key gets the same announcement, with its address, from
// the service, which asks who is signed in.
import { makeStore } from '../../dom.js';
import { uniqueKey } from '../../api.js';
import { kUnfinished } from '../../session.js';

function read() {
  try {
    const now = Date.now() / 1000;
    return JSON.parse(sessionStorage.getItem(kUnfinished) || '[]').filter((each) => !each.until || each.until > now);
  } catch {
    return [];
  }
}

export const unfinished = makeStore(read());

function keep(all) {
  unfinished.set(all);
  try {
    if (all.length) sessionStorage.setItem(kUnfinished, JSON.stringify(all));
    else sessionStorage.removeItem(kUnfinished);
  } catch { /* a window that keeps nothing */ }
}

const is = (project, file) => (each) => each.project === project && each.name === file.name && each.size === file.size && each.modified === file.lastModified;

// The key under which this file is announced: the same one until it is stored.
export function keyOf(project, file) {
  const known = read().find(is(project, file));
  if (known) return known.key;
  const key = uniqueKey();
  keep([...read(), { project, name: file.name, size: file.size, modified: file.lastModified, key }]);
  return key;
}

// The announcement has come: it is good until then.
export const announcedAs = (project, file, { document_id: document, expires_at: until }) =>
  keep(read().map((each) => (is(project, file)(each) ? { ...each, document, until } : each)));

export const finished = (project, file) => keep(read().filter((each) => !is(project, file)(each)));
export const forgotten = (key) => keep(read().filter((each) => each.key !== key));
