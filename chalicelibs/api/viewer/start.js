// No validatorUrl: the description is shown to nobody else.
SwaggerUIBundle({
  dom_id: "#docs",
  url: new URL("../../openapi.json", document.currentScript.src).href,
  validatorUrl: null,
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
});
