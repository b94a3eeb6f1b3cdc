"use strict";
// Shows what it is told: every word about a request comes from the server, everything else from the data of the page.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const h = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((each) => each !== null && each !== ""));
  return made;
};
const mark = (text, kind) => h("span", { className: `mark ${kind || ""}` }, text);
const MARKS = { holds: "yes", refuses: "no", "would refuse next": "no", "not known": "open" };

// --- parts of the page ---
function show() {
  const parts = [...document.querySelectorAll("main > section")];
  const wanted = location.hash.slice(1) || (data.live ? "explain" : "rules");
  for (const part of parts) part.hidden = part.id !== wanted;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${wanted}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// --- explain ---
let facts = {}; // what is said by switches: fact -> [value], or [] for not known
let told = null;
let latest = 0;
const before = []; // for undo
const FIELDS = ["request", "response", "scopes", "permissions", "edition"];
const names = (text) => (text.trim() ? text.trim().split(/[\s,]+/) : null);

function question() {
  const asked = Object.fromEntries(FIELDS.map((each) => [each, at(each).value]));
  return { ...asked, scopes: names(asked.scopes), permissions: names(asked.permissions), facts };
}

async function explain() {
  const number = ++latest;
  if (!at("request").value.trim()) return render(null, { error: "Paste the request that was refused." });
  try {
    const answer = await fetch(location.pathname, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question()),
      credentials: "omit",
      cache: "no-store",
    });
    const document = await answer.json();
    if (number === latest) render(answer.ok ? document : null, document);
  } catch {
    if (number === latest) render(null, { error: "The server does not answer: is `outdial` still running?" });
  }
}

function keep() {
  before.push({ values: FIELDS.map((each) => at(each).value), facts });
  at("undo").disabled = false;
}

function undo() {
  const last = before.pop();
  FIELDS.forEach((each, index) => (at(each).value = last.values[index]));
  facts = last.facts;
  at("undo").disabled = before.length === 0;
  explain();
}

function say(more) {
  keep();
  facts = { ...facts, ...more };
  explain();
}

function apply(change) {
  keep();
  const known = told.switches.filter((each) => each.known.length).map((each) => [each.fact, each.known]);
  facts = { ...facts, ...Object.fromEntries(known), ...change.facts };
  at("request").value = change.curl;
  at("response").value = "";
  explain();
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.closest(".card").querySelector("pre"));
    button.textContent = "Selected: copy it";
  }
}

function render(found, problem) {
  const focus = document.activeElement && document.activeElement.id;
  told = found;
  const verdict = at("verdict");
  verdict.className = found ? { true: "yes", false: "no" }[found.accepted] || "open" : "no";
  verdict.replaceChildren(found ? found.verdict : problem.error);
  at("facts").hidden = !found || !found.switches.length;
  at("found").replaceChildren(...(found ? parts(found) : []));
  if (found) {
    if (found.message) verdict.append(h("p", {}, `“${found.message}”`));
    const where = found.source ? `, by ${found.source}` : "";
    verdict.append(h("p", {}, `${found.operation || "no such operation"} at ${found.edition}${where}`));
    at("switches").replaceChildren(...switches(found.switches));
  }
  const again = focus && at(focus);
  if (again && again !== document.activeElement) again.focus();
}

function parts(found) {
  const made = [];
  const part = (title, ...children) => made.push(h("h3", {}, title), ...children);
  for (const provider of found.told_by) {
    const button = h("button", { type: "button" }, `Ask ${provider}`);
    button.onclick = () => { keep(); at("edition").value = provider; explain(); };
    made.push(h("p", {}, "A report says that there is. ", button));
  }
  if (found.published_as.length) made.push(list(found.published_as));
  if (found.instead) part("Instead", h("p", {}, h("code", {}, found.instead.operation), " ", found.instead.says));
  const no_such = found.no_such.map((each) => `no such ${each.kind}: ${each.name}${each.nearest ? ` → ${each.nearest}` : ""}`);
  const unclear = found.not_looked_up.map((each) => `not looked up: ${each.kind} ${each.name}`);
  if (no_such.length + unclear.length) part("Names", list([...no_such, ...unclear]));
  if (found.response) {
    const { possible, rules, why } = found.response;
    const said = possible === false ? "It cannot come from here: " : rules.length ? `It can come from ${rules.join(", ")}. ` : "";
    part("The response", h("p", {}, said, why));
  }
  if (found.provided.length) part("Nothing has to change", provided(found, "here"));
  const costs = Object.entries(data.costs).map(([who, cost]) => `${cost} by the ${who}`).join(", ");
  if (found.changes.length) part("Smallest changes", ...changes(found), h("p", { className: "small" }, `A step costs ${costs}.`));
  else if (found.no_change && !found.provided.length) part("No change", h("p", {}, found.no_change));
  const assumed = found.blockers.filter((each) => each.basis === "assumed");
  if (assumed.length) part("Assumed: ask the vendor", list(assumed.map((each) => `${each.rule}: ${each.source}`)));
  if (found.rules.length) part("The rules, in their order", h("ol", { className: "rules" }, ...found.rules.map(rule)));
  return made;
}

