import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem } from "../src/api.ts";
import { distance, drawnOf, positionText, ringAround, secondBest } from "../src/dispatch.ts";
import type { Bursts, Plan, Position } from "../src/types.ts";
import { read, write } from "../src/view.ts";

const here: Position = { latitude: -1.29, longitude: 36.8, basis: "position", age_minutes: 5 };
const none: Bursts = { off: null, bursts: [] };

function plan(given: Partial<Plan> = {}): Plan {
  return {
    feed: "inc",
    made_at: "2026-11-30T10:00:00+03:00",
    data_as_of: "2026-11-30T09:30:00+03:00",
    caution: null,
    assignments: [],
    idle: [],
    refused: [],
    ignored_holds: [],
    totals: { open: 0, assigned: 0, refused: 0, units: 0, going: 0, idle: 0 },
    part_of: null,
    ...given,
  };
}

function stop(number: number, place: [number, number]): Plan["assignments"][number] {
  const common = { unit: "van-1", team: null, position: here, reasons: [], caution: [], next_best: null };
  return { ...common, stop: number, ticket_id: `INC${number}`, place, distance_m: 2149 };
}

test("a unit's second line begins at its first ticket", () => {
  const drawn = drawnOf({ plan: plan({ assignments: [stop(1, [-1.3, 36.9]), stop(2, [-1.4, 37])] }), bursts: none });
  assert.deepEqual(drawn.ways, [
    { line: [[36.8, -1.29], [36.9, -1.3]], label: "straight line, 2.1 km" },
    { line: [[36.9, -1.3], [37, -1.4]], label: "straight line, 2.1 km" },
  ]);
  assert.deepEqual(drawn.units, [{ at: [36.8, -1.29], label: "van-1 · 5 min ago", isUsable: true }]);
});

test("the second best unit of a ticket is named with what it costs more, or why a better one does not go", () => {
  const beside = (more: number | null, why = "second best") =>
    secondBest({ ...stop(1, [0, 0]), next_best: { unit: "van-2", costs_more_minutes: more, distance_m: 4100, why } });
  assert.equal(beside(12.4), "second best: van-2, 4.1 km away, costs 12 min more");
  assert.equal(beside(-3, "goes to INC7"), "van-2, 4.1 km away, would cost 3 min less, but: goes to INC7");
  assert.equal(beside(null), "second best: van-2, 4.1 km away");
  assert.equal(secondBest(stop(1, [0, 0])), "");
});

test("idle units are grey only if they cannot go, and those nowhere are not drawn", () => {
  const one = (unit: string, reason: string, position: Position | null) => ({
    unit,
    team: null,
    position,
    reason,
    why: reason,
  });
  const idle = [one("a", "off duty", here), one("b", "nothing in reach", here), one("c", "no position", null)];
  const { units } = drawnOf({ plan: plan({ idle }), bursts: none });
  assert.deepEqual(
    units.map(({ label, isUsable }) => [label, isUsable]),
    [
      ["a · 5 min ago · off duty", false],
      ["b · 5 min ago · nothing in reach", true],
    ],
  );
});

test("a plan that cannot be made leaves the bursts, and the other way round", () => {
  const problem = new Problem(400, "needs scipy", "pip install", null);
  const burst = { burst: "INC1", n: 4, latitude: -1.3, longitude: 36.8, radius_m: 0, cluster: null };
  const bursts: Bursts = { off: null, bursts: [{ ...burst, ticket_ids: [], text: "4 tickets" }] };
  assert.deepEqual(
    drawnOf({ plan: problem, bursts }).rings.map((ring) => ring.label),
    ["probably one cause: 4"],
  );
  assert.equal(drawnOf({ plan: plan({ assignments: [stop(1, [-1.3, 36.9])] }), bursts: problem }).ways.length, 1);
});

test("a ring is closed and as wide as its radius", () => {
  const ring = ringAround([36.8, -1.3], 1000);
  assert.deepEqual(ring[0], ring.at(-1));
  const highest = Math.max(...ring.map(([, lat]) => lat));
  assert.ok(Math.abs((highest + 1.3) * 111_195 - 1000) < 1);
});

test("distances and ages of positions are as precise as it matters", () => {
  assert.deepEqual([4, 347, 994, 996, 2149, 9960, 14400].map(distance), [
    "0 m",
    "350 m",
    "990 m",
    "1.0 km",
    "2.1 km",
    "10 km",
    "14 km",
  ]);
  assert.equal(positionText({ ...here, basis: "home", age_minutes: null }), "at home");
  assert.equal(positionText(null), "no position");
});

test("the switch is in the address", () => {
  assert.equal(write(read("?panel=dispatch")), "?panel=dispatch");
  assert.equal(write(read("?panel=nonsense")), "");
});
