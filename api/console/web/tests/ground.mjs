// Beats and places, what is owed, calls for help, heat and the roster: each page does
// its main thing by the keyboard alone, and is looked at in both languages, light and
// wide, dark and narrow.
import { enter, key, look, pick, stops, tabTo, type } from "./keys.mjs";
import { again, ask, at, close, config, must, scene, url, violations } from "./stage.mjs";

const views = [["hi", 1440, "light"], ["en", 320, "dark"], ["hi", 320, "light"], ["en", 1440, "dark"]];

/** A window that keeps what the browser complains of, and what was asked of others than the server. */
async function watched(who, path) {
  const page = await at(who, path);
  page.on("console", (m) => m.type() === "error" && page.complaints.push(m.text()));
  page.on("request", (r) => {
    if (/^https?:/.test(r.url()) && new URL(r.url()).origin !== config.origin) page.complaints.push(`asked of another: ${r.url()}`);
  });
  await page.reload();
  return page;
}

/** Looks at a page in all views; what is wrong with it, and what was complained of, fails the scene. */
async function looks(page, ready) {
  const path = page.url();
  const wrong = [];
  for (const [lang, width, colorScheme] of views) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.goto(path);
    if ((await page.getAttribute("html", "lang")) !== lang) {
      await page.click("form[action$='/language'] button");
      await page.waitForLoadState();
    }
    if (ready) await page.waitForSelector(ready, { state: "attached" });
    const name = `${lang} ${width} ${colorScheme}`;
    wrong.push(...(await violations(page)).map((v) => `${name}: ${v}`));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) wrong.push(`${name}: ${over} px too wide`);
  }
  wrong.push(...page.complaints);
  must(wrong.length === 0, `${wrong.length} found at ${path}:\n${wrong.join("\n")}`);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
}

await scene("a place is added by the keyboard, and the map draws the beat, the places and a line that is not the official one", async () => {
  await ask("beat");
  await ask("listed", { code: "first", lat: 25.222, lon: 80.921, days: 9 });
  const page = await watched("incharge", "/ground");
  await enter(page, "main a[href*='/ground/places/new']");
  await type(page, "[name='f.code']", "haat");
  await type(page, "[name='f.name_hi']", "सब्ज़ी मण्डी");
  await type(page, "[name='f.name_en']", "Vegetable market");
  await pick(page, "[name='f.kind']", "market");
  await type(page, "[name='f.lat']", "25.2311");
  await type(page, "[name='f.lon']", "80.9305");
  await type(page, "[name='f.every_days']", "7");
  await enter(page, "form.op button.main");
  await page.goto(url("/ground"));
  must((await page.textContent("#list")).includes("सब्ज़ी मण्डी"), await page.textContent("main"));
  for (const drawn of ["path.m-district.m-drawn", "path.m-beat", ".m-place"]) await page.waitForSelector(`.map ${drawn}`, { state: "attached" });
  must((await page.locator(".map .m-place").count()) === 2, `${await page.locator(".map .m-place").count()} places on the map`);
  const dashes = await page.$eval(".map path.m-drawn", (e) => getComputedStyle(e).strokeDasharray);
  must(dashes !== "none", "the line of the district is not dashed");
  must(await page.getByText("आधिकारिक सीमा नहीं").isVisible(), "it does not say that it is drawn");
  await looks(page, ".map path.m-district");
  await page.goto(url("/ground?lay=1"));
  await looks(page);
  await page.context().close();
  return { dashes };
});

await scene("what is owed is drawn and listed, and a suggested round becomes a task by the keyboard", async () => {
  await ask("listed", { code: "second", lat: 25.24, lon: 80.94, days: 40 });
  await ask("out", { who: "walker", lat: 25.2215, lon: 80.9205 });
  const page = await watched("incharge", "/coverage");
  await page.waitForSelector(".map path.m-debt", { state: "attached" });
  const cells = await page.locator(".map path.m-debt").count();
  must(cells >= 2, `${cells} cells that owe`);
  must((await page.locator(".owed li").count()) === 2, await page.textContent("#list"));
  const before = await ask("count", { kind: "task.send" });
  await enter(page, "main .card a.button[href*='/tasks/new']");
  must((await page.isChecked(`[name="f.to.officer_id"][value="${await ask("id", { who: "walker" })}"]`)), "the task is not to who is out");
  must((await page.inputValue("[name='f.text']")).includes("ग्राम second"), await page.inputValue("[name='f.text']"));
  await enter(page, "form.op button.main");
  must((await ask("count", { kind: "task.send" })) === before + 1, `no task was sent: ${await page.textContent("main")}`);
  await page.goto(url("/coverage"));
  await looks(page, ".map path.m-debt");
  await page.context().close();
  return { cells };
});

