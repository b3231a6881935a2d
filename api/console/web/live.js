// Open pages hear what moves and renew their parts. A line that is cut, a server
// that starts anew and an answer that is lost miss nothing: what was heard and is
// not on the page yet is owed, and asked for until it is there.
import htmx from "htmx.org";

const page = document.body;
const quiet = { "X-Kendra-Quiet": "1" };

// Parts renew themselves by the page's own address. What somebody is in the
// middle of (an open list, a field with the focus) is left alone until he is done.
let waiting = false;
let owed = false;
function renew() {
  owed = false;
  for (const part of document.querySelectorAll("[data-renew]")) {
    if (part.querySelector("details[open]") || part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) {
      waiting = true;
      continue;
    }
    htmx.ajax("GET", location.pathname + location.search, { target: part, swap: "innerHTML", headers: quiet });
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
function moved(after = 120) {
  if (due) return;
  due = setTimeout(() => {
    due = 0;
    renew();
  }, after);
}

// A form that somebody writes in is not taken from him; it is sent, and if the
// session is over by then it is kept over the log-in.
let writing = false;
document.addEventListener("input", (e) => (writing ||= e.target.closest("form[data-once]") !== null));

// refused tells an answer that will not change from one that is worth asking for
// again. What it is about, the page says when it is loaded anew.
const refused = (status) => status >= 400 && status < 500 && status !== 408 && status !== 429;

// The line has told what moved, and will not tell it again: a lost answer is asked
// for until it is there, the longer the more seldom.
let pause = 0;
document.addEventListener("htmx:afterRequest", (e) => {
  if (!e.detail.target?.matches?.("[data-renew]")) return;
  if (e.detail.successful) {
    pause = 0;
    return;
  }
  if (refused(e.detail.xhr.status)) {
    if (!writing) location.reload();
    return;
  }
  owed = true;
  pause = Math.min(pause * 2 || 3000, 60000);
  moved(pause * (0.8 + Math.random() * 0.4));
});

const cut = document.getElementById("cut");
const beats = 40000; // the server speaks every 15 s
let line = null;
let silence = 0;
function listen() {
  if (line?.readyState !== EventSource.CLOSED) line?.close();
  const at = new URL(page.dataset.live, location.href);
  if (page.dataset.seen) at.searchParams.set("after", page.dataset.seen);
  line = new EventSource(at);
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(lost, beats);
    if (!cut.hidden) {
      // It stands again: what is owed does not wait for the pause that was grown without it.
      clearTimeout(due);
      due = pause = 0;
    }
    cut.hidden = true;
    if (owed) moved();
  };
  line.addEventListener("here", heard);
  line.addEventListener("moved", (e) => {
    page.dataset.seen = e.data;
    owed = true;
    heard();
  });
  line.addEventListener("units", () => {
    heard();
    document.dispatchEvent(new Event("kendra:units"));
  });
  line.addEventListener("error", () => {
    cut.hidden = false;
    // Cut: the browser lays it again by itself. Refused: it does not.
    if (line.readyState === EventSource.CLOSED) setTimeout(look, 3000 + Math.random() * 4000);
  });
  clearTimeout(silence);
  silence = setTimeout(lost, beats);
}

// lost is when a line that was not cut in so many words says nothing any more.
function lost() {
  cut.hidden = false;
  listen();
}

// look finds out why the line was refused: the server is away for longer, or the
// session is over, which the page says when it is loaded anew.
async function look() {
  const only = new AbortController();
  let status = 0;
  try {
    status = (await fetch(page.dataset.live, { signal: only.signal })).status;
    only.abort();
  } catch {
    // away
  }
  if (status === 200) listen();
  else if (refused(status) && !writing) location.reload();
  else setTimeout(look, 5000 + Math.random() * 5000);
}

function leave() {
  clearTimeout(silence);
  line.close();
}

if (page.dataset.live && document.querySelector("[data-renew]")) {
  listen();
  addEventListener("offline", () => {
    leave();
    cut.hidden = false;
  });
  addEventListener("online", listen);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (e) => e.persisted && listen());
}
