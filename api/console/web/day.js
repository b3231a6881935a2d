// Keys on the sheet of the day and in its review: J and K go through what wants a
// hand, D directs, S steps in; arrows turn the pages of the review.
const typing = "input, select, textarea, [contenteditable]";
const rows = () => [...document.querySelectorAll("[data-rows] .need")];

function go(step) {
  const all = rows();
  const at = all.findIndex((r) => r.contains(document.activeElement));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.querySelector(".row-link")?.focus();
}

const does = { d: "day.review", s: "complaint.intervene" };

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.target.matches?.(typing)) return;
  const turn = document.querySelector(`a[data-key="${CSS.escape(e.key)}"]`);
  if (turn) return turn.click();
  if (!rows().length) return;
  const key = e.key.toLowerCase();
  if (key === "j") go(1);
  else if (key === "k") go(-1);
  else if (does[key]) rows().find((r) => r.contains(document.activeElement))?.querySelector(`[data-do="${does[key]}"]`)?.click();
  else return;
  e.preventDefault();
});

function tell() {
  for (const p of document.querySelectorAll(".keys")) p.hidden = false;
}
document.addEventListener("htmx:afterSwap", tell);
tell();
