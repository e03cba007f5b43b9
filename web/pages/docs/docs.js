// The OpenAPI description as a page. Swagger's own page would load its script from elsewhere.

const make = (name, text = "", className = "") => Object.assign(document.createElement(name), { textContent: text, className });

/** A sentence in which `code` is marked so. */
function sentence(text, className = "") {
  const whole = make("p", "", className);
  whole.append(...text.split("`").map((part, at) => (at % 2 ? make("code", part) : part)));
  return whole;
}

function operation(path, method, about) {
  const details = make("details", "", "card");
  const summary = make("summary");
  summary.append(make("span", method.toUpperCase(), "method"), make("code", path), make("span", about.summary ?? "", "quiet"));
  details.append(summary);
  if (about.description) details.append(sentence(about.description));
  details.append(make("p", `For ${about["x-for"]}.`, "small quiet"));
  if (about.parameters?.length) details.append(make("h3", "Parameters"), list(about.parameters.map(parameter)));
  for (const [type, { schema, example }] of Object.entries(about.requestBody?.content ?? {})) {
    details.append(make("h3", `Body, ${type}`), ...describe(schema));
    if (example) details.append(make("pre", JSON.stringify(example, null, 2)));
  }
  for (const { source } of about["x-codeSamples"] ?? []) details.append(make("h3", "Example"), make("pre", source));
  for (const [status, response] of Object.entries(about.responses ?? {})) {
    const schema = Object.values(response.content ?? {})[0]?.schema;
    details.append(make("h3", `${status} ${response.description}`));
    if (schema && Object.keys(schema).length) details.append(...describe(schema));
  }
  return details;
}

let schemas = {};

const resolved = (schema) => (schema?.$ref ? schemas[schema.$ref.split("/").pop()] : schema);

/** What a value may be, in a few words. */
function type(schema) {
  if (!schema) return "";
  if (schema.$ref) return type(resolved(schema));
  if (schema.anyOf) return schema.anyOf.map(type).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if (schema.type === "array") return `list of ${type(schema.items) || "any"}`;
  return schema.type ?? JSON.stringify(schema.const ?? "any");
}

const parameter = (p) => ({ name: p.name, note: `in the ${p.in}${p.required ? "" : ", optional"}`, schema: p.schema, description: p.description });

/** `fields`: [{name, note, schema, description}]. */
function list(fields) {
  const terms = make("dl");
  for (const { name, note, schema, description } of fields) {
    const term = make("dt");
    term.append(make("code", name), make("span", ` ${[type(schema), note].filter(Boolean).join(", ")}`, "small quiet"));
    const told = make("dd");
    const byDefault = schema?.default != null ? `By default \`${JSON.stringify(schema.default)}\`.` : "";
    told.append(...sentence([description, byDefault].filter(Boolean).join(" ")).childNodes);
    terms.append(term, told);
  }
  return terms;
}

function describe(schema) {
  const of = resolved(schema?.type === "array" ? schema.items : schema);
  const lead = schema?.type === "array" ? [make("p", "A list of:", "small quiet")] : [];
  if (!of?.properties) return [make("p", type(schema), "small")];
  const required = new Set(of.required);
  const fields = Object.entries(of.properties).map(([name, s]) => ({ name, note: required.has(name) ? "" : "optional", schema: s, description: s.description }));
  return [...lead, ...(of.description ? [sentence(of.description, "small quiet")] : []), list(fields)];
}

const api = await (await fetch("/openapi.json")).json();
schemas = api.components?.schemas ?? {};
document.querySelector("#about").append(...sentence(api.info.description).childNodes);
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
