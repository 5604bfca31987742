pm.sendRequest({
  url: pm.environment.get('base_url') + '/api/v1/organizations/' + pm.environment.get('org_id'),
  method: 'PUT',
  header: {
    'Content-Type': 'application/json', Authorization: 'Bearer ' + pm.environment.get('access_token')
  },
  body: { mode: 'raw', raw: JSON.stringify({ self_approval: true }) }
}, () => {});
