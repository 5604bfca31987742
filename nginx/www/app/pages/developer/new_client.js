// Registers an OAuth client of the organization, or of the service's own. Its secret is shown once.
import { html, useState } from '../../dom.js';
import { call } from '../../api.js';
import { t } from '../../i18n.js';
import { navigate } from '../../router.js';
import { Button, Card, Field, Form, PageHead, SecretOnce, Select, TextArea, useForm } from '../../components/index.js';

const lines = (text) => text.split(/[\s,]+/).filter(Boolean);
const kWays = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'];
const kOfOrganization = { path: '/api/v1/oauth/clients', page: '/app/oauth-clients', lead: 'oauth.new_client_lead' };
const given = (text) => text.trim() || undefined;

export default function NewClient({ of = kOfOrganization }) {
  const [made, set] = useState(null);
  const form = useForm({
    initial: { name: '', redirect_uris: '', post_logout_redirect_uris: '', token_endpoint_auth_method: kWays[0], scopes: 'openid profile email', jwks: '', backchannel_logout_uri: '' },
    check: ({ name, redirect_uris: uris }) => ({ ...(!name.trim() && { name: t('organization.name_missing') }), ...(!uris.trim() && { redirect_uris: t('oauth.redirect_missing') }) }),
    fields: Object.fromEntries(['redirect_uris', 'post_logout_redirect_uris', 'scopes'].flatMap((name) => [...Array(80).keys()].map((at) => [`${name}/${at}`, name]))),
    submit: async (values, key) => {
      const body = { ...values, name: values.name.trim(), redirect_uris: lines(values.redirect_uris), post_logout_redirect_uris: lines(values.post_logout_redirect_uris), scopes: lines(values.scopes), backchannel_logout_uri: given(values.backchannel_logout_uri),
        jwks: values.token_endpoint_auth_method === 'private_key_jwt' ? given(values.jwks) : undefined };
      const { data } = await call('POST', of.path, { body, idempotent: key });
      if (data.client_secret) set(data);
      else navigate(of.page);
    },
  });
  return html`<${PageHead} title=${t('oauth.new_client')} lead=${t(of.lead)} />
    <${Card}><${Form} form=${form} label=${t('oauth.register')} wide extra=${html`<${Button} href=${of.page}>${t('core.cancel')}<//>`}>
      <${Field} name="name" label=${t('organization.name')} hint=${t('oauth.name_hint')} maxlength="100" />
      <${TextArea} name="redirect_uris" label=${t('oauth.redirect_uris')} hint=${t('oauth.redirect_hint')} rows="3" />
      <${TextArea} name="post_logout_redirect_uris" label=${t('oauth.post_logout')} hint=${t('oauth.post_logout_hint')} optional rows="2" />
      <${Select} name="token_endpoint_auth_method" label=${t('oauth.authenticates')} options=${kWays.map((way) => [way, t(`oauth.by_${way}`)])} />
      ${form.values.token_endpoint_auth_method === 'private_key_jwt' && html`<${TextArea} name="jwks" label=${t('oauth.jwks')} hint=${t('oauth.jwks_hint')} rows="5" spellcheck="false" />`}
      <${Field} name="backchannel_logout_uri" label=${t('oauth.backchannel')} hint=${t('oauth.backchannel_hint')} optional maxlength="500" />
      <${Field} name="scopes" label=${t('oauth.scopes')} hint=${t('oauth.scopes_hint')} /><//><//>
    ${made && html`<${SecretOnce} title=${t('oauth.secret_of', { name: made.name })} value=${made.client_secret} onClose=${() => navigate(of.page)}>${t('oauth.secret_once')}<//>`}`;
}
