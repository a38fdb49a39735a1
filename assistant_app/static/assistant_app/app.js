// What the pages do beside links and forms: copy, Ctrl+Enter, keep what was typed. Everything works without it.
"use strict";

const byId = (id) => document.getElementById(id);
const page = () => byId("main");

// The account keeps the first time zone that a browser says.
const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (timeZone && !document.cookie.includes("time_zone=")) {
  document.cookie = `time_zone=${timeZone}; path=/; max-age=31536000; samesite=lax`;
}

// --- Saying and showing --------------------------------------------------------------------------

function say(text) {
  const aloud = byId("news-aloud");
  aloud.textContent = "";
  // A change within the same task is not announced.
  setTimeout(() => { aloud.textContent = text; }, 100);
}

function showScriptedParts() {
  for (const part of document.querySelectorAll("[data-copy], [data-scripted]")) part.hidden = false;
}

// --- Copying -------------------------------------------------------------------------------------

function textOf(element) {
  const paragraphs = element.querySelectorAll("p");
  if (!paragraphs.length) return element.textContent;
  return Array.from(paragraphs, (paragraph) => paragraph.textContent).join("\n\n");
}

// The same paragraphs for programs that take HTML. `dir` says what the page shows: mail has no "auto".
function htmlOf(element) {
  const box = document.createElement("div");
  for (const paragraph of element.querySelectorAll("p")) {
    const copied = document.createElement("p");
    if (getComputedStyle(paragraph).direction === "rtl") copied.dir = "rtl";
    paragraph.textContent.split("\n").forEach((line, number) => {
      copied.append(...(number ? [document.createElement("br")] : []), line);
    });
    box.append(copied);
  }
  return box.innerHTML;
}

async function write(texts) {
  try {
    const blobs = Object.entries(texts).map(([kind, text]) => [kind, new Blob([text], { type: kind })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
  } catch {
    // Browsers offer a clipboard over https and on the own machine only.
    const give = (event) => {
      event.preventDefault();
      for (const [kind, text] of Object.entries(texts)) event.clipboardData.setData(kind, text);
    };
    const box = document.createElement("textarea"); // some browsers copy nothing without a selection
    box.value = texts["text/plain"];
    box.className = "hear";
    document.body.append(box);
    box.select();
    document.addEventListener("copy", give);
    document.execCommand("copy");
    document.removeEventListener("copy", give);
    box.remove();
  }
}

async function copy(button) {
  const source = byId(button.dataset.copy);
  const plain = { "text/plain": textOf(source) };
  await write("rich" in button.dataset ? { ...plain, "text/html": htmlOf(source) } : plain);
  button.focus();
  const label = button.lastChild;
  const before = label.textContent;
  if (before === "Copied") return;
  label.textContent = "Copied";
  setTimeout(() => { label.textContent = before; }, 2000);
  say("Copied.");
}

// --- Keeping what was typed ----------------------------------------------------------------------
// One entry for each email and step: {values, version, sent}. It is dropped once the page shows that it
// was sent: a newer version, and no refusal. What was refused is as good as never sent.

const prefix = "typed ";
const fieldsOf = (form) => Array.from(form.querySelectorAll("textarea:not([readonly])"));
const valuesOf = (form) => fieldsOf(form).map((field) => field.value);
const initialOf = (form) => fieldsOf(form).map((field) => field.defaultValue);
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
let isLeaving = false;

function remember(form, sent) {
  const entry = { values: valuesOf(form), version: page().dataset.version || "", sent };
  try {
    if (entry.values.some((text) => text.trim())) {
      sessionStorage.setItem(prefix + form.dataset.keep, JSON.stringify(entry));
    } else {
      sessionStorage.removeItem(prefix + form.dataset.keep);
    }
  } catch { /* no room: the page itself still has it */ }
}

function forgetWhatWasSent() {
  const { refused, version, email } = page().dataset;
  if (refused === undefined && version === undefined) return;
  // Of this email, or of the form that it was made with: another email's version says nothing here.
  const isOfThisOne = (name) => name.startsWith(`${prefix}${email} `) || name.startsWith(`${prefix}new `);
  for (const key of Object.keys(sessionStorage).filter(isOfThisOne)) {
    const entry = JSON.parse(sessionStorage.getItem(key));
    if (!entry.sent) continue;
    if (refused !== undefined) sessionStorage.setItem(key, JSON.stringify({ ...entry, sent: false }));
    else if (entry.version !== version) sessionStorage.removeItem(key);
  }
}

function offerWhatWasTyped(form) {
  const entry = JSON.parse(sessionStorage.getItem(prefix + form.dataset.keep));
  if (!entry || isSame(entry.values, valuesOf(form)) || form.querySelector(".put-back")) return;
  if (entry.values.length !== fieldsOf(form).length) return;
  // A form that begins with a text to be changed is as good as empty until it is changed.
  if ("prefilled" in form.dataset ? isUnsent(form) : valuesOf(form).some((text) => text.trim())) return;
  const offer = document.createElement("div");
  offer.className = "put-back notice turn";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Put it back";
  button.addEventListener("click", () => {
    fieldsOf(form).forEach((field, number) => { field.value = entry.values[number]; });
    offer.remove();
    fieldsOf(form)[0].focus();
  });
  const words = document.createElement("p");
  const typed = entry.values.join(" ").trim();
  words.textContent = `You had typed this: “${typed.length > 80 ? `${typed.slice(0, 79)}…` : typed}”`;
  offer.append(words, button);
  form.prepend(offer);
}

function isUnsent(form) {
  return form.isConnected && !isSame(valuesOf(form), initialOf(form));
}

// --- Wiring --------------------------------------------------------------------------------------

function begin() {
  showScriptedParts();
  forgetWhatWasSent();
  document.querySelectorAll("form[data-keep]").forEach(offerWhatWasTyped);
}

document.addEventListener("DOMContentLoaded", () => {
  begin();
  const notice = byId("notice") ?? document.querySelector("[data-look]");
  if (notice && notice.matches("[role=alert], form, [data-look]")) notice.focus();
  if (notice?.matches("[data-look]")) remember(byId("form"), false); // what was read is typed, so to speak
});

function closeMenusElsewhere(event) {
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  closeMenusElsewhere(event);
});

// An open menu would cover what the focus goes on to.
document.addEventListener("focusin", closeMenusElsewhere);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = event.target.closest?.(".menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.form;
    // A page has one main button: a second form for texts has one button, which is none.
    const button = form?.querySelector("button.main, [data-keep]:not(:has(.main)) button:not([type=button])");
    if (button && !button.disabled) form.requestSubmit(button);
  }
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-keep]");
  if (form) remember(form, false);
});

