/* The browsable API: a form is sent with its own method, and what comes back takes the page's place. */
"use strict";

const bodyOf = (form, headers) => {
  const { _content_type: type, _content: content } = form.elements;
  if (!content) return form.elements.length > 1 ? new FormData(form) : undefined;
  headers["Content-Type"] = type.value;
  if (type.value !== "multipart/form-data") return content.value;
  const boundary = /^--(\S+)\s*$/m.exec(content.value);
  if (boundary) headers["Content-Type"] += `; boundary="${boundary[1]}"`;
  return content.value.replace(/\r?\n/g, "\r\n");
};

const complain = (form, text) => {
  form.querySelector("[role=alert]")?.remove();
  const complaint = Object.assign(document.createElement("p"), { className: "error", textContent: text });
  complaint.setAttribute("role", "alert");
  form.append(complaint);
};

const show = async (response, address) => {
  if (!(response.headers.get("Content-Type") ?? "").startsWith("text/html")) return location.assign(address);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  document.title = page.title;
  document.getElementById("main").replaceWith(page.getElementById("main"));
  history.replaceState({}, "", address);
  document.getElementById("main").focus();
  scrollTo(0, 0);
};

const send = async (form) => {
  const csrf = JSON.parse(document.getElementById("drf_csrf").textContent);
  const headers = { Accept: "text/html", [csrf.csrfHeaderName]: csrf.csrfToken };
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const body = bodyOf(form, headers);
    await show(await fetch(form.action, { method: form.dataset.method, headers, body }), form.action);
  } catch {
    complain(form, document.getElementById("drf_csrf").dataset.unanswered);
  } finally {
    button.disabled = false;
  }
};

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.method) return;
  event.preventDefault();
  send(event.target);
});
