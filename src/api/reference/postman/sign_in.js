const base = pm.environment.get('base_url');
pm.sendRequest({
  url: base + '/api/v1/auth/login',
  method: 'POST',
  header: { 'Content-Type': 'application/json' },
  body: {
    mode: 'raw',
    raw: JSON.stringify({
      email: pm.environment.get('email'), password: pm.environment.get('password')
    })
  }
}, (error, reply) => {
  const token = reply.json().access_token;
  pm.environment.set('access_token', token);
});
