// Documents of all projects.
import { html } from '../../dom.js';
import { t } from '../../i18n.js';
import { Button, PageHead } from '../../components/index.js';
import { DocumentList } from './document_list.js';

export default function Documents() {
  return html`<${PageHead} title=${t('work.documents')} lead=${t('work.documents_lead')}><${Button} icon="search" href="/app/search">${t('work.search')}<//><//><${DocumentList} />`;
}
