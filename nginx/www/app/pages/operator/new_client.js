// Registers an OAuth client of the service's own.
import { html } from '../../dom.js';
import New from '../developer/new_client.js';

const kOwn = { path: '/api/v1/admin/oauth/clients', page: '/app/operator/oauth-clients', lead: 'oauth.new_own_client_lead' };

export default function NewOwnClient() {
  return html`<${New} of=${kOwn} />`;
}
