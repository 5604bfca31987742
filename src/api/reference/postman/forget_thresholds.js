pm.sendRequest({
  url: pm.environment.get('base_url') + '/api/v1/purchase-requests/thresholds',
  method: 'PUT',
  header: {
    'Content-Type': 'application/json', Authorization: 'Bearer ' + pm.environment.get('access_token')
  },
  body: { mode: 'raw', raw: JSON.stringify({ thresholds: [] }) }
}, () => {});
