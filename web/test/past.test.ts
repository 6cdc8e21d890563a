import assert from "node:assert/strict";
import { test } from "node:test";
import { useZone } from "../src/format.ts";
import { asOfText, askedThen, indexAt, type Load, loadText, rowsThen } from "../src/past.ts";
import type { TicketFeature } from "../src/types.ts";
import { read } from "../src/view.ts";
import { ticket } from "./kit.ts";

const loads = ["08:00:00", "09:00:00.5", "10:00:00"].map((time, i): Load => {
  return { run: i + 1, loaded_at: `2026-11-30T${time}+03:00`, inserted: 2, updated: 1, absent: i, returned: 0 };
});

test("a time is of the last load until then, or of the first", () => {
  const index = (at: string) => indexAt(loads, at);
  assert.deepEqual(["2026-11-30T07:00:00Z", loads[1]!.loaded_at, "2026-11-30T06:00:00Z"].map(index), [2, 1, 0]);
  assert.deepEqual(["2020-01-01T00:00:00Z", "no time"].map(index), [0, 0]);
});

test("a load is named by its time, its number and what it changed", () => {
  useZone("Africa/Nairobi");
  assert.equal(loadText(loads, 0), "30 Nov 08:00, load 1 of 3: 2 new, 1 changed");
  assert.equal(loadText(loads, 2), "30 Nov 10:00, load 3 of 3: 2 new, 1 changed, 2 no longer listed");
  assert.equal(loadText([], 0), "");
});

test("the past is asked for area and status, and keeps ages as they were", () => {
  const query = askedThen(read("?at=2026-11-30T08:00:00Z&cluster=South+B&status=open&window=30d"));
  assert.equal(query.toString(), "at=2026-11-30T08%3A00%3A00Z&limit=20000&cluster=South+B&status=open");
  const as_of = { run: 1, loaded_at: loads[0]!.loaded_at };
  const features = [ticket("A", { age_minutes: 60 }), ticket("B", { sla_state: null, age_minutes: null })];
  const then = { as_of, features, summary: { truncated: 0 } };
  assert.deepEqual(
    rowsThen(then).map((row) => [row.ticket.ticket_id, row.age]),
    [["A", 60]],
  );
});

test("the banner says as of when, and what is missing", () => {
  useZone("Africa/Nairobi");
  const as_of = { run: 1, loaded_at: loads[0]!.loaded_at };
  const says = (truncated: number, ...features: TicketFeature[]) =>
    asOfText({ loads, problem: null, then: { as_of, features, summary: { truncated } } });
  assert.equal(says(0, ticket("A")), "As of 30 Nov 08:00: not now.");
  assert.equal(
    says(1, ticket("A")),
    "As of 30 Nov 08:00: not now. Not all open tickets of then are shown: choose an area.",
  );
  assert.equal(says(1, ticket("A"), ticket("B", { sla_state: null })), "As of 30 Nov 08:00: not now."); // closed ones
  assert.equal(asOfText({ loads, problem: null, then: null }), null);
});
