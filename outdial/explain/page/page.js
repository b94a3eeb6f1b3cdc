"use strict";
const at = (id) => document.getElementById(id);
const names = (id) => at(id).value.split(/[\s,]+/).filter(Boolean);
let found = null;

function facts() {
  const token = {}, agent = {};
  if (at("grant").value) token.grant = at("grant").value;
  if (names("scopes").length) token.scopes = names("scopes");
  if (names("permissions").length) token.permissions = names("permissions");
  if (at("station").value) agent.station = at("station").value;
  return { ...(Object.keys(token).length ? { token } : {}), ...(Object.keys(agent).length ? { agent } : {}) };
}

function show(answer) {
  found = answer;
  const verdict = at("verdict");
  const error = answer.error;
  verdict.textContent = error ? "This cannot be read" : answer.headline;
  verdict.className = error || answer.accepted === false ? "refused" : answer.accepted ? "accepted" : "open";
  at("text").textContent = error || answer.text;
  at("verbose").textContent = answer.verbose || "";
  const curl = (answer.ways || []).map((way) => way.curl).find(Boolean);
  at("apply").hidden = at("copy").hidden = !curl;
  at("found").hidden = false;
  verdict.focus();
}

async function ask() {
  const asked = { request: at("request").value, response: at("response").value, facts: facts() };
  try {
    const answer = await fetch(location.pathname, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked),
    });
    show(await answer.json());
  } catch (problem) {
    show({ error: `the server does not answer (${problem.message}); start it again with outdial explain --page` });
  }
}

at("form").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
at("apply").addEventListener("click", () => {
  const way = found.ways.find((each) => each.curl);
  at("request").value = way.curl;
  at("response").value = "";
  for (const [fact, value] of Object.entries(way.sets)) {
    if (fact === "token.grant") at("grant").value = value;
    if (fact === "agent.station") at("station").value = value;
    const name = fact.split(":").slice(1).join(":");
    const box = fact.includes(".scopes:") ? "scopes" : fact.includes(".permissions:") ? "permissions" : null;
    if (box && !names(box).includes(name)) at(box).value = [...names(box).filter((each) => each !== "none"), name].join(" ");
  }
  ask();
});
at("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(found.ways.find((way) => way.curl).curl);
  at("copy").textContent = "Copied";
  setTimeout(() => { at("copy").textContent = "Copy cURL"; }, 2000);
});
