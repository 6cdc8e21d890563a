import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Problem } from "../src/api.ts";
import { stepsOf } from "../src/classes.ts";
import { duration, moment, statistic, useZone } from "../src/format.ts";
import { stateOf } from "../src/model.ts";
import { newsOf } from "../src/news.ts";
import { keyNumbers } from "../src/numbers.ts";
import { areasOf, features, placesOf } from "../src/places.ts";
import { linkTo } from "../src/panel.ts";
import { waitAfter } from "../src/poller.ts";
import { rowsNow } from "../src/rows.ts";
import { contrast } from "../src/theme.ts";
import { asked, cleared, read, toggled, write } from "../src/view.ts";
import { dashboard, ticket } from "./kit.ts";

const now = Date.parse("2026-11-30T10:00:00+03:00");

test("an address is read and written back as it was", () => {
  const query = "?feed=inc&cluster=South+B&window=30d&q=a%26b&sel=INC1&sort=area&colour=team&team=Field+A&team=NOC";
  assert.equal(write(read(query)), query);
  assert.equal(write(read("")), "");
  assert.equal(read("?colour=nonsense").colour, "age");
});

test("only area, status and window are asked of the server", () => {
  assert.equal(asked(read("?cluster=X&q=1&team=A")).toString(), "cluster=X");
  assert.equal(asked(read("?from=1&to=2")).toString(), "");
});

test("a filter is chosen, taken back, and cleared", () => {
  const one = toggled(read(""), "team", "NOC");
  assert.deepEqual(one.chosen.team, ["NOC"]);
  assert.deepEqual(toggled(one, "team", "NOC").chosen.team, []);
  assert.equal(write(cleared(read("?feed=inc&team=A&q=x&cluster=Y&colour=team"))), "?feed=inc&colour=team");
});

test("durations are as precise as it matters", () => {
  const written = [0, 59, 60, 200, 599, 600, 1439, 1440, 6200, 20000, null].map(duration);
  assert.deepEqual(written, [
    "0 min",
    "59 min",
    "1 h",
    "3 h 20 min",
    "9 h 59 min",
    "10 h",
    "24 h",
    "1 d",
    "4 d 7 h",
    "13 d",
    "unknown",
  ]);
  assert.equal(statistic(null), "too few");
});

test("times are of the project's zone", () => {
  useZone("Africa/Nairobi");
  assert.equal(moment("2026-11-30T07:05:00Z"), "30 Nov 10:05");
  assert.equal(moment(null), "never");
});

test("tickets of one point are one place, hollow only if all are known to an area", () => {
  const coarse = { geo_precision: "cluster" };
  const rows = rowsNow(
    dashboard([ticket("A", coarse), ticket("B"), ticket("C", coarse, [1, 2]), ticket("D", {}, null)]),
    now,
  );
  assert.deepEqual(
    placesOf(rows).map((place) => [place.key, place.rows.length, place.isArea]),
    [
      ["36.8,-1.3", 2, false],
      ["1,2", 1, true],
    ],
  );
});

test("a place has the worst age of its tickets; unknown ones do not hide it", () => {
  const rows = rowsNow(
    dashboard([
      ticket("A", { age_minutes: 5 }),
      ticket("B", { age_minutes: 50_000 }),
      ticket("C", { age_minutes: null }),
    ]),
    now,
  );
  const [found] = features(placesOf(rows), "age", stepsOf(rows, "age", []));
  assert.deepEqual([found?.properties.n, found?.properties.low, found?.properties.high], [3, 0, 5]);
});

test("an area lies in the middle of its coarse tickets", () => {
  const rows = rowsNow(dashboard([ticket("A", { geo_precision: "cluster" }, [10, 10]), ticket("B", {}, [99, 9])]), now);
  assert.deepEqual(
    areasOf(rows).map((area) => [area.name, area.at, area.rows.length]),
    [["Westlands", [10, 10], 2]],
  );
});

