// What scripts add to the pages: one sending of each form, a loud urgent task,
// printing; what moves is live.js.
import htmx from "htmx.org";
import "./dispatch.js";
import "./passkey.js";
import "./complaints.js";
import "./day.js";
import "./live.js";
import "./ground.js";

Object.assign(htmx.config, {
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyEnabled: false,
  scrollBehavior: "auto",
  timeout: 20000, // a line that is cut without a word would hold up all that comes after
});

// A form is sent once: the second click does nothing. A page that comes back
// from the browser's memory can send again; the id in the form makes it one.
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) {
    e.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const b of form.querySelectorAll("button")) b.setAttribute("aria-disabled", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const b of form.querySelectorAll("button")) b.removeAttribute("aria-disabled");
  }
});

for (const b of document.querySelectorAll("[data-print]")) {
  b.hidden = false;
  b.addEventListener("click", () => print());
}
document.getElementById("told")?.focus();

document.addEventListener("htmx:afterSwap", loud);
function loud() {
  const n = document.querySelectorAll("[data-loud]").length;
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (n) document.title = `(${n}) ${document.title}`;
}
loud();
