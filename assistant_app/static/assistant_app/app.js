// What the pages do beside links and forms: copy, Ctrl+Enter, keep what was typed. Everything works without it.
"use strict";

const byId = (id) => document.getElementById(id);
const page = () => byId("main");
// What the server says of this page: the email and its version, whether a text was refused, what's new.
const facts = () => (byId("now") ?? page()).dataset;
// Words for people are in the page, so that one catalogue holds them all.
const words = () => document.body.dataset;

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
  const paragraphs = element.matches("p") ? [element] : element.querySelectorAll("p");
  for (const paragraph of paragraphs) {
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
  // The signature is below the reply, and no part of it.
  const sources = [byId(button.dataset.copy), byId(button.dataset.below ?? "")].filter(Boolean);
  const plain = { "text/plain": sources.map(textOf).join("\n\n") };
  await write("rich" in button.dataset ? { ...plain, "text/html": sources.map(htmlOf).join("") } : plain);
  button.focus();
  if ("done" in button.dataset) return;
  const label = button.querySelector(".hear") ?? button.lastChild;
  const before = label.textContent;
  label.textContent = words().copied;
  button.dataset.done = "";
  setTimeout(() => {
    label.textContent = before;
    delete button.dataset.done;
  }, 2000);
  say(words().copied);
}

// --- Keeping what was typed ----------------------------------------------------------------------
// One entry for each email and step: {values, version, sent}. It is dropped once the page shows that it
// was sent: a newer version, and no refusal. What was refused is as good as never sent.
// The window keeps its own entry, and all windows of the person share a second one, for a tab that was closed.

const prefix = () => `typed ${document.body.dataset.person ?? ""} `;
const stores = () => [sessionStorage, localStorage];
const OPTIONS = "select[name=reply_as], [name=in_language], [name=tone], [name=how_long]";
const fieldsOf = (form) =>
  Array.from(form.elements).filter((field) => field.matches(`textarea:not([readonly]), [name=idea], ${OPTIONS}`));
const valueOf = (field) => (field.type === "checkbox" ? (field.checked ? "on" : "") : field.value);
const initialOf = (field) =>
  field.type === "checkbox" ? (field.defaultChecked ? "on" : "") : (field.defaultValue ?? ""); // no choice: ""
const valuesOf = (form) => fieldsOf(form).map(valueOf);
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
let isLeaving = false;

function readEntry(store, key) {
  try {
    return JSON.parse(store.getItem(key));
  } catch {
    return null; // not ours
  }
}

function remember(form, sent) {
  const entry = { values: valuesOf(form), version: facts().version || "", sent };
  const key = prefix() + form.dataset.keep;
  for (const store of stores()) {
    try {
      if (entry.values.some((text) => text.trim())) store.setItem(key, JSON.stringify(entry));
      else store.removeItem(key);
    } catch { /* no room: the page itself still has it */ }
  }
}

function forgetWhatWasSent() {
  const { refused, version, email } = facts();
  if (refused === undefined && version === undefined) return;
  // Of this email, or of the form that it was made with: another email's version says nothing here.
  const isOfThisOne = (name) => name.startsWith(`${prefix()}${email} `) || name.startsWith(`${prefix()}new `);
  for (const store of stores()) {
    for (const key of Object.keys(store).filter(isOfThisOne)) {
      const entry = readEntry(store, key);
      if (!entry?.sent) continue;
      if (refused !== undefined) store.setItem(key, JSON.stringify({ ...entry, sent: false }));
      else if (entry.version !== version) store.removeItem(key);
    }
  }
}

// A shared computer keeps nothing of who signed out.
function forgetEverything() {
  for (const store of stores()) {
    for (const key of Object.keys(store).filter((name) => name.startsWith(prefix()))) store.removeItem(key);
  }
}

function offerWhatWasTyped(form) {
  const key = prefix() + form.dataset.keep;
  const entry = readEntry(sessionStorage, key) ?? readEntry(localStorage, key);
  if (!entry || isSame(entry.values, valuesOf(form)) || form.querySelector(".put-back")) return;
  if (entry.values.length !== fieldsOf(form).length) return;
  // A form that begins with a text to be changed is as good as empty until it is changed.
  if ("prefilled" in form.dataset ? isUnsent(form) : valuesOf(form).some((text) => text.trim())) return;
  const offer = document.createElement("div");
  offer.className = "put-back notice turn";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words().restore;
  button.addEventListener("click", () => {
    fieldsOf(form).forEach((field, number) => {
      if (field.type === "checkbox") field.checked = Boolean(entry.values[number]);
      else field.value = entry.values[number];
    });
    showOptions(form);
    offer.remove();
    fieldsOf(form).find((field) => field.matches("textarea")).focus();
  });
  const begun = document.createElement("p");
  const texts = fieldsOf(form).map((field, number) => (field.matches("textarea") ? entry.values[number] : ""));
  const typed = texts.join(" ").trim();
  begun.textContent = words().begun.replace("{text}", () => (typed.length > 80 ? `${typed.slice(0, 79)}…` : typed));
  offer.append(begun, button);
  form.prepend(offer);
}

