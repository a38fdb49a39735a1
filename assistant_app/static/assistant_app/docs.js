/* What Swagger UI leaves unsaid to screen readers: names of choices and regions, ranks of
   headings, and which text can be scrolled. */
"use strict";

const LEVELS = { ".opblock-tag": 2, ".models > h4": 2, ".opblock-body h4": 3, ".opblock-body h5": 4 };

const swagger = document.getElementById("swagger-ui");

const nameOf = (select) => {
  const row = select.closest("tr");
  if (row?.dataset.paramName) return row.dataset.paramName;
  return row?.dataset.code ? swagger.dataset.example.replace("{code}", row.dataset.code) : swagger.dataset.choice;
};

const complete = () => {
  for (const select of document.querySelectorAll("select:not([aria-label]):not([id])")) {
    if (!select.closest("label")) select.setAttribute("aria-label", nameOf(select));
  }
  for (const [selector, level] of Object.entries(LEVELS)) {
    for (const heading of document.querySelectorAll(selector)) heading.setAttribute("aria-level", level);
  }
  for (const code of document.querySelectorAll("pre.microlight")) code.setAttribute("tabindex", "0");
  for (const part of document.querySelectorAll(".information-container")) {
    part.setAttribute("role", "region");
    part.setAttribute("aria-label", swagger.dataset.about);
  }
};

new MutationObserver(complete).observe(swagger, { childList: true, subtree: true });
