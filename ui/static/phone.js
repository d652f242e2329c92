// The drawn phone: plays a fan against the simulated platform (/sim) and shows what the fan sees. What the fan did comes from
// fanflow's own journal, what the fan received from the simulator's inbox; both are in the order of the same clock.

const setup = JSON.parse(document.getElementById("phone-setup").textContent);
const words = setup.words;
const sim = `/sim/${encodeURIComponent(setup.app_id)}/fans`;
const api = `/api/v1/accounts/${encodeURIComponent(setup.account)}/fans`;
const remembered = `fanflow-phone-${setup.account}`;
const pollEvery = 2500;

const el = (id) => document.getElementById(id);
const say = (key, parts = {}) => (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? "");

let openid = "";
let shown = ""; // what the chat shows, as text, so that it is drawn anew only when it changes
let clock = { at: 0, read: 0 }; // simulated time and when it was read, both in milliseconds
let working = 0;

// --- talking to the server ---

async function call(url, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const answer = await fetch(url, options);
  const text = await answer.text();
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { /* not JSON: said below */ }
  if (!answer.ok) {
    const error = new Error(value?.detail ?? value?.error ?? value?.errmsg ?? `${answer.status} ${text.slice(0, 200)}`);
    error.status = answer.status;
    throw error;
  }
  return value;
}

// listed gives all items of a list, page by page; one that is not there yet is empty.
async function listed(url) {
  const items = [];
  for (let cursor = ""; ;) {
    let page;
    try {
      page = await call(`${url}${url.includes("?") ? "&" : "?"}limit=1000&cursor=${encodeURIComponent(cursor)}`);
    } catch (error) {
      if (error.status === 404) return items;
      throw error;
    }
    items.push(...(page?.items ?? []));
    cursor = page?.next ?? "";
    if (!cursor) return items;
  }
}

// work shows that something is under way, and its error if it fails.
async function work(job) {
  working++;
  el("busy").classList.add("on");
  document.body.setAttribute("aria-busy", "true");
  try {
    await job();
    el("phone-error").hidden = true;
  } catch (error) {
    el("phone-error").textContent = say("failed", { why: error.message });
    el("phone-error").hidden = false;
  } finally {
    if (--working === 0) {
      el("busy").classList.remove("on");
      document.body.removeAttribute("aria-busy");
    }
  }
}

// --- the chat ---

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// lines of what the fan did, by the event's name; others are not shown on a phone.
const did = {
  text: (row, f) => ["mine", row.text || f.text],
  location: (row, f) => ["mine", say("location", { label: f.label || `${f.latitude}, ${f.longitude}` })],
  image: () => ["mine", say("image")],
  voice: () => ["mine", say("voice")],
  subscribe: (row, f) => ["note", f.scene ? say("subscribed-scene", { scene: f.scene }) : say("subscribed")],
  unsubscribe: () => ["note", say("unsubscribed")],
  scan: (row, f) => ["note", say("scanned", { scene: f.scene || row.text || "" })],
  click: (row, f) => ["note", say("tapped", { key: f.key || row.text || "" })],
};

function fromJournal(rows) {
  return rows.filter((row) => row.kind === "heard" && did[row.name]).map((row) => {
    const [side, text] = did[row.name](row, typeof row.value === "object" && row.value ? row.value : {});
    return { at: row.at, side, kind: row.name, text };
  });
}

const template = (kind) => (item) => {
  const card = make("div", "wcard");
  card.dataset.testid = kind;
  card.append(make("strong", "", item.title || say(kind)), make("code", "quiet", item.template_id ?? ""));
  const list = make("dl", "pairs");
  for (const [key, v] of Object.entries(item.data ?? {})) {
    list.append(make("dt", "", key.replace(/\.DATA$/, "")), make("dd", "", typeof v === "object" && v ? v.value : String(v)));
  }
  card.append(list);
  if (item.miniprogram) card.append(make("span", "more", say("miniprogram", { path: item.miniprogram.pagepath ?? "" })));
  else if (item.url) card.append(make("span", "more", item.url));
  return card;
};

function article(a) {
  const card = make("div", "wcard");
  card.dataset.testid = "card-article";
  card.append(make("strong", "", a.title));
  if (a.description) card.append(make("p", "", a.description));
  if (a.url) card.append(make("span", "more", a.url));
  return card;
}

// received gives the node of one thing that the fan received.
function received(item) {
  if (item.kind === "template") return template("card-template")(item);
  if (item.kind === "subscribe") return template("card-notice")(item);
  if (item.kind === "fault") return note(item.content || say("fault"));
  const box = make("div", "bubbles");
  for (const a of item.articles ?? []) box.append(article(a));
  const text = item.content ?? (item.articles?.length ? "" : say("other", { msgtype: item.msgtype ?? item.kind }));
  if (text) {
    const bubble = make("div", "bubble", text);
    bubble.dataset.testid = `bubble-${item.kind === "passive" ? "reply" : item.kind}`;
    box.append(bubble);
  }
  if (item.kind !== "passive") box.append(make("span", "via", say(`via-${item.kind}`)));
  return box;
}

function note(text) {
  const n = make("span", "note", text);
  n.dataset.testid = "chat-note";
  return n;
}

function draw(items) {
  const text = JSON.stringify(items);
  if (text === shown) return;
  shown = text;
  const chat = el("chat");
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const nodes = [];
  let last = 0;
  for (const item of items) {
    const at = Date.parse(item.at);
    if (at - last > 5 * 60_000) {
      const time = make("li", "when");
      time.append(make("time", "", dayAndTime(at)));
      nodes.push(time);
    }
    last = at;
    const li = make("li", item.side ?? "theirs");
    li.dataset.kind = item.kind;
    li.dataset.at = item.at;
    if (item.side === "note") li.append(note(item.text));
    else if (item.side === "mine") {
      const bubble = make("div", "bubble", item.text);
      bubble.dataset.testid = "bubble-mine";
      li.append(bubble);
    } else li.append(received(item));
    nodes.push(li);
  }
  if (!nodes.length) nodes.push(Object.assign(make("li", "when"), { textContent: say("empty") }));
  chat.replaceChildren(...nodes);
  if (atEnd) chat.scrollTop = chat.scrollHeight;
}