const list = (texts) => h("ul", {}, ...texts.map((each) => h("li", {}, each)));

function rule(each) {
  const summary = h("summary", {}, mark(each.shown, MARKS[each.shown]), ` ${each.asks}`);
  summary.id = `rule ${each.rule}`;
  const more = h("p", { className: "small" }, `${each.rule}; else ${each.answer}. ${each.basis}: ${each.source}`);
  return h("li", {}, h("details", {}, summary, more));
}

function changes(found) {
  const shown = [];
  const more = h("div", {});
  found.changes.forEach((change, index) => {
    const card = h("div", { className: "card" });
    const by = change.operation === found.operation ? "" : `, by ${change.operation}`;
    card.append(h("p", { className: "who" }, `cost ${change.cost}${by}`));
    card.append(h("ul", { className: "steps" }, ...change.in_words.map((step) => h("li", {}, h("span", { className: "who" }, `${step.who}: `), step.text))));
    if (change.provided.length) card.append(provided(change, index));
    const doing = h("button", { type: "button", className: "first", id: `apply ${index}` }, "Apply");
    doing.onclick = () => apply(change);
    const copying = h("button", { type: "button", id: `copy ${index}` }, "Copy cURL");
    copying.onclick = () => copy(copying, change.curl);
    card.append(h("pre", { tabIndex: 0 }, change.curl), h("div", { className: "buttons" }, doing, copying));
    const first = found.changes.findIndex((other) => other.operation === change.operation) === index;
    if (first) shown.push(card);
    else more.append(card);
  });
  const others = more.childElementCount;
  const summary = h("summary", { id: "more changes" }, `${others} more ways`);
  return others ? [...shown, h("details", {}, summary, more)] : shown;
}

function provided(change, index) {
  const said = h("div", { className: "provided small" }, "Accepted by the engine, provided that:");
  const groups = change.provided.map((group, place) => h("li", {}, ...group.flatMap((each, choice) => {
    const known = told.switches.some((other) => other.fact === each.fact);
    const made = known ? h("button", { type: "button", id: `provided ${index} ${place} ${choice}` }, each.text) : each.text;
    if (known) made.onclick = () => say({ [each.fact]: [each.value] });
    return choice ? [" or ", made] : [made];
  })));
  const all = h("button", { type: "button", id: `provided ${index}` }, "All of this is so");
  all.onclick = () => say(Object.fromEntries(change.provided.map(([first]) => [first.fact, [first.value]])));
  said.append(h("ul", {}, ...groups), all);
  return said;
}

function switches(all) {
  return all.map((each) => {
    const legend = h("legend", {}, each.text, each.decides ? mark("decides", "open") : null);
    const choices = [...each.values, { text: "don’t know" }].map((choice) => {
      const unknown = !("value" in choice);
      const checked = unknown ? !each.known.length : each.known.length > 0 && each.known[0] === choice.value;
      const input = h("input", { type: "radio", name: each.fact, checked, id: `${each.fact}=${choice.text}` });
      input.onchange = () => say({ [each.fact]: unknown ? [] : [choice.value] });
      return h("label", {}, input, h("span", { className: unknown ? "choice open" : "choice" }, choice.text));
    });
    return h("fieldset", {}, legend, ...choices);
  });
}

