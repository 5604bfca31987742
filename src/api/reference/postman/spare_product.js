const made = {
  url: pm.environment.get('base_url') + '/api/v1/products',
  method: 'POST',
  header: {
    'Content-Type': 'application/json', Authorization: 'Bearer ' + pm.environment.get('access_token')
  },
  body: { mode: 'raw', raw: JSON.stringify({ sku: 'spare-' + Date.now(), name: 'Spare' }) }
};
pm.sendRequest(made, (error, reply) => pm.environment.set('product_id', reply.json().id));
