// A file of beats or places: it is sent as it is, looked at, and sent again to be
// entered, with the digest of the plan that stands on the page. Nothing of it is
// kept on the server between the two.
import { draw } from "./dispatch.js";

const form = document.querySelector("[data-import]");
const most = 16 << 20;

if (form) {
  const says = document.querySelector("[data-import-says]");
  const plan = document.getElementById("plan");
  const input = form.querySelector("[type=file]");
  const buttons = () => [...form.querySelectorAll("button"), ...plan.querySelectorAll("button")];
  document.querySelector("[data-no-script]").hidden = true;
  form.hidden = false;
  let busy = false;

  // The address names no file: only how it is to be read.
  const address = (file, digest) => {
    const q = new URLSearchParams(new FormData(form));
    q.set("format", /\.([a-z]+)$/i.exec(file.name)?.[1].toLowerCase() ?? "");
    if (digest) q.set("plan", digest);
    return `${form.getAttribute("action")}?${q}`;
  };

  async function send(digest) {
    const file = input.files[0];
    if (!file || busy) return;
    if (file.size > most) { // a server that is sent more cuts the line, and nobody reads why
      says.textContent = form.dataset.large;
      return;
    }
    busy = true;
    says.textContent = form.dataset.busy;
    for (const b of buttons()) b.setAttribute("aria-disabled", "true");
    try {
      const r = await fetch(address(file, digest), {
        method: "POST",
        body: file,
        headers: { "Content-Type": "application/octet-stream", "X-Kendra-CSRF": document.body.dataset.csrf },
        credentials: "same-origin",
      });
      if (r.redirected && r.ok) {
        location.href = r.url;
        return;
      }
      const page = new DOMParser().parseFromString(await r.text(), "text/html");
      const got = page.getElementById("plan") ?? page.getElementById("told");
      plan.replaceChildren(...(got?.id === "plan" ? got.childNodes : got ? [got] : []));
      says.textContent = got ? "" : form.dataset.failed;
      const map = plan.querySelector("[data-map]");
      if (map) draw(map);
      (plan.querySelector("h2") ?? plan.querySelector("#told"))?.focus();
    } catch {
      says.textContent = form.dataset.failed; // the line is cut, or the file was changed since it was chosen
    } finally {
      busy = false;
      for (const b of buttons()) b.removeAttribute("aria-disabled");
    }
  }

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    send("");
  });
  plan.addEventListener("click", (e) => {
    const b = e.target.closest("[data-plan]");
    if (b) send(b.dataset.plan);
  });
  // What was found is of the file that was chosen then, and of how it was to be read.
  form.addEventListener("change", () => plan.replaceChildren());
}
