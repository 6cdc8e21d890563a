// The modules without a browser: filters, places, colours, URL, texts.
import assert from "node:assert/strict";
import {test} from "node:test";
import {duration, hours, plural} from "../src/format.ts";
import type {Ticket} from "../src/model.ts";
import {areas, bounds, places} from "../src/places.ts";
import {scale} from "../src/scale.ts";
import {asked, read, USUAL, write} from "../src/state.ts";
import {ageOf, matches, sorted} from "../src/tickets.ts";

function ticket(id: string, more: Partial<Ticket["properties"]> = {}, at: [number, number] | null = [36.8, -1.3]): Ticket {
  const none = {status: "open", raw_status: null, bucket: null, cluster: "Karen", region: null, location_name: null, assigned_team: null, is_actionable: null, created_at: null, age_minutes: 60, sla_state: "ok", closed_at: null, mttr_minutes: null, geo_source: "feed", geo_precision: "feed"};
  return {geometry: at && {type: "Point", coordinates: at}, properties: {ticket_id: id, ...none, ...more}};
}

test("a state survives its URL, and what is usual is left out", () => {
  const state = {...USUAL, feed: "inc", q: "a&b=c", team: "(none)", sort: "cluster"};
  assert.deepEqual(read(write(state)), state);
  assert.equal(write(USUAL), "");
  assert.equal(asked({...USUAL, cluster: "A B"}), "cluster=A+B&window=7d");
});

test("tickets at one point are one place, apart by how exact it is", () => {
  const found = places([ticket("1"), ticket("2"), ticket("3", {geo_precision: "cluster"}), ticket("4", {}, null)]);
  assert.deepEqual(found.map((one) => [one.tickets.length, one.coarse]), [[2, false], [1, true]]);
});

test("an area lies in the middle of its places", () => {
  const [area] = areas(places([ticket("1", {}, [36, -1]), ticket("2", {}, [38, -3])]));
  assert.deepEqual([area?.lon, area?.lat, area?.tickets.length, area?.name], [37, -2, 2, "Karen"]);
  assert.deepEqual(bounds([]), null);
});

test("ages have a group each, and what is no number is unknown", () => {
  assert.deepEqual([0, 239, 240, 10080, 1e9, NaN, null].map((age) => ageOf(ticket("1", {age_minutes: age}))), ["4h", "4h", "1d", "more", "more", "unknown", "unknown"]);
});

test("tickets are found by any of their texts", () => {
  const one = ticket("INC1", {owner: "W. Otieno"});
  assert.ok(matches(one, {...USUAL, q: "otieno"}));
  assert.ok(!matches(one, {...USUAL, q: "wafula"}));
  assert.ok(matches(one, {...USUAL, team: "(none)"}));
  assert.ok(!matches(one, {...USUAL, place: "none"}));
});

test("tickets without a value come last in both directions", () => {
  const all = [ticket("a", {age_minutes: null}), ticket("b", {age_minutes: 5}), ticket("c", {age_minutes: 50})];
  assert.deepEqual(sorted(all, "age").map((one) => one.properties.ticket_id), ["b", "c", "a"]);
  assert.deepEqual(sorted(all, "-age").map((one) => one.properties.ticket_id), ["c", "b", "a"]);
});

test("more teams than colours share the last one", () => {
  const all = Array.from({length: 9}, (_, index) => ticket(String(index), {assigned_team: `Team ${index}`}));
  const found = scale("team", all);
  assert.equal(found.steps.length, 8);
  assert.equal(found.of(ticket("x", {assigned_team: "Team 8"})), "others");
});

test("texts say what is known", () => {
  assert.deepEqual([duration(null), duration(59), duration(60), duration(2880), hours(null), hours(90)], ["unknown", "59 min", "1 h", "2 d", "too few", "1.5 h"]);
  assert.deepEqual([plural(1, "ticket"), plural(1200, "ticket")], ["1 ticket", "1,200 tickets"]);
});
