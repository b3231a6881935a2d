// How the pages look where the other scenes do not: the other schemes, pages that
// no menu leads to, a page at twice its size, and what sticks to the edge of a
// table. Each is looked at by axe and for what is wider than the window.
import { again, ask, at, close, config, fillComplaint, must, scene, sendComplaint, url, violations } from "./stage.mjs";

const wide = { width: 1440, height: 900 };
const narrow = { width: 320, height: 900 };

/** What is wrong with the page as it stands. */
async function wrongs(page, name) {
  const out = (await violations(page)).map((v) => `${name}: ${v}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) out.push(`${name}: ${over} px too wide`);
  return out;
}

async function speak(page, lang) {
  if ((await page.getAttribute("html", "lang")) === lang) return;
  await page.click("form[action$='/language'] button");
  await page.waitForLoadState();
}

/** The pages that no menu leads to, as the in-charge comes to them. */
async function beyond(page, who) {
  const paths = [
    "/help", "/style", "/no-such-page", "/find", "/glass", "/held", "/conduct", "/day/review", "/registers/women_beat", "/registers/inspection",
    "/tasks/new", "/search", "/complaints/new", "/ops/case.name", "/registers/women_beat/print",
  ];
  await page.goto(url("/complaints"));
  const complaint = await page.getAttribute("table.list tbody th a", "href");
  paths.push(complaint);
  await page.goto(config.origin + complaint);
  for (const link of (await page.$$eval("main .steps a", (all) => all.map((a) => a.getAttribute("href")))).slice(0, 3)) paths.push(link);
  await page.goto(url("/registers/women_beat"));
  const line = await page.getAttribute("table.register tbody th a", "href");
  paths.push(line, line.replace(/(\/\d+)(\?|$)/, "$1/correct$2"));
  await page.goto(url("/staff"));
  await page.goto(config.origin + (await page.locator("main a[href*='/ops/handover.open']").first().getAttribute("href")));
  await page.selectOption('[name="f.taker_by"]', config.people.beat.ID);
  await again(page, who);
  await page.click("form[action$='/ops/handover.open'] button.main");
  await page.waitForSelector(".note.good, #told");
  must((await page.locator("#told").count()) === 0, (await page.locator("#told").allTextContents()).join());
  for (const [from, parts] of [["/staff", ["/lost", "/invite", "/handovers/"]], ["/me", ["/end", "/passphrase"]]]) {
    await page.goto(url(from));
    for (const part of parts) paths.push(await page.locator(`main a[href*='${part}']`).first().getAttribute("href"));
  }
  paths.push(paths.find((p) => p.includes("/lost")).replace("/lost", "/replace"));
  const task = await ask("task");
  paths.push(`/console/tasks/${task}`);
  return paths.map((p) => (p.startsWith("/console") ? p : `/console${p}`));
}

async function prepare() {
  for (let i = 0; i < 3; i++) await ask("note", { who: "beat" });
  await ask("complaint", { body: { risk_level: "high" } });
  await ask("complaint", { body: { category: "sexual_assault", mobile: "9450098765" } });
}

await prepare();

await scene("the pages of the menu hold WCAG 2.2 AA in light at 1440 and in dark at 320, too", async () => {
  const wrong = [];
  let pages = 0;
  for (const [who, lang, size, colorScheme] of [["incharge", "hi", narrow, "dark"], ["sp", "en", wide, "light"]]) {
    const page = await at(who, "/help", { colorScheme });
    await speak(page, lang);
    const links = await page.$$eval("nav.menu a", (list) => list.map((a) => a.getAttribute("href")));
    await page.setViewportSize(size);
    for (const path of links) {
      await page.goto(config.origin + path);
      pages++;
      wrong.push(...(await wrongs(page, `${who} ${path} ${lang} ${size.width} ${colorScheme}`)));
    }
    wrong.push(...page.complaints);
    await page.context().close();
  }
  must(wrong.length === 0, `${wrong.length} found:\n${wrong.slice(0, 30).join("\n")}`);
  return { "pages looked at": pages };
});

await scene("pages that no menu leads to hold WCAG 2.2 AA, narrow and dark, wide and light", async () => {
  const wrong = [];
  const page = await at("incharge", "/help");
  const paths = await beyond(page, "incharge");
  let pages = 0;
  for (const [lang, size, colorScheme] of [["en", narrow, "dark"], ["hi", wide, "light"]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    await page.goto(url("/help"));
    await speak(page, lang);
    for (const path of paths) {
      const answer = await page.goto(config.origin + path);
      must(answer.status() === 200 || path.endsWith("/no-such-page"), `${path}: ${answer.status()}`);
      pages++;
      wrong.push(...(await wrongs(page, `${path} ${lang} ${size.width} ${colorScheme}`)));
    }
  }
  // What only a form leads to: a slip, a refusal at its field, the code of a deed.
  await page.goto(url("/complaints/new"));
  await fillComplaint(page, { mobile: "123" });
  await page.click(sendComplaint);
  await page.waitForSelector("#told");
  wrong.push(...(await wrongs(page, "a refused form")));
  await page.fill('[name="f.mobile"]', "9450012345");
  await page.click(sendComplaint);
  await page.waitForSelector(".slip");
  wrong.push(...(await wrongs(page, "a slip")));
  await page.setViewportSize(narrow);
  wrong.push(...(await wrongs(page, "a slip, narrow")));
  await page.goto(url("/staff/invite")); // the answer of a deed, here one that waits for a second officer
  await page.fill("#officer_no", config.people.beat.Number);
  await again(page, "incharge");
  await page.click("form.op button.main");
  await page.waitForSelector(".note.good");
  wrong.push(...(await wrongs(page, "a deed that is done")));
  wrong.push(...page.complaints);
  must(wrong.length === 0, `${wrong.length} found:\n${wrong.slice(0, 30).join("\n")}`);
  await page.context().close();
  return { "pages looked at": pages + 4 };
});

/**
 * Goes on by a key and tells where what has the focus lies under something that
 * sticks, or off the screen. The way up is the one on which a head that sticks
 * would lie over it.
 */
async function covered(page, key, most) {
  const found = [];
  let stops = 0;
  for (; stops < most; stops++) {
    await page.keyboard.press(key);
    const f = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const box = e.getClientRects()[0];
      if (!box || !box.width) return null;
      let over = "off the screen";
      for (const share of [0.1, 0.5, 0.9]) { // some part of it is to be seen
        const [x, y] = [box.left + Math.min(box.width / 2, 12), box.top + box.height * share];
        if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
        const top = document.elementFromPoint(x, y);
        if (!top || e.contains(top) || top.contains(e)) return "";
        over = `under ${top.outerHTML.slice(0, 80)}`;
      }
      return `${over}: ${e.outerHTML.slice(0, 100)}`;
    });
    if (f === null) break;
    if (f) found.push(f);
  }
  return { found, stops };
}

await scene("at 200 per cent nothing is wider than the window, and nothing that sticks covers what has the focus", async () => {
  for (let i = 0; i < 25; i++) await ask("note", { who: "beat" });
  const wrong = [];
  const page = await at("incharge", "/help", { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  const links = await page.$$eval("nav.menu a", (list) => list.map((a) => a.getAttribute("href")));
  const paths = [...links, "/console/complaints/new", "/console/tasks/new", "/console/registers/women_beat", "/console/registers/help_desk"];
  for (const path of paths) {
    await page.goto(config.origin + path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) wrong.push(`${path}: ${over} px too wide`);
  }
  let stops = 0;
  for (const path of ["/registers/women_beat", "/registers/help_desk", "/complaints/new", "/"]) {
    for (const key of ["Tab", "Shift+Tab"]) {
      await page.goto(url(path));
      const head = await page.evaluate(() => Math.max(0, ...[...document.querySelectorAll(".sheet thead")].map((t) => t.offsetHeight)));
      must(head < 128, `${path}: the head of the table is ${head} px high, more than what is kept free for it`);
      const seen = await covered(page, key, 70);
      stops += seen.stops;
      for (const c of seen.found) wrong.push(`${path} by ${key}: ${c}`);
    }
  }
  must(wrong.length === 0, `${wrong.length} found:\n${wrong.slice(0, 20).join("\n")}`);
  await page.context().close();
  return { "pages looked at": paths.length, "stops of the focus": stops };
});

await close();