// The folded line says what is set below it.
function showOptions(form) {
  for (const shown of form.querySelectorAll("[data-says]")) {
    const field = form.elements[shown.dataset.says];
    const value = field.value.trim();
    const chosen = field.selectedOptions?.[0];
    const says = () => chosen?.dataset.short ?? shown.dataset.in.replace("{language}", () => value);
    shown.textContent = value ? says() : shown.dataset.else;
  }
}

function isUnsent(form) {
  return form.isConnected && !isSame(valuesOf(form), fieldsOf(form).map(initialOf));
}

// --- Wiring --------------------------------------------------------------------------------------

function begin() {
  showScriptedParts();
  forgetWhatWasSent();
  document.querySelectorAll("form[data-keep]").forEach(offerWhatWasTyped);
}

// Where the eye and the focus are to be when a page opens: at what went wrong, or at what a press led to.
function land() {
  const wrong = byId("notice") ?? document.querySelector("[data-look], .bar [aria-invalid=true]");
  placeCaret();
  if (wrong?.matches("[role=alert], form, [data-look], [aria-invalid]")) wrong.focus();
  else if (location.hash === "#sent") { // a name that nothing has, so that the page opens at its top
    (byId("stop-writing") ?? document.querySelector("[data-lands]"))?.focus({ preventScroll: true });
  }
}

// In the editor the caret is at the end of what was begun, or selects the mark that was pressed last.
function placeCaret() {
  const mark = sessionStorage.getItem("mark");
  sessionStorage.removeItem("mark");
  const editor = document.querySelector("textarea.bare");
  if (!editor) return;
  const at = mark ? editor.value.indexOf(mark) : -1;
  if ("atEnd" in editor.dataset) editor.setSelectionRange(editor.value.length, editor.value.length);
  else if (at >= 0) editor.setSelectionRange(at, at + mark.length);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href$='#text']");
  const mark = link?.dataset.mark ?? (link && document.querySelector("a.look:target")?.textContent);
  if (mark) sessionStorage.setItem("mark", mark);
});

document.addEventListener("DOMContentLoaded", () => {
  begin();
  land();
  if (document.querySelector("[data-look]")) remember(byId("form"), false); // what was read is typed, so to speak
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
    // With the focus in no form, the page's own is meant, or else the button that copies an accepted reply.
    const isElsewhere = !event.target.form && !event.target.closest("a, button, summary");
    const form = isElsewhere ? byId("form") : event.target.form;
    const button = form && buttonFor(form, event.shiftKey);
    if (button && !button.disabled) form.requestSubmit(button);
    else if (isElsewhere) document.querySelector(".bar .main[data-copy]")?.click();
  }
  pressSingleKey(event);
});

// The filled button; with the Shift key that which accepts. A form for texts with one button has no filled one.
function buttonFor(form, accepts) {
  const buttons = Array.from(form.elements).filter((part) => part.matches("button:not([type=button], .hear)"));
  if (accepts) return buttons.find((button) => button.matches(".accept, [name=accept]"));
  const main = buttons.find((button) => button.matches(".send")) ?? buttons.find((button) => button.matches(".main"));
  return main ?? (form.matches("[data-keep]") ? buttons[0] : undefined);
}

const KEYS = {
  c: () => byId("new-reply"),
  e: () => byId("edit"),
  f: () => byId("feedback"),
  "/": () => document.querySelector("[role=search] input[type=search]"),
  "[": () => document.querySelector(".version [rel=prev]"),
  "]": () => document.querySelector(".version [rel=next]"),
  "?": () => document.querySelector(".top a[href$='/keys/']"),
};

function pressSingleKey(event) {
  if (!("keys" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
  const found = KEYS[event.key]?.();
  if (!found) return;
  event.preventDefault();
  if (found.matches("input, textarea")) found.focus();
  else found.click();
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-keep]")) remember(form, false);
  if (event.target.matches(OPTIONS)) showOptions(form);
});

// Where a browser has no field-sizing, the field in the bar grows by script.
if (!CSS.supports("field-sizing", "content")) {
  document.addEventListener("input", (event) => {
    if (!event.target.matches(".bar textarea")) return;
    event.target.style.height = "auto";
    event.target.style.height = `${event.target.scrollHeight + 2}px`;
  });
}

// A file that is chosen or dropped is read at once, and shown; one that is too large stays here.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("input[type=file][data-most]") || !input.files.length) return;
  const isTooLarge = input.files[0].size > Number(input.dataset.most) * 0.99; // the form needs some of it
  input.setCustomValidity(isTooLarge ? input.dataset.tooLarge : "");
  if (input.reportValidity()) input.form.requestSubmit();
});

