pm.environment.set('document_id', pm.response.json().document_id);
pm.environment.set('upload_url', pm.response.json().upload_url);
