// The API in Swagger UI. "Try it out" sends to this host, whichever name it was reached by.
'use strict';

// Its dark look is a class, which nothing but a button of a layout that is not used here would set.
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

SwaggerUIBundle({
  url: '/api/v1/openapi.json',
  dom_id: '#docs',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,  // a token lives as long as the page
  queryConfigEnabled: false,    // a link must not make this page read another document
  validatorUrl: null,
  // The document names PUBLIC_URL; the page's policy lets it send to nobody but where it came from.
  requestInterceptor: (request) => {
    const { pathname, search } = new URL(request.url, location);
    request.url = location.origin + pathname + search;
    return request;
  },
});
