// What scripts add to the sending of tasks: the list of the nearest counts from
// the place that is chosen, a point on a map, and a sound for an urgent task
// that no phone has received.
import htmx from "htmx.org";

const quiet = { "X-Kendra-Quiet": "1" };
const sendForm = document.querySelector("[data-dispatch]");

if (sendForm) {
  const near = document.getElementById("near");
  const station = document.querySelector("[data-station]");
  const details = document.querySelector("[data-point]");
  document.querySelector("[data-no-script]").hidden = true;

  const set = (name, value) => (sendForm.elements[`f.place.${name}`].value = value);
  // The task is at a point; the address says it to about a kilometre, which is
  // enough for distances and no woman's door.
  const put = (lat, lon, code) => {
    set("lat", lat);
    set("lon", lon);
    set("accuracy_m", lat === "" ? "" : "100");
    const to = new URL(location.href);
    to.searchParams.delete("near");
    to.searchParams.delete("station");
    if (code) to.searchParams.set("station", code);
    else if (lat !== "") to.searchParams.set("near", `${Number(lat).toFixed(2)},${Number(lon).toFixed(2)}`);
    history.replaceState(null, "", to);
    ask();
  };
  const ask = () => htmx.ajax("GET", location.pathname + location.search, { target: near, swap: "innerHTML", headers: quiet });

  // Who was chosen stays chosen when the list comes anew.
  let chosen = null;
  document.addEventListener("htmx:beforeSwap", (e) => {
    if (e.target === near) chosen = near.querySelector("input:checked")?.value ?? null;
  });
  document.addEventListener("htmx:afterSwap", (e) => {
    if (e.target !== near) return;
    const others = [...sendForm.elements["f.to.officer_id"]].some((r) => r.checked && !near.contains(r));
    for (const r of near.querySelectorAll("input")) r.checked = !others && chosen !== null && r.value === chosen;
  });
  setInterval(() => {
    if (!document.hidden && !near.contains(document.activeElement)) ask();
  }, 60000);

  station.addEventListener("change", () => {
    const o = station.selectedOptions[0];
    put(o.dataset.lat ?? "", o.dataset.lon ?? "", o.value);
  });
  if (details) {
    details.hidden = false;
    details.addEventListener("toggle", () => details.open && draw(details.querySelector("[data-map]")));
    details.addEventListener("map:point", (e) => {
      station.value = "";
      put(e.detail.lat.toFixed(5), e.detail.lon.toFixed(5), "");
    });
    details.querySelector("[data-point-clear]").addEventListener("click", () => {
      station.value = "";
      put("", "", "");
      details.querySelector("[data-map]").dispatchEvent(new CustomEvent("map:clear"));
    });
  }
}

// A map is large: its script and style come when one is looked at.
export async function draw(el) {
  if (!el || el.dataset.drawn) return;
  el.dataset.drawn = "1";
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = el.dataset.sheet;
  const there = new Promise((done) => (style.onload = style.onerror = done));
  document.head.append(style);
  const [map] = await Promise.all([import(el.dataset.script), there]);
  el.hidden = false;
  map.show(el);
  for (const l of document.querySelectorAll("[data-legend]")) l.hidden = false;
}
// The list, which says the same, is on the screen before anything is asked for.
const painted = (then) => requestAnimationFrame(() => requestAnimationFrame(then));
for (const el of document.querySelectorAll("[data-map]")) if (!el.closest("details")) painted(() => draw(el));

// The sound: two short tones every twelve seconds while a loud task is on the
// page. It is asked for once in a window; after that a click wakes it.
const sound = document.querySelector("[data-sound]");
if (sound && window.AudioContext) {
  const key = "kendra-sound";
  const button = sound.querySelector("button");
  let ears = null;
  const on = () => sessionStorage.getItem(key) === "1";
  const show = () => button.setAttribute("aria-pressed", String(on()));
  const wake = () => {
    if (!on()) return;
    ears ??= new AudioContext();
    if (ears.state === "suspended") ears.resume();
  };
  const tone = (at, hertz) => {
    const o = ears.createOscillator();
    const g = ears.createGain();
    o.frequency.value = hertz;
    g.gain.setValueAtTime(0.0001, at);
    g.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
    g.gain.exponentialRampToValueAtTime(0.0001, at + 0.25);
    o.connect(g).connect(ears.destination);
    o.start(at);
    o.stop(at + 0.3);
  };
  const beep = () => {
    if (!on() || !ears || ears.state !== "running") return;
    tone(ears.currentTime, 880);
    tone(ears.currentTime + 0.35, 660);
  };
  button.addEventListener("click", () => {
    sessionStorage.setItem(key, on() ? "0" : "1");
    show();
    wake();
    setTimeout(beep, 100);
  });
  for (const e of ["pointerdown", "keydown"]) document.addEventListener(e, wake);
  const loud = () => document.querySelector("[data-loud]");
  let was = 0;
  document.addEventListener("htmx:afterSwap", () => {
    const n = document.querySelectorAll("[data-loud]").length;
    if (n > was) beep();
    was = n;
  });
  setInterval(() => loud() && beep(), 12000);
  sound.hidden = false;
  show();
  wake();
}
