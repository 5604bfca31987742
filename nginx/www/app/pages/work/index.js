// The daily work: what waits, purchases, stock, projects and their documents.
const page = (path, title, icon, needs, load, menu = false) => ({ path, title, icon, needs, load, menu, group: 'work' });
const inMenu = (...parts) => page(...parts, true);

export const pages = [
  inMenu('/app/inbox', 'work.inbox', 'inbox', ['purchase_requests:read', 'stock:read'], () => import('./inbox.js')),
  inMenu('/app/purchase-requests', 'work.requests', 'cart', 'purchase_requests:read', () => import('./requests.js')),
  page('/app/purchase-requests/new', 'work.request_new', 'cart', 'purchase_requests:create', () => import('./request_edit.js')),
  page('/app/purchase-requests/:id', 'work.request', 'cart', 'purchase_requests:read', () => import('./request.js')),
  page('/app/purchase-requests/:id/edit', 'work.request_edit', 'cart', 'purchase_requests:update', () => import('./request_edit.js')),
  inMenu('/app/stock', 'work.stock', 'chart', 'stock:read', () => import('./stock.js')),
  inMenu('/app/movements', 'work.movements', 'refresh', 'stock:read', () => import('./movements.js')),
  page('/app/movements/import', 'work.import', 'upload', 'stock:create', () => import('./import.js')),
  inMenu('/app/products', 'work.products', 'box', 'products:read', () => import('./products.js')),
  page('/app/products/new', 'work.product_new', 'box', 'products:create', () => import('./product.js')),
  page('/app/products/import', 'work.import', 'upload', 'products:create', () => import('./import.js')),
  page('/app/products/:id', 'work.product', 'box', 'products:read', () => import('./product.js')),
  inMenu('/app/suppliers', 'work.suppliers', 'people', 'suppliers:read', () => import('./suppliers.js')),
  inMenu('/app/warehouses', 'work.warehouses', 'warehouse', 'warehouses:read', () => import('./warehouses.js')),
  inMenu('/app/projects', 'work.projects', 'folder', 'projects:read', () => import('./projects.js')),
  page('/app/projects/:id', 'work.project', 'folder', 'projects:read', () => import('./project.js')),
  inMenu('/app/documents', 'work.documents', 'file', 'documents:read', () => import('./documents.js')),
  inMenu('/app/search', 'work.search', 'search', 'projects:read', () => import('./search.js')),
];