// refresh reads both sides of the conversation and merges them by time; at the same instant what the fan did comes first.
async function refresh() {
  const fan = openid;
  const [rows, inbox, now] = await Promise.all([
    listed(`${api}/${encodeURIComponent(fan)}/journal`), listed(`${sim}/${encodeURIComponent(fan)}/inbox`), call("/sim/clock"),
  ]);
  if (fan !== openid) return; // another fan was chosen meanwhile
  setClock(now.now);
  const items = [...fromJournal(rows), ...inbox];
  items.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || (a.side ? 0 : 1) - (b.side ? 0 : 1));
  draw(items);
}

// --- the fan ---

function newOpenID() {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return "o" + Array.from(crypto.getRandomValues(new Uint8Array(27)), (b) => letters[b & 63]).join("");
}

async function fans() {
  const list = await listed(sim);
  return list.map((f) => (typeof f === "string" ? { openid: f } : f));
}

async function choose(id) {
  openid = id;
  shown = "";
  localStorage.setItem(remembered, id);
  el("fan-openid").textContent = id;
  el("fan-link").href = `/a/${encodeURIComponent(setup.account)}/fans/${encodeURIComponent(id)}`;
  await Promise.all([showFans(), refresh()]);
}

async function showFans() {
  const list = await fans();
  const me = list.find((f) => f.openid === openid);
  if (!me) list.push({ openid });
  el("fan-select").replaceChildren(...list.map((f) => {
    const option = make("option", "", `${f.openid.slice(0, 10)}…${f.openid === openid && !me ? ` (${say("new")})` : f.subscribed ? "" : ` (${say("away")})`}`);
    option.value = f.openid;
    option.selected = f.openid === openid;
    return option;
  }));
  const follows = Boolean(me?.subscribed);
  el("chat-state").textContent = follows ? "" : say("not-following");
  el("subscribe").disabled = follows;
  el("unsubscribe").disabled = !follows;
}

// act plays one action of the fan, then shows what came of it.
const act = (action) => work(async () => {
  await call(`${sim}/${encodeURIComponent(openid)}/do`, action);
  await Promise.all([showFans(), refresh()]);
});

// --- the clock ---

const clockFormat = (options) => {
  try {
    return new Intl.DateTimeFormat(setup.lang, { timeZone: setup.zone, hourCycle: "h23", ...options });
  } catch { // a zone that the browser does not know
    return new Intl.DateTimeFormat(setup.lang, { hourCycle: "h23", ...options });
  }
};
const longTime = clockFormat({ year: "numeric", month: "2-digit", day: "2-digit", weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const middleTime = clockFormat({ month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
const shortTime = clockFormat({ hour: "2-digit", minute: "2-digit" });
const dayAndTime = (at) => middleTime.format(at);

function setClock(now) {
  clock = { at: Date.parse(now), read: performance.now() };
  tick();
}

function tick() {
  if (!clock.at) return;
  const at = clock.at + (performance.now() - clock.read);
  el("clock-now").textContent = longTime.format(at);
  el("clock-now").dateTime = new Date(at).toISOString();
  el("phone-clock").textContent = shortTime.format(at);
}

const advance = (by) => work(async () => {
  for (const b of document.querySelectorAll("[data-advance], #clock-move")) b.disabled = true;
  try {
    setClock((await call("/sim/clock", { advance: by })).now);
  } finally {
    for (const b of document.querySelectorAll("[data-advance], #clock-move")) b.disabled = false;
  }
  await Promise.all([showFans(), refresh()]);
});

// --- wiring ---

const onSubmit = (id, handle) => el(id).addEventListener("submit", (event) => { event.preventDefault(); handle(); });

onSubmit("text-form", () => {
  const text = el("text-input").value;
  if (!text.trim()) return;
  el("text-input").value = "";
  act({ text });
});
onSubmit("location-form", () => act({ location: {
  latitude: el("location-latitude").valueAsNumber, longitude: el("location-longitude").valueAsNumber, label: el("location-label").value,
} }));
onSubmit("scan-form", () => act({ scan: el("scan-scene").value }));
onSubmit("click-form", () => act({ click: el("click-key").value }));
onSubmit("clock-form", () => advance(el("clock-custom").value));
el("subscribe").addEventListener("click", () => act({ subscribe: {} }));
el("unsubscribe").addEventListener("click", () => act({ unsubscribe: {} }));
el("fan-new").addEventListener("click", () => work(() => choose(newOpenID())));
el("fan-select").addEventListener("change", () => work(() => choose(el("fan-select").value)));
for (const b of document.querySelectorAll("[data-advance]")) b.addEventListener("click", () => advance(b.dataset.advance));
for (const b of document.querySelectorAll("[data-key]")) b.addEventListener("click", () => act({ click: b.dataset.key }));
for (const b of document.querySelectorAll("[data-place]")) {
  b.addEventListener("click", () => act({ location: {
    latitude: Number(b.dataset.latitude), longitude: Number(b.dataset.longitude), label: b.dataset.label,
  } }));
}

setInterval(tick, 1000);
setInterval(() => {
  if (!document.hidden && working === 0) refresh().catch(() => { /* the next one may succeed */ });
}, pollEvery);

work(() => choose(setup.openid || localStorage.getItem(remembered) || newOpenID()));
