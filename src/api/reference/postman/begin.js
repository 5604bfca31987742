const typed = pm.environment.get('email');
pm.environment.set('email', typed.replace(/(\+\d+)?@/, '+' + Date.now() + '@'));
for (const name of Object.keys(pm.environment.toObject()))
  if (name.endsWith('_id')) pm.environment.set(name, '');
