// The page to try the API: draws the description that the server serves. What is tried is done as the person who is
// signed in, by his session.
(() => {
  const place = document.getElementById("api");
  if (!place || !window.SwaggerUIBundle) return;
  window.SwaggerUIBundle({
    url: place.dataset.description,
    domNode: place,
    deepLinking: false, // the address stays the console's own
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    filter: true,
    validatorUrl: null, // nothing is asked of anybody else
    presets: [window.SwaggerUIBundle.presets.apis],
  });
})();
