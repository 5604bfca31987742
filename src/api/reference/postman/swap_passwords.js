const changed = pm.environment.get('new_password');
pm.environment.set('new_password', pm.environment.get('password'));
pm.environment.set('password', changed);
