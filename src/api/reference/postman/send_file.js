pm.sendRequest({
  url: pm.environment.get('upload_url'),
  method: 'PUT',
  header: { 'Content-Type': 'application/octet-stream' },
  body: { mode: 'raw', raw: 'hello' }
}, () => {});
