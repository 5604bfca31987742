// The audit log as a file. The service gives JSON Lines, a thousand at a time; CSV is made of them here.
import { call } from '../../api.js';
import { session } from '../../session.js';

const kMost = 100000;  // lines of one file

// All lines that fit `query`, oldest first, of the organization in which it began. `onSome(count)` says how far it is.
// Returns {lines, whole}; `whole` is false where more are left than one file takes.
export async function exportAll(query, onSome) {
  const lines = [];
  const { organization } = session.get();
  let cursor = null;
  while (lines.length < kMost) {
    const reply = await call('GET', '/api/v1/audit-logs/export', { query: { ...query, limit: 1000, cursor }, headers: { Accept: 'application/x-ndjson' },
      organization: organization && organization.id });
    lines.push(...(reply.data || '').split('\n').filter(Boolean));
    onSome(lines.length);
    const next = /<([^>]+)>;\s*rel="?next/.exec(reply.headers.get('Link') || '');
    cursor = next && new URL(next[1], location.origin).searchParams.get('cursor');
    if (!cursor) break;
  }
  return { lines, whole: !cursor };
}

const kColumns = ['seq', 'created_at', 'actor', 'effective_user', 'api_key_id', 'action', 'resource', 'resource_id', 'address', 'agent', 'request_id', 'old_values', 'new_values'];

// A cell that a spreadsheet does not take for a formula.
function cell(value) {
  const text = value == null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

const person = (who) => who && (who.email || who.id);

export function asCsv(lines) {
  const rows = lines.map((line) => JSON.parse(line)).map((row) => ({ ...row, actor: person(row.actor), effective_user: person(row.effective_user),
    created_at: new Date(1000 * row.created_at).toISOString() }));
  return [kColumns.join(','), ...rows.map((row) => kColumns.map((name) => cell(row[name])).join(','))].join('\r\n');
}
