// What scripts add to the pages: parts that renew themselves when something
// moves, one sending of each form, a loud urgent task, printing.
import htmx from "htmx.org";
import "./dispatch.js";
import "./passkey.js";
import "./complaints.js";
import "./day.js";

Object.assign(htmx.config, {
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyEnabled: false,
  scrollBehavior: "auto",
});

const page = document.body;

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

// Parts renew themselves by the page's own address. What somebody is in the
// middle of (an open list, a field with the focus) is left alone until he is done.
let waiting = false;
function renew() {
  for (const part of document.querySelectorAll("[data-renew]")) {
    if (part.querySelector("details[open]") || part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) {
      waiting = true;
      continue;
    }
    htmx.ajax("GET", location.pathname + location.search, {
      target: part, swap: "innerHTML", headers: { "X-Kendra-Quiet": "1" },
    });
  }
}
document.addEventListener("focusout", () => {
  if (!waiting) return;
  waiting = false;
  setTimeout(renew, 200);
});

document.addEventListener("toggle", (e) => {
  if (!waiting || e.target.open) return;
  waiting = false;
  renew();
}, true);

let due = 0;
function moved() {
  if (due) return;
  due = setTimeout(() => {
    due = 0;
    renew();
  }, 120);
}

const cut = document.getElementById("cut");
if (page.dataset.live && document.querySelector("[data-renew]")) {
  const line = new EventSource(page.dataset.live);
  const here = () => (cut.hidden = true);
  line.addEventListener("here", here);
  line.addEventListener("moved", (e) => {
    here();
    page.dataset.seen = e.data;
    moved();
  });
  line.addEventListener("units", () => document.dispatchEvent(new Event("kendra:units")));
  line.addEventListener("error", () => {
    cut.hidden = false;
    if (line.readyState !== EventSource.CLOSED) return;
    // Refused: the session is over, or the server is away for longer.
    setTimeout(() => location.reload(), 5000 + Math.random() * 5000);
  });
  addEventListener("pagehide", () => line.close());
}

document.addEventListener("htmx:afterSwap", loud);
function loud() {
  const n = document.querySelectorAll("[data-loud]").length;
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (n) document.title = `(${n}) ${document.title}`;
}
loud();
