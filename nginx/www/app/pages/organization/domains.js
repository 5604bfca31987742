// Domains: claimed, proven by a TXT record, and whether members with their addresses sign in by the provider alone.
import { html, useLoad, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { to } from '../../router.js';
import { Badge, Button, Card, Confirm, CopyButton, DataTable, Dialog, EmptyState, Field, Form, PageHead, Plain, toast, useForm, When } from '../../components/index.js';
import { Awaited, failed, Note } from './parts.js';

const kEnforcement = '/api/v1/domains/enforcement';

function State({ row }) {
  if (!row.proven_at) return html`<${Badge}>${t('domains.claimed')}<//>`;
  if (row.missed_at) return html`<${Badge} tone="bad">${t('domains.missed')}<//>`;
  return html`<${Badge} tone="good">${t('domains.proven')}<//>`;
}

const columns = () => [
  { key: 'domain', label: t('domains.domain'), main: true, render: (row) => html`<bdi dir="ltr">${row.domain}</bdi>` },
  { key: 'state', label: t('organization.status'), render: (row) => html`<${State} row=${row} />` },
  { key: 'proven_at', label: t('domains.proven_since'), render: (row) => (row.proven_at ? html`<${When} at=${row.proven_at} />` : '–') },
  { key: 'checked_at', label: t('domains.checked'), render: (row) => (row.checked_at ? html`<${When} at=${row.checked_at} />` : '–') },
];

// One line of the record, to be copied.
const Line = ({ name, value }) => html`<div class="secret"><span class="soft">${name}</span><code tabindex="0" dir="ltr">${value}</code><${CopyButton} text=${value} /></div>`;

function RecordOf({ row, onVerify, onClose }) {
  return html`<${Dialog} title=${t('domains.record_of', { domain: row.domain })} onClose=${onClose} wide
      foot=${html`<${Button} kind="primary" onClick=${() => onVerify(row)}>${t('domains.verify')}<//><${Button} onClick=${onClose}>${t('core.close')}<//>`}>
    <p>${t('domains.record_lead')}</p>
    <${Line} name=${t('domains.record_type')} value="TXT" /><${Line} name=${t('organization.name')} value=${row.record_name} /><${Line} name=${t('domains.record_value')} value=${row.record_value} /><//>`;
}

function Claim({ onClaimed, onClose }) {
  const form = useForm({
    initial: { domain: '' },
    check: ({ domain }) => (domain.trim() ? {} : { domain: t('domains.domain_missing') }),
    fields: { conflict: 'domain' },
    submit: async ({ domain }, key) => onClaimed((await call('POST', '/api/v1/domains', { body: { domain: domain.trim() }, idempotent: key })).data),
  });
  return html`<${Dialog} title=${t('domains.claim')} onClose=${onClose}>
    <${Form} form=${form} label=${t('domains.claim')} extra=${html`<${Button} onClick=${onClose}>${t('core.cancel')}<//>`}>
      <${Field} name="domain" label=${t('domains.domain')} hint=${t('domains.domain_hint')} maxlength="253" ...${Plain} /><//><//>`;
}

function Enforcement({ version }) {
  const [turn, again] = useState(0);
  const [asked, ask] = useState(null);
  const load = useLoad(async () => (await call('GET', kEnforcement)).data, [version, turn]);
  const set = async () => {
    await call('PUT', kEnforcement, { body: { enforced: asked } });
    toast(t(asked ? 'domains.is_enforced' : 'domains.is_released'));
    again((n) => n + 1);
  };
  return html`<div class="after"><${Card} title=${t('domains.enforcement')} lead=${t('domains.enforcement_lead')}>
    <${Awaited} load=${load}>${(now) => html`<p><${Badge} tone=${now.enforced ? 'good' : ''}>${t(now.enforced ? 'organization.switched_on' : 'organization.switched_off')}<//></p>
      <p>${t('domains.owners_can')}</p>
      <p><${Button} kind=${now.enforced ? '' : 'primary'} onClick=${() => ask(!now.enforced)}>${t(now.enforced ? 'domains.release' : 'domains.enforce')}<//></p>`}<//><//></div>
    ${asked !== null && html`<${Confirm} title=${t(asked ? 'domains.enforce' : 'domains.release')} action=${t(asked ? 'domains.enforce' : 'domains.release')} danger=${asked} onConfirm=${set} onClose=${() => ask(null)}>
      <p>${t(asked ? 'domains.enforce_ask' : 'domains.release_ask')}</p><//>`}`;
}

export default function Domains() {
  const [version, next] = useState(0);
  const [claiming, claim] = useState(false);
  const [shown, show] = useState(null);
  const [ending, end] = useState(null);
  const verify = async (row) => {
    try {
      await call('POST', to`/api/v1/domains/${row.id}/verify`);
      toast(t('domains.now_proven', { domain: row.domain }));
      show(null);
    } catch (problem) {
      failed(problem);
    }
    next((n) => n + 1);
  };
  const claimed = (row) => {
    claim(false);
    show(row);
    next((n) => n + 1);
  };
  const remove = async () => {
    await call('DELETE', to`/api/v1/domains/${ending.id}`);
    toast(t('domains.given_up', { domain: ending.domain }));
    next((n) => n + 1);
  };
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => claim(true)}>${t('domains.claim')}<//>`;
  return html`<${PageHead} title=${t('domains.title')} lead=${t('domains.lead')}>${add}<//>
    <${DataTable} label=${t('domains.title')} path="/api/v1/domains" version=${version} columns=${columns()}
      actions=${(row) => html`<${Button} small onClick=${() => show(row)}>${t('domains.record')}<//> <${Button} small onClick=${() => verify(row)}>${t('domains.verify')}<//> <${Button} small kind="danger" onClick=${() => end(row)}>${t('domains.give_up')}<//>`}
      empty=${html`<${EmptyState} icon="link" title=${t('domains.none')} action=${add}>${t('domains.none_text')}<//>`} />
    <${Note}>${t('domains.keep_record')}<//>
    <${Enforcement} version=${version} />
    ${claiming && html`<${Claim} onClaimed=${claimed} onClose=${() => claim(false)} />`}
    ${shown && html`<${RecordOf} row=${shown} onVerify=${verify} onClose=${() => show(null)} />`}
    ${ending && html`<${Confirm} title=${t('domains.give_up_one', { domain: ending.domain })} action=${t('domains.give_up')} onConfirm=${remove} onClose=${() => end(null)}><p>${t('domains.give_up_lead')}</p><//>`}`;
}
