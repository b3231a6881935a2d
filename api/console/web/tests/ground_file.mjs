// Beats and places: a file is looked at, put right and entered; sheets are made and
// printed.
import { ask, at, close, must, scene, url, violations } from "./stage.mjs";

const head = "code,hi,en,kind,lat,lon,every_days\n";
const haat = "haat,सब्ज़ी मण्डी,Vegetable market,market,25.2211,80.9205,7\n";
const wrong = "gic,बालिका इण्टर कॉलेज,Girls college,nonsense,25.2181,80.9229,7\n";
const far = "rajapur,दूर का ग्राम,Far village,village,25.383,81.150,15\n";
const right = wrong.replace("nonsense", "school");

const put = (page, text, name = "places.csv") =>
  page.setInputFiles("#import-file", { name, mimeType: "text/csv", buffer: Buffer.from(text) });
const check = async (page) => {
  await page.click("[data-import] button.main");
  await page.waitForSelector("#plan h2");
};
const entries = () => ask("count", { kind: "place.set" });

await scene("a file of places is looked at, told wrong by its line, put right and entered, and the map says what the lists say", async () => {
  const page = await at("incharge", "/ground");
  await page.click("main a[href*='/ground/import']");
  await page.waitForSelector("[data-import]:visible");
  must(await page.locator("[data-no-script]").isHidden(), "it still says that scripts are wanted");
  const asked = [];
  page.on("request", (r) => r.method() === "POST" && asked.push(r.url()));
  await put(page, head + haat + wrong + far);
  await check(page);
  const told = await page.textContent("[data-wrong]");
  must(told.includes("पंक्ति 3") && told.includes("यह प्रकार सूची में नहीं है"), `the wrong line is not told: ${told}`);
  must(told.includes("पंक्ति 4") && told.includes("यह दूसरे थाने का है"), `another station's is not told: ${told}`);
  must((await page.locator("[data-plan]").count()) === 0 && (await entries()) === 0, "it can be entered");
  must(await page.evaluate(() => document.activeElement.tagName === "H2"), "what was found has not the focus");
  await page.waitForSelector(".map .m-plan.m-new");
  must((await page.locator(".map .m-plan").count()) === 3, "the map has not the three points");
  must((await page.locator(".map .m-plan.m-wrong").count()) === 2, "the wrong ones do not look it");
  const before = await violations(page);
  must(before.length === 0, before.join("\n"));

  await put(page, head + haat + right);
  must((await page.locator("#plan h2").count()) === 0, "what was found of the first file still stands there");
  await check(page);
  const rows = await page.$$eval("#plan tbody tr", (all) => all.map((tr) => tr.textContent.replace(/\s+/g, " ").trim()));
  must(rows.length === 2 && rows[0].startsWith("2") && rows[0].includes("नया") && rows[0].includes("सब्ज़ी मण्डी"), JSON.stringify(rows));
  await page.waitForSelector(".map .m-plan.m-new");
  must((await page.locator(".map .m-plan.m-new").count()) === 2 && (await page.locator("#plan .legend .m-plan").count()) === 7, "the map or its legend lacks something");
  const after = await violations(page);
  must(after.length === 0, after.join("\n"));

  // Another file under the old plan is refused in words, and the right one is still to be looked at.
  const digest = await page.getAttribute("[data-plan]", "data-plan");
  const other = await page.evaluate(
    async ([to, text, csrf]) => (await fetch(to, { method: "POST", body: text, headers: { "Content-Type": "application/octet-stream", "X-Kendra-CSRF": csrf } })).status,
    [url(`/ground/import?centre=KRW&kind=places&format=csv&plan=${digest}`), head + haat, await page.getAttribute("body", "data-csrf")],
  );
  must(other === 409 && (await entries()) === 0, `another file is answered ${other}`);

  await page.click("[data-plan]");
  await page.waitForURL(/done=/);
  await page.waitForSelector(".note.good");
  must((await entries()) === 2 && (await page.textContent("#list")).includes("सब्ज़ी मण्डी"), "it is not entered");
  must(asked.every((u) => !/haat|places\.csv|25\.22/.test(u)), `an address says what is in the file: ${asked.join(" ")}`);

  await page.goto(url("/ground/import?centre=KRW"));
  await page.check("input[name=kind][value=beats]");
  await put(page, JSON.stringify({ type: "FeatureCollection", features: [{ type: "Feature", properties: { code: "town", hi: "बीट नगर", en: "Town beat" },
    geometry: { type: "Polygon", coordinates: [[[80.9, 25.2], [80.95, 25.2], [80.95, 25.25], [80.9, 25.25], [80.9, 25.2]]] } }] }), "beats.geojson");
  await check(page);
  await page.waitForSelector(".map path.m-plan");
  await page.click("[data-plan]");
  await page.waitForURL(/done=/);
  must((await ask("count", { kind: "beat.set" })) === 1, "the beat is not entered");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
  return { "looks at the server": asked.length };
});

const mm = (points) => Math.round((points * 25.4) / 72);

await scene("a sheet is made for each place, printed on A4 with a large code", async () => {
  const page = await at("incharge", "/ground/markers?centre=KRW");
  must((await page.textContent("main")).includes("सब्ज़ी मण्डी"), "the place is not in the list");
  const found = await violations(page);
  must(found.length === 0, found.join("\n"));
  for (let left = await page.locator("main a", { hasText: "पहला पत्रक बनायें" }).count(); left > 0; left--) {
    await page.locator("main a", { hasText: "पहला पत्रक बनायें" }).first().click();
    await page.selectOption('[name="f.reason"]', "first");
    await page.click("form[action$='/ops/place.marker'] button.main");
    await page.waitForSelector(".note.good");
  }
  must((await ask("count", { kind: "place.marker" })) === 2, "not two sheets");
  for (const box of await page.locator("input[name=place]").all()) await box.check();
  await page.click("form[action$='/markers/print'] button.main");
  await page.waitForSelector("article.marker");
  const seen = await violations(page);
  must(seen.length === 0, seen.join("\n"));
  must(!page.url().includes("KM1") && !(await page.content()).includes("KM1"), "the code stands in the page or its address");
  await page.emulateMedia({ media: "print" });
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
  const boxes = [...pdf.matchAll(/\/Type\s*\/Page\b(?!s)[\s\S]*?\/MediaBox\s*\[([^\]]*)\]/g)].map(([, b]) => b.trim().split(/\s+/).map(Number));
  must(boxes.length === 2, `${boxes.length} pages for two sheets`);
  must(boxes.every(([l, b, r, t]) => Math.abs(mm(r - l) - 210) <= 1 && Math.abs(mm(t - b) - 297) <= 1), JSON.stringify(boxes));
  await page.setViewportSize({ width: Math.floor((186 * 96) / 25.4), height: 1000 });
  const size = await page.locator("article.marker .qr-code").first().boundingBox();
  must(size.width > (100 * 96) / 25.4, `the code is ${Math.round((size.width * 25.4) / 96)} mm wide`);
  const text = await page.evaluate(() => document.body.innerText);
  for (const has of ["सब्ज़ी मण्डी", "Vegetable market", "112", "1090", "181", "1098", "यहाँ स्कैन करें"]) must(text.includes(has), `${has} is not on it:\n${text}`);
  must((await page.locator("nav.menu:visible, header.top:visible, button:visible").count()) === 0, "a menu or a button is on it");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
  return { sheets: boxes.length, "code, mm": Math.round((size.width * 25.4) / 96) };
});

await close();