// A file that is chosen or dropped is read at once, and shown; one that is too large stays here.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("input[type=file][data-most]") || !input.files.length) return;
  const isTooLarge = input.files[0].size > Number(input.dataset.most) * 0.99; // the form needs some of it
  input.setCustomValidity(isTooLarge ? "The file is too large. Open it in your mail program and paste its text." : "");
  if (input.reportValidity()) input.form.requestSubmit(input.form.elements.read);
});

// HTML on the clipboard is read on the server, as a file is: tables, numbered lists and addresses of links stay.
// If that fails, the plain text is pasted, as it is without scripts.
async function readPasted(form, html, text) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.append("html", html);
  body.append("text", text);
  try {
    const answer = await fetch(form.dataset.pasted, { method: "POST", body, signal: AbortSignal.timeout(10_000) });
    if (answer.ok) return await answer.json();
  } catch { /* no server, or no answer in time */ }
  return { text, note: "" };
}

document.addEventListener("paste", async (event) => {
  const field = event.target;
  const html = event.clipboardData?.getData("text/html").trim();
  const text = event.clipboardData?.getData("text/plain");
  if (!html || !field.matches?.("form[data-pasted] textarea.mail")) return;
  event.preventDefault();
  field.readOnly = true; // what is typed meanwhile would go where the text belongs
  const read = await readPasted(field.form, html, text);
  field.readOnly = false;
  field.focus();
  // Unlike a new value, an inserted text can be undone.
  if (!document.execCommand("insertText", false, read.text)) {
    field.setRangeText(read.text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  byId("pasted-note").textContent = read.note;
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  isLeaving = true;
  if (form.dataset.keep) remember(form, true);
  // Only once the request has left: a disabled button's value would not go along.
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true;
  });
});

window.addEventListener("pageshow", (event) => {
  isLeaving = false;
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button[disabled]")) button.disabled = false;
});

window.addEventListener("beforeunload", (event) => {
  if (!isLeaving && Array.from(document.querySelectorAll("form[data-keep]")).some(isUnsent)) {
    event.preventDefault();
  }
});

// --- A draft that is being written ---------------------------------------------------------------
// The sheet itself is silent for screen readers; each paragraph is read out once, when it is finished.

let paragraphsSaid = 0;

function readOutFinishedParagraphs() {
  const paragraphs = (byId("arriving")?.textContent ?? "").split(/\n\s*\n/).slice(0, -1);
  if (paragraphs.length < paragraphsSaid) paragraphsSaid = 0;
  for (const text of paragraphs.slice(paragraphsSaid)) {
    const entry = document.createElement("p");
    entry.textContent = text;
    byId("draft-aloud").append(entry);
  }
  paragraphsSaid = paragraphs.length;
}

function showLost(isLost) {
  const lost = byId("lost");
  if (lost) lost.hidden = !isLost;
}

document.addEventListener("htmx:sseOpen", () => showLost(false));
document.addEventListener("htmx:sseError", () => showLost(true));
document.addEventListener("htmx:sseMessage", (event) => {
  const { type, data } = event.detail;
  if (type === "heading") {
    document.title = document.title.replace(/^[^:]*/, data);
    say(`${data}.`);
  }
  if (type === "token" || type === "draft") readOutFinishedParagraphs();
});

// The page of a run swaps its main part: what was folded open stays open, an email beside stays where it
// was scrolled to, the focus stays or goes to the news, and the news is said.
const emailBeside = () => document.querySelector("#beside > .letter");
let wasOpen = [];
let wasRead = 0;
let hadFocus = false;
let foldWithFocus; // the id of the fold that it was at
let newsSaid = "";
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.shouldSwap) return;
  wasOpen = Array.from(document.querySelectorAll("details[open][id]"), (details) => details.id);
  wasRead = emailBeside()?.scrollTop ?? 0;
  const focused = document.activeElement;
  hadFocus = page().contains(focused);
  foldWithFocus = focused?.closest("details[id] > summary")?.parentElement.id;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target !== page()) return; // a piece of the draft
  for (const id of wasOpen) {
    const details = byId(id);
    if (details?.matches("details")) details.open = true;
  }
  wasOpen = [];
  if (wasRead) emailBeside()?.scrollTo(0, wasRead);
  if (hadFocus && document.activeElement === document.body) {
    // Gone with what was swapped: the next Tab would begin at the top of the page.
    const fold = foldWithFocus && byId(foldWithFocus);
    (fold?.querySelector("summary") ?? byId("news")).focus({ preventScroll: true });
  }
  begin();
  if (page().dataset.news === newsSaid) return;
  newsSaid = page().dataset.news;
  byId("draft-aloud").replaceChildren();
  if (newsSaid) say(newsSaid);
});
