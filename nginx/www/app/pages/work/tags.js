// Words by which projects and documents are found.
import { html } from '../../dom.js';
import { Badge } from '../../components/index.js';

export const Tags = ({ tags }) => (tags && tags.length ? html`<span class="tags">${tags.map((tag) => html`<${Badge} key=${tag}><bdi>${tag}</bdi><//>`)}</span>` : '–');
