// What scripts add to the complaints: forms kept while they are filled in, the
// search box by its key, the slip on two papers, values that were read and go.

// "/" leads to the search box.
document.addEventListener("keydown", (e) => {
  if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.target.matches("input, select, textarea")) return;
  const box = document.querySelector(".find input[type=search]");
  if (!box) return;
  e.preventDefault();
  box.focus();
});

// What was read is gone when the page is left, and after ten minutes at any rate.
const plainFor = 10 * 60 * 1000;
function forget() {
  for (const n of document.querySelectorAll("[data-plain]")) n.remove();
}
if (document.querySelector("[data-plain]")) {
  addEventListener("pagehide", forget);
  setTimeout(forget, plainFor);
}

for (const b of document.querySelectorAll("button[data-paper]")) {
  b.hidden = false;
  b.addEventListener("click", () => {
    document.body.dataset.paper = b.dataset.paper;
    print();
  });
}

// A form is kept on the server as it is filled in, sealed; from then on its
// address leads back to what was typed. Nothing of it stays in the browser.
const after = 1200;
for (const form of document.querySelectorAll("form[data-draft]")) {
  const said = form.querySelector("[data-draft-said]");
  let timer = 0;
  let busy = false;
  let again = false;
  const save = async () => {
    timer = 0;
    if (form.dataset.sent) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const body = new URLSearchParams(new FormData(form));
    body.delete("code");
    let kept = false;
    try {
      const r = await fetch(form.dataset.draft, { method: "POST", body, redirect: "manual" });
      kept = r.status === 204;
    } catch {
      // the line is cut: again in a while
    }
    busy = false;
    said.textContent = kept ? said.dataset.kept : said.dataset.lost;
    if (kept) {
      const at = new URL(location.href);
      if (at.pathname.endsWith("/new")) {
        at.searchParams.set("draft", body.get("op_id"));
        history.replaceState(null, "", at);
      }
    }
    if (again || !kept) timer = setTimeout(save, kept ? after : 5000);
    again = false;
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(save, after);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
}