await scene("a call for help shows within seconds on the page that is open, is answered, and is ended by the keyboard", async () => {
  for (const [who, lat] of [["near", 25.201], ["caller", 25.2]]) await ask("out", { who, lat, lon: 80.9 });
  const page = await watched("incharge", "/sos");
  await looks(page);
  const stands = page.waitForResponse((r) => r.url().includes("/live") && r.status() === 200);
  await page.reload();
  await stands;
  must((await page.locator("#list .none").count()) === 1, await page.textContent("#list")); // nobody calls
  const began = Date.now();
  const call = await ask("sos", { who: "caller" });
  await page.waitForSelector(`#list a[href*='${call}']`, { timeout: 10000 });
  const took = Date.now() - began;
  await enter(page, `#list a[href*='${call}']`);
  must((await page.locator("[data-loud]").count()) > 0, "the call is not loud");
  await looks(page);
  await ask("answer", { who: "near", call });
  await page.waitForFunction(() => document.querySelector("#one [data-loud]") === null, null, { timeout: 10000 });
  await enter(page, "main a[href*='/ops/sos.end']");
  await tabTo(page, "[name='f.reason']");
  if ((await page.$eval("[name='f.reason']", (e) => e.tagName)) === "SELECT") await pick(page, "[name='f.reason']", "safe");
  else {
    await key(page, "Space");
    for (let i = 0; i < 10 && (await page.evaluate(() => document.activeElement.value)) !== "safe"; i++) {
      await key(page, "ArrowDown");
      await look(page);
    }
  }
  await again(page, "incharge");
  await enter(page, "form.op button.main");
  await page.goto(url(`/sos/${call}`));
  must((await page.locator("main a[href*='/ops/sos.end']").count()) === 0, "it has not ended");
  await looks(page);
  await page.goto(url("/sos"));
  must((await page.locator("[data-loud]").count()) === 0, "what has ended is loud");
  await page.context().close();
  return { "on the page after": `${took} ms` };
});

await scene("the heat of a week is drawn and listed, and the keyboard leads to another week", async () => {
  await ask("heat");
  const page = await watched("sp", "/heat");
  await page.waitForSelector(".map path.m-heat", { state: "attached" });
  await looks(page, ".map path.m-heat");
  const week = page.url();
  await tabTo(page, "main details summary");
  await key(page, "Enter");
  await enter(page, "main details a:not([aria-current])");
  must(page.url() !== week && (await page.locator(".map").count()) === 1, page.url());
  await looks(page);
  await page.context().close();
});

await scene("a cell of the roster is set by the keyboard, kept, and printed as words", async () => {
  const page = await watched("incharge", "/staff/roster");
  await page.waitForSelector("table.roster");
  const cell = await page.evaluate(() => { // of today, in the first row
    const table = document.querySelector("table.roster");
    const today = [...table.tHead.rows[0].cells].findIndex((th) => th.getAttribute("aria-current") === "date");
    return table.tBodies[0].rows[0].cells[today].querySelector("select").name;
  });
  await pick(page, `[name='${cell}']`, "desk");
  const shift = cell.replace("f.d.", "f.s.");
  const first = await page.$eval(`[name='${shift}']`, (e) => e.options[1].value);
  await pick(page, `[name='${shift}']`, first);
  await enter(page, "form.roster-form button.main", 400);
  must((await page.locator("#told").count()) === 0, (await page.locator("#told").allTextContents()).join());
  await page.goto(url("/staff/roster"));
  must((await page.inputValue(`[name='${cell}']`)) === "desk", `${cell} is ${await page.inputValue(`[name='${cell}']`)}`);
  await page.evaluate(() => {
    window.print = () => document.body.setAttribute("data-printed", "");
  });
  await tabTo(page, "button[data-print]");
  await key(page, "Enter");
  must((await page.locator("body[data-printed]").count()) === 1, "nothing was printed");
  await page.emulateMedia({ media: "print" });
  must((await page.locator("table.roster select:visible, .go:visible, nav.menu:visible").count()) === 0, "forms and menus are on the paper");
  const said = (await page.locator("table.roster .said:visible").allTextContents()).join(" ");
  must(said.includes(first.slice(0, 5)), `the paper says ${said}`);
  await page.emulateMedia({ media: "screen" });
  await looks(page);
  await page.context().close();
  return { "stops with a focus that is seen": stops };
});

await close();
