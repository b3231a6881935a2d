// The map: outlines, cells and marks that the server gives as GeoJSON, drawn
// here, without any picture from elsewhere. The list beside it says the same.
import { Map, Scale, Zoom, divIcon, geoJSON, marker } from "./leaflet.js";

const every = 60000; // a line that is cut tells nothing: what moved is asked for

function icon(p) {
  const i = document.createElement("i");
  i.className = `m m-${p.layer} m-${p.state ?? "plain"}`;
  return divIcon({ html: i, className: "", iconSize: [24, 24] });
}

// say is what a mark tells when it is pressed; only text, whatever it holds.
function say(p) {
  const box = document.createElement("div");
  const line = (tag, text) => {
    const e = document.createElement(tag);
    e.textContent = text;
    const row = document.createElement("p");
    row.append(e);
    box.append(row);
    return e;
  };
  line("strong", p.name);
  if (p.note) line("span", p.note);
  if (p.link) line("a", p.do).href = p.link;
  return box;
}

export function show(el) {
  const pick = el.closest("[data-point]");
  const map = new Map(el, { attributionControl: false, zoomControl: false, maxZoom: 17, minZoom: 6, zoomAnimation: false, fadeAnimation: false });
  new Zoom({ zoomInTitle: el.dataset.in, zoomOutTitle: el.dataset.out }).addTo(map);
  const Metric = Scale.extend({
    _updateMetric(longest) {
      const m = this._getRoundNum(longest);
      this._updateScale(this._mScale, m < 1000 ? `${m} ${el.dataset.m}` : `${m / 1000} ${el.dataset.km}`, m / longest);
    },
  });
  new Metric({ imperial: false }).addTo(map);
  map.setView([25.2, 80.9], 10);
  map.on("popupopen", (e) => {
    const close = e.popup.getElement().querySelector(".leaflet-popup-close-button");
    close?.setAttribute("aria-label", el.dataset.close);
  });

  let drawn = null;
  let framed = false;
  function put(data) {
    if (drawn && el.querySelector(".leaflet-popup")) return; // somebody reads one
    drawn?.remove();
    drawn = geoJSON(data, {
      style: (f) => ({ className: `m-${f.properties.layer} m-${f.properties.state ?? "plain"}`, interactive: ["beat", "heat", "spot", "plan"].includes(f.properties.layer) && !pick }),
      // The keyboard has the list: the same, in an order, with targets that do not overlap.
      pointToLayer: (f, at) => marker(at, { icon: icon(f.properties), title: f.properties.name, keyboard: false, interactive: !pick }),
      onEachFeature: (f, layer) => {
        const p = f.properties;
        if (p.layer === "cell") return;
        if (!pick) layer.bindPopup(() => say(p));
        if (p.layer === "station") layer.bindTooltip(p.name, { permanent: true, direction: "right", offset: [8, 0] });
      },
    }).addTo(map);
    if (framed) return;
    framed = true;
    const own = geoJSON(data, { filter: (f) => ["unit", "task", "beat", "place", "sos", "heat", "debt", "spot", "plan"].includes(f.properties.layer) || f.properties.state === "own" });
    const bounds = own.getBounds().isValid() ? own.getBounds() : drawn.getBounds();
    if (bounds.isValid()) map.fitBounds(bounds.pad(0.15), { maxZoom: 14, animate: false });
  }

  // What is owed does not move with the units, and costs the server most: it is kept,
  // as is the line of the district.
  let owed = [];
  async function ask(moved) {
    const r = await fetch(el.dataset.map + (moved ? "&moved=1" : ""), { headers: { "X-Kendra-Quiet": "1" }, credentials: "same-origin" });
    if (!r.ok) return;
    const data = await r.json();
    if (moved) data.features.unshift(...owed);
    else owed = data.features.filter((f) => ["district", "debt", "spot"].includes(f.properties.layer));
    put(data);
  }
  // A map that says all at once asks nobody.
  if (el.dataset.features) {
    put(JSON.parse(el.dataset.features));
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(el);
    return;
  }
  ask();
  document.addEventListener("htmx:afterSwap", (e) => e.target.id === "list" && ask());
  setInterval(() => document.hidden || ask(), every);
  if (el.dataset.map.includes("/map/data")) document.addEventListener("kendra:units", () => document.hidden || ask(true));
  // What lies behind a fold has no size until it is opened.
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(el);

  if (!pick) return;
  let point = null;
  map.on("click", (e) => {
    point?.remove();
    point = marker(e.latlng, { icon: icon({ layer: "point" }), interactive: false, keyboard: false }).addTo(map);
    el.dispatchEvent(new CustomEvent("map:point", { bubbles: true, detail: { lat: e.latlng.lat, lon: e.latlng.lng } }));
  });
  el.addEventListener("map:clear", () => point?.remove());
}
