// The first page: who one is here, and where to go.
import { html } from '../../dom.js';
import { t, word } from '../../i18n.js';
import { Link } from '../../router.js';
import { config, can, nameOf, useSession } from '../../session.js';
import { Button, Card, EmptyState, Icon, PageHead } from '../../components/index.js';

const kTiles = [
  ['/app/inbox', 'inbox', 'home.inbox', ['purchase_requests:approve', 'stock:read']],
  ['/app/members', 'people', 'home.members', 'users:invite'],
  ['/app/account', 'person', 'home.account'],
  ['/app/account/security', 'shield', 'home.security'],
  ['/app/account/organizations', 'building', 'home.organizations'],
];

function Home() {
  const { user, organization } = useSession();
  const { app_url: app } = config.get();
  return html`<${PageHead} title=${t('home.hello', { name: nameOf(user) })}
      lead=${organization ? t('home.here', { organization: organization.name, role: word('role', organization.role || 'super_admin') }) : t('home.nowhere')}>
      ${app && html`<a class="button primary" href=${app}>${t('home.open_app')}</a>`}<//>
    ${!organization && html`<${Card}><${EmptyState} icon="building" title=${t('core.no_organization')} action=${html`<${Button} kind="primary" href="/app/account/organizations">${t('core.my_organizations')}<//>`}>${t('home.nowhere_text')}<//><//>`}
    <div class="cards">${kTiles.filter(([, , , needs]) => can(needs)).map(([href, icon, key]) => html`<${Link} class="tile" key=${href} href=${href}><${Icon} name=${icon} />
      <span><strong>${t(key)}</strong><span class="soft">${t(`${key}_text`)}</span></span><//>`)}</div>`;
}

export const pages = [{ path: '/app/', title: 'home.title', group: 'home', menu: true, icon: 'home', render: Home }];