test("names keep their colour whatever is filtered", () => {
  const rows = rowsNow(dashboard([ticket("A", { assigned_team: "B" }), ticket("B", { assigned_team: "A" })]), now);
  assert.deepEqual(
    stepsOf(rows, "team", ["C"]).map((step) => [step.value, step.name]),
    [
      ["A", "hue-0"],
      ["B", "hue-1"],
      ["C", "hue-2"],
      ["(none)", "unknown"],
    ],
  );
});

test("news counts what is new, and what left the open tickets for the closed ones", () => {
  const before = dashboard([ticket("A"), ticket("B"), ticket("C")]);
  assert.deepEqual(newsOf(before, dashboard([ticket("A"), ticket("D")], [ticket("B")])), { opened: 1, closed: 1 });
});

test("the state of the page", () => {
  const document = dashboard([ticket("A")]);
  const rows = rowsNow(document, now);
  const usual = { start: null, document, rows, shown: rows, problem: null, keptSince: null, isOld: false };
  const stale = { ...document, freshness: { ...document.freshness, state: "stale" as const } };
  const failed = new Problem(503, "away", "", 5);
  assert.equal(stateOf(usual), "ready");
  assert.equal(stateOf({ ...usual, document: null }), "loading");
  assert.equal(stateOf({ ...usual, document: null, problem: failed }), "error");
  assert.equal(stateOf({ ...usual, problem: failed }), "kept");
  assert.equal(stateOf({ ...usual, keptSince: "2026-11-30T09:00:00Z" }), "kept");
  assert.equal(stateOf({ ...usual, problem: new Problem(401, "", "", null) }), "signed-out");
  assert.equal(stateOf({ ...usual, isOld: true }), "old");
  assert.equal(stateOf({ ...usual, document: { ...document, data_as_of: null } }), "empty");
  assert.equal(stateOf({ ...usual, document: stale }), "stale");
  assert.equal(stateOf({ ...usual, shown: [] }), "none");
});

test("waits grow after failures, up to five minutes, and obey the server", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 99].map((n) => waitAfter(n, null)),
    [30, 60, 120, 240, 300, 300],
  );
  assert.equal(waitAfter(3, 5), 5);
});

test("each key number has a definition, and too few is no number", () => {
  const numbers = keyNumbers(dashboard([ticket("A")]), null);
  assert.ok(numbers.every((one) => one.means.length > 40));
  assert.equal(numbers.find((one) => one.id === "median")?.value, "too few");
});

test("a ticket's link is a web address or leads nowhere", () => {
  assert.equal(linkTo("https://itsm.example/{ticket_id}", "A/1 &"), "https://itsm.example/A%2F1%20%26");
  assert.equal(linkTo("javascript:alert({ticket_id})", "1"), "#");
});

test("colours and text can be told from their ground in both themes", () => {
  const css = readFileSync(new URL("../theme.css", import.meta.url), "utf8");
  const [light = "", dark = ""] = css.split("prefers-color-scheme: dark");
  for (const part of [light, dark]) {
    const found = [...part.matchAll(/--([\w-]+): (#\w{6})/g)].map((match) => [match[1]!, match[2]!] as const);
    const colours: Record<string, string> = Object.fromEntries(found);
    for (const [name, value] of Object.entries(colours)) {
      if (/^(step|hue)-|^(unknown|mixed)$/.test(name))
        assert.ok(contrast(value!, colours["map-land"]!) >= 3, `${name} on the land`);
    }
    for (const [ink, ground] of [
      ["ink", "card"],
      ["muted", "card"],
      ["muted", "page"],
      ["muted", "map-land"],
      ["accent", "card"],
      ["bad", "bad-ground"],
      ["bad", "card"],
      ["care", "care-ground"],
      ["on-accent", "accent"],
    ]) {
      assert.ok(contrast(colours[ink!]!, colours[ground!]!) >= 4.5, `${ink} on ${ground}`);
    }
  }
});
