// The OpenAPI description as a page. Swagger's own page would load its script from elsewhere.

const make = (name, text = "", className = "") => Object.assign(document.createElement(name), { textContent: text, className });

function operation(path, method, about) {
  const details = make("details", "", "card");
  const summary = make("summary");
  summary.append(make("span", method.toUpperCase(), "method"), make("code", path), make("span", about.summary ?? "", "quiet"));
  details.append(summary);
  if (about.description) details.append(make("pre", about.description));
  if (about.parameters?.length) {
    const lines = about.parameters.map((p) => `${p.name} (${p.in}${p.required ? "" : ", optional"}): ${p.schema?.type ?? ""} ${p.description ?? ""}`);
    details.append(make("h3", "Parameters"), make("pre", lines.join("\n")));
  }
  for (const [type, { schema }] of Object.entries(about.requestBody?.content ?? {})) {
    details.append(make("h3", `Body, ${type}`), make("pre", describe(schema)));
  }
  for (const [status, response] of Object.entries(about.responses ?? {})) {
    const schema = Object.values(response.content ?? {})[0]?.schema;
    details.append(make("h3", `${status} ${response.description}`));
    if (schema && Object.keys(schema).length) details.append(make("pre", describe(schema)));
  }
  return details;
}

let schemas = {};

function describe(schema) {
  const named = schema.$ref ? schemas[schema.$ref.split("/").pop()] : schema;
  if (!named?.properties) return JSON.stringify(named, null, 2);
  const required = new Set(named.required);
  return Object.entries(named.properties)
    .map(([name, p]) => {
      const type = p.type ?? p.const ?? p.anyOf?.map((any) => any.type ?? any.$ref?.split("/").pop()).join(" or ") ?? "";
      return `${name}${required.has(name) ? "" : " (optional)"}: ${type} ${p.description ?? ""}`;
    })
    .join("\n");
}

const api = await (await fetch("/openapi.json")).json();
schemas = api.components?.schemas ?? {};
const groups = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, about] of Object.entries(methods)) {
    const group = about.tags?.[0] ?? "other";
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(operation(path, method, about));
  }
}
for (const [group, operations] of groups) {
  const section = make("section");
  section.append(make("h2", group[0].toUpperCase() + group.slice(1)), ...operations);
  document.querySelector("#operations").append(section);
}