// The whole panel takes a dropped email, on top of the text field, too. A miss doesn't make the browser leave.
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
const panelAt = (event) => event.target.closest?.("[data-drop]");
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const panel = document.querySelector("[data-drop]");
    if (!panel || !hasFiles(event)) return;
    event.preventDefault();
    const isLeft = kind === "drop" || (kind === "dragleave" && !panel.contains(event.relatedTarget));
    panel.classList.toggle("is-over", !isLeft && panelAt(event) === panel);
    const input = panel.querySelector("input[type=file]");
    if (kind !== "drop" || panelAt(event) !== panel || !event.dataTransfer.files.length) return;
    if (!input) say(panel.dataset.hasFile);
    else {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}

// A file from the clipboard is read as one that is dropped.
document.addEventListener("paste", (event) => {
  const input = document.querySelector("[data-drop] input[type=file]");
  if (!input || !event.clipboardData?.files.length) return;
  event.preventDefault();
  input.files = event.clipboardData.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
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
  if (event.defaultPrevented || !html || !field.matches?.("form[data-pasted] textarea.mail")) return;
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
  if (form.action.endsWith("/sign-out/")) forgetEverything();
  // Only once the request has left: a disabled button's value would not go along.
  setTimeout(() => {
    for (const part of form.elements) if (part.matches("button:not([type=button])")) part.disabled = true;
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
  const paragraphs = Array.from(byId("reply-text").querySelectorAll("p"), (part) => part.textContent).slice(0, -1);
  if (paragraphs.length < paragraphsSaid) paragraphsSaid = 0;
  for (const text of paragraphs.slice(paragraphsSaid)) {
    const entry = document.createElement("p");
    entry.textContent = text;
    byId("draft-aloud").append(entry);
  }
  paragraphsSaid = paragraphs.length;
}

// What arrives goes on in the last paragraph; a blank line begins the next one, as in the finished draft.
function append(sheet, text) {
  let last = sheet.querySelector("p:last-of-type") ?? sheet.appendChild(document.createElement("p"));
  const [first, ...others] = (last.textContent + text).split("\n\n");
  last.textContent = first;
  for (const other of others) {
    last = document.createElement("p");
    last.textContent = other;
    sheet.append("\n", last);
  }
}

function showLost(isLost) {
  const lost = byId("lost");
  if (lost) lost.hidden = !isLost;
}

document.addEventListener("htmx:sseOpen", () => showLost(false));
document.addEventListener("htmx:sseError", () => showLost(true));
document.addEventListener("htmx:sseBeforeMessage", (event) => {
  if (event.detail.type !== "token") return;
  event.preventDefault();
  const box = document.createElement("template");
  box.innerHTML = event.detail.data;
  append(event.target, box.content.textContent);
  readOutFinishedParagraphs();
});
document.addEventListener("htmx:sseMessage", (event) => {
  const { type, data } = event.detail;
  if (type === "heading") {
    document.title = document.title.replace(/^[^:]*/, data);
    say(`${data}.`);
  }
  if (type === "draft") readOutFinishedParagraphs();
});

// The page of a run swaps what it shows of the state, never the email. The text doesn't move; what goes away
// leaves its focus to the field, what was open stays open, and the news is said.
let wasOpen = [];
let hadFocus = null; // the id of what had the focus in a part that is swapped
let newsSaid = "";

function isSeen(part) {
  const { top, bottom, height } = part.getBoundingClientRect();
  return height > 0 && bottom > 0 && top < innerHeight;
}

const isTyping = () => document.activeElement?.matches("textarea, input:not([type=radio], [type=checkbox])");

function landAfterSwap() {
  const question = document.querySelector(".question input, .question textarea");
  const sheet = byId("reply-text") ?? byId("form");
  if (question && !isTyping()) {
    byId("reply").scrollIntoView();
    question.focus({ preventScroll: true });
    return;
  }
  const isHidden = !byId("reply").checkVisibility();
  if (sheet && !isHidden && !isSeen(sheet)) byId("reply").scrollIntoView();
  const goal = byId("notice") ?? document.querySelector("[data-lands]");
  if (goal && !isTyping()) goal.focus({ preventScroll: true });
  else if (hadFocus !== null && document.activeElement === document.body) {
    // Gone with what was swapped: the next Tab would begin at the top of the page.
    const again = hadFocus ? document.querySelector(`#${hadFocus} > summary`) : null;
    (again ?? byId("feedback") ?? byId("reply"))?.focus({ preventScroll: true });
  }
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!event.detail.shouldSwap || event.detail.target?.id !== "bar") return;
  wasOpen = Array.from(document.querySelectorAll(".reply-pane details[open][id]"), (details) => details.id);
  const focused = document.activeElement;
  const isSwapped = focused?.closest(".reply-pane, #state");
  hadFocus = isSwapped ? focused.closest("details[id] > summary")?.parentElement.id ?? "" : null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "bar") return; // a piece of the draft
  for (const id of wasOpen) {
    const details = byId(id);
    if (details?.matches("details")) details.open = true;
  }
  wasOpen = [];
  if (byId("run")) return;
  landAfterSwap();
  begin();
  const { news } = facts();
  if (news === newsSaid) return;
  newsSaid = news;
  byId("draft-aloud").replaceChildren();
  if (news) say(news);
});