// --- the rules of every edition, side by side ---
function operations() {
  const seen = new Map();
  for (const edition of data.editions) {
    for (const name of Object.keys(edition.operations)) seen.set(`${edition.api} ${name}`, [edition.api, name]);
  }
  for (const [key, [api, name]] of seen) at("operation").append(h("option", { value: key }, `${api}: ${name}`));
  at("operation").onchange = () => models(...seen.get(at("operation").value));
  const most = [...seen].sort(([, one], [, other]) => having(...other).length - having(...one).length)[0];
  at("operation").value = most[0];
  models(...most[1]);
}

const having = (api, name) => data.editions.filter((each) => each.api === api && name in each.operations);

function models(api, name) {
  const editions = having(api, name);
  const rules = editions.flatMap((each) => each.operations[name].rules);
  const topics = [...data.topics, ...rules.map((each) => each.topic)];
  const head = editions.map((each) => {
    const operation = each.operations[name];
    return h("th", { scope: "col" }, each.edition, h("p", { className: "small" }, `${operation.request}, by ${each.source}`));
  });
  const rows = [...new Set(topics)].filter((topic) => rules.some((each) => each.topic === topic)).map((topic) => {
    const cells = editions.map((each) => h("td", {}, ...each.operations[name].rules.map(asked).filter(([of]) => of === topic).map(([, made]) => made)));
    return h("tr", {}, h("th", { scope: "row" }, topic), ...cells);
  });
  const table = h("table", {}, h("thead", {}, h("tr", {}, h("td", {}, "rule, in its order"), ...head)), h("tbody", {}, ...rows));
  at("models").replaceChildren(table);
}

function asked(each, place) {
  const more = h("p", { className: "small" }, `${each.rule}; else ${each.answer}. ${each.basis}: ${each.source}`);
  return [each.topic, h("details", {}, h("summary", {}, `${place + 1}. ${each.asks} `, mark(each.answer)), more)];
}

// --- lists with a filter ---
function listed(name, all, made) {
  const items = all.map((each) => [JSON.stringify(Object.values(each)).toLowerCase(), made(each)]);
  at(`list-${name}`).append(...items.map(([, item]) => item));
  const filter = () => {
    const words = at(`filter-${name}`).value.toLowerCase().split(/\s+/);
    for (const [text, item] of items) item.hidden = !words.every((word) => text.includes(word));
    at(`count-${name}`).textContent = `${items.filter(([, item]) => !item.hidden).length} of ${items.length}`;
  };
  at(`filter-${name}`).oninput = filter;
  filter();
}

const item = (summary, lines) =>
  h("li", {}, h("details", {}, h("summary", {}, ...summary), ...lines.filter(Boolean).map((line) => h("p", { className: "small" }, line))));

function claim(each) {
  const kind = each.verdict.startsWith("holds") ? "yes" : /^(not published|not looked up)/.test(each.verdict) ? "" : "no";
  return item([mark(each.verdict, kind), ` ${each.says} `], [
    `Report ${each.by}; about ${each.about}`,
    `In its report's account: ${each.row} is answered ${each.at_home}`,
    each.tried && `Tried as published: ${each.tried} expects ${each.expects}, gets ${each.got}`,
    each.instead && `Instead: ${each.instead}`,
  ]);
}

function row(each) {
  return item([mark(each.expected, each.because ? "no" : "yes"), ` ${each.case} `, mark(each.basis)], [
    `${each.request} by ${each.consumer}`,
    `Given ${each.given}`,
    each.because && `Refused by ${each.because}`,
    `${each.basis}: ${each.source}`,
  ]);
}

// --- start ---
if (data.live) {
  for (const each of data.editions) at("edition").append(h("option", { value: each.provider }, each.provider));
  at("form").onsubmit = (event) => { event.preventDefault(); explain(); };
  at("request").onpaste = () => { facts = {}; setTimeout(explain); };
  at("request").onkeydown = (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) explain(); };
  for (const each of ["response", "scopes", "permissions", "edition"]) at(each).onchange = explain;
  at("example").onclick = () => { keep(); facts = {}; at("request").value = at("request").placeholder; explain(); };
  at("undo").onclick = undo;
} else {
  document.querySelector("nav a[href='#explain']").remove();
}
operations();
listed("claims", data.claims, claim);
listed("rows", data.rows, row);
addEventListener("hashchange", show);
show();
