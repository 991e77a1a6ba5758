
"use strict";
const form = document.getElementById("ask");
const given = document.getElementById("given");
const context = document.getElementById("context");
const shown = document.getElementById("shown");
const locked = document.getElementById("locked");
const key = document.getElementById("key");
const answer = document.getElementById("answer");
const button = form.querySelector("button");
const kind = form.dataset.kind;

// what is shown is text, never markup: it may be what somebody wrote
function node(name, text, ...inside) {
  const made = document.createElement(name);
  if (text !== null) made.textContent = text;
  made.append(...inside);
  return made;
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;

function scores(found) {
  const rows = Object.entries(found).sort((one, other) => other[1] - one[1]).map(([label, score]) => {
    const bar = node("meter", null);
    bar.value = score;
    bar.setAttribute("aria-label", `${label}: ${percent(score)}`);
    const head = node("th", label);
    head.scope = "row";
    return node("tr", null, head, node("td", percent(score)), node("td", null, bar));
  });
  return [node("h3", "Scores"), node("table", null, node("tbody", null, ...rows))];
}

function masked(counts) {
  if (counts === undefined) return [];
  const said = Object.entries(counts).map(([type, count]) => `${type} (${count})`).join(", ");
  return [node("h3", "Masked before the model read it"), node("p", said || "nothing")];
}

function marked(text, places) {
  const line = node("p", null);
  const points = Array.from(text);
  let at = 0;
  for (const place of [...places].sort((one, other) => one.start - other.start)) {
    line.append(points.slice(at, place.start).join(""));
    line.append(node("mark", points.slice(place.start, place.end).join("")));
    if (place.type) line.append(node("small", ` ${place.type}`));
    at = place.end;
  }
  line.append(points.slice(at).join(""));
  return line;
}

function predicted(one, asked) {
  if (one.spans) return [marked(asked.text, one.spans), ...masked(one.masked)];
  const head = one.label ?? (one.labels ? one.labels.join(", ") || "none of the labels" : String(one.value));
  const sure = one.score === undefined ? [] : [node("p", `confidence ${percent(one.score)}`)];
  return [node("h2", head), ...sure, ...(one.scores ? scores(one.scores) : []), ...masked(one.masked)];
}

const readers = {
  text: (said, asked) => predicted(said.answers[0], asked),
  image: (said, asked) => predicted(said.answers[0], asked),
  question: (said, asked) => {
    const place = said.answer === null ? [] : [{ start: said.start, end: said.end }];
    const text = said.passage ? said.passage.text : asked.context;
    const source = said.passage ? [node("h3", said.passage.title || "Passage")] : [];
    return [
      node("h2", said.answer ?? "It is not known here."),
      node("p", `confidence ${percent(said.answer === null ? 1 - said.score : said.score)}`),
      ...source,
      ...(said.answer !== null && text ? [marked(text, place)] : []),
      ...masked(said.masked),
    ];
  },
  prompt: (said) => {
    const written = node("p", said.choices[0].text);
    written.className = "written";
    return [node("h2", "It goes on"), written, ...masked(said.masked)];
  },
};

async function body() {
  if (kind === "image") {
    const bytes = new Uint8Array(await given.files[0].arrayBuffer());
    return { image: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) };
  }
  if (kind === "question") return { question: given.value, ...(context.value.trim() ? { context: context.value } : {}) };
  if (kind === "prompt") return { model: form.dataset.model, prompt: given.value, max_tokens: 120 };
  return { text: given.value };
}

function wrong(line) {
  const said = node("p", line);
  said.className = "wrong";
  answer.replaceChildren(said);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    const asked = await body();
    const headers = { "Content-Type": "application/json" };
    if (key.value) headers.Authorization = `Bearer ${key.value}`;
    const reply = await fetch(form.dataset.path, { method: "POST", headers, body: JSON.stringify(asked) });
    const said = await reply.json();
    if (reply.ok) answer.replaceChildren(...readers[kind](said, asked));
    else {
      if (reply.status === 401) locked.hidden = false;
      wrong(said.detail ?? said.error?.message ?? `refused (${reply.status})`);
      if (reply.status === 401) key.focus();
    }
  } catch {
    wrong("The server does not answer; try again.");
  } finally {
    button.disabled = false;
  }
});

if (shown) {
  given.addEventListener("change", () => {
    URL.revokeObjectURL(shown.src);
    shown.hidden = !given.files.length;
    if (given.files.length) shown.src = URL.createObjectURL(given.files[0]);
  });
} else {
  given.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}
