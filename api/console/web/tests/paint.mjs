// How soon a page can be read on the worst machine and line of a station: a
// processor six times slower than this one, 256 kbit/s, 100 ms there and back.
//
// What is reported is the printed figure. The bar for a first visit is 3 s; the
// test fails above 6 s only, because the processor that is slowed here is shared
// with whatever else is tested at the time.
import { ask, close, logIn, must, open, scene, url } from "./stage.mjs";

const bar = 6000;
const slow = { offline: false, latency: 100, downloadThroughput: 32000, uploadThroughput: 32000 };

/** Notes in the page when its heading and its main part can be seen with words in them. */
function watch(part) {
  const seen = (e) => e && e.offsetHeight > 0 && e.innerText.trim().length > 0;
  const look = () => {
    if (!seen(document.querySelector("h1")) || !seen(document.querySelector(part))) return requestAnimationFrame(look);
    // Painted at the end of this frame: the next one begins when it was.
    requestAnimationFrame(() => (window.useful = performance.now()));
  };
  requestAnimationFrame(look);
}

async function throttle(page, on) {
  page.line ??= await page.context().newCDPSession(page);
  await page.line.send("Network.enable");
  await page.line.send("Network.emulateNetworkConditions", on ? slow : { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await page.line.send("Emulation.setCPUThrottlingRate", { rate: on ? 6 : 1 });
}

async function paint(page, path) {
  let bytes = 0;
  const count = (e) => (bytes += e.encodedDataLength);
  page.line.on("Network.loadingFinished", count);
  await page.goto(url(path), { waitUntil: "commit", timeout: 60000 });
  await page.waitForFunction(() => window.useful > 0 && performance.getEntriesByName("first-contentful-paint").length > 0, null, { timeout: 60000 });
  const t = await page.evaluate(() => ({ first: performance.getEntriesByName("first-contentful-paint")[0].startTime, useful: window.useful }));
  await page.waitForLoadState("load", { timeout: 60000 });
  const whole = await page.evaluate(() => performance.timing.loadEventEnd - performance.timing.navigationStart);
  page.line.off("Network.loadingFinished", count);
  must(t.first < bar && t.useful < bar, `${path}: first paint ${t.first} ms, useful ${t.useful} ms`);
  return `first paint ${Math.round(t.first)} ms, useful ${Math.round(t.useful)} ms, all there ${whole} ms, ${bytes} bytes`;
}

await scene("the first page can be read within seconds on a slow machine and a slow line", async () => {
  const facts = {};
  const page = await open();
  await page.addInitScript(watch, "form.op");
  await throttle(page, true);
  facts["log-in, first visit"] = await paint(page, "/log-in");
  facts["log-in, again"] = await paint(page, "/log-in");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
  return facts;
});

await scene("what needs a hand today can be read within seconds, with and without a cache", async () => {
  for (let i = 0; i < 12; i++) await ask("complaint", { body: { risk_level: "high" } });
  const facts = {};
  const page = await open();
  await page.addInitScript(watch, ".needs");
  await page.goto(url("/log-in"));
  await logIn(page, "incharge");
  await throttle(page, true);
  await page.line.send("Network.clearBrowserCache");
  facts["today, empty cache"] = await paint(page, "/");
  facts["today, again"] = await paint(page, "/");
  await page.context().close();
  return facts;
});

await scene("the map comes after its list, and costs what it costs once", async () => {
  const facts = {};
  const page = await open();
  await page.addInitScript(watch, "#list");
  await page.goto(url("/log-in"));
  await logIn(page, "dispatcher");
  await page.goto(url("/tasks"));
  await throttle(page, true);
  let bytes = 0;
  page.line.on("Network.loadingFinished", (e) => (bytes += e.encodedDataLength));
  facts["map, first visit"] = await paint(page, "/map");
  await page.waitForSelector(".map .leaflet-marker-icon", { timeout: 60000 });
  facts["marks on the map"] = await page.evaluate(() => `after ${Math.round(performance.now())} ms`);
  facts["map with its script and style, first visit"] = `${bytes} bytes`;
  const early = await page.evaluate(() => performance.getEntriesByType("resource").filter((r) => /map-.*\.(js|css)$/.test(r.name)).every((r) => r.startTime >= window.useful));
  must(early, "the map's script is asked for before its list can be read");
  facts["map, again"] = await paint(page, "/map");
  await page.context().close();
  return facts;
});

await close();
