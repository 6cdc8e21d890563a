import assert from "node:assert/strict";
import { test } from "node:test";
import { filtered, rowsNow, sorted } from "../src/rows.ts";
import { read } from "../src/view.ts";
import { dashboard, ticket } from "./kit.ts";

const now = Date.parse("2026-11-30T10:10:00+03:00"); // ten minutes after the document

test("ages go on between documents, and unknown ones stay unknown", () => {
  const rows = rowsNow(dashboard([ticket("A", { age_minutes: 50 }), ticket("B", { age_minutes: null })]), now);
  assert.deepEqual(
    rows.map((row) => row.age),
    [60, null],
  );
});

test("a search needs all of its words, wherever they are", () => {
  const rows = rowsNow(
    dashboard([ticket("A", { assigned_team: "Field A", bucket: "cut" }), ticket("B", { assigned_team: "Field A" })]),
    now,
  );
  assert.deepEqual(ids(filtered(rows, read("?q=field+CUT"))), ["A"]);
});

test("tickets without a place are found as such", () => {
  const rows = rowsNow(dashboard([ticket("A"), ticket("B", {}, null)]), now);
  assert.deepEqual(ids(filtered(rows, read("?q=not+on+map"))), ["B"]);
});

test("values of one dimension add up, dimensions narrow each other", () => {
  const rows = rowsNow(
    dashboard([
      ticket("A", { assigned_team: "X" }),
      ticket("B", { assigned_team: null }),
      ticket("C", { assigned_team: "Y", bucket: "cut" }),
    ]),
    now,
  );
  assert.deepEqual(ids(filtered(rows, read("?team=X&team=(none)"))), ["A", "B"]);
  assert.deepEqual(ids(filtered(rows, read("?team=X&kind=cut"))), []);
});

test("rows are sorted both ways, and unknown values come last in both", () => {
  const rows = rowsNow(
    dashboard([ticket("A", { age_minutes: null }), ticket("B", { age_minutes: 1 }), ticket("C", { age_minutes: 9 })]),
    now,
  );
  assert.deepEqual(ids(sorted(rows, "age")), ["B", "C", "A"]);
  assert.deepEqual(ids(sorted(rows, "-age")), ["C", "B", "A"]);
  assert.deepEqual(ids(sorted(rows, "no such column")), ["B", "C", "A"]);
});

function ids(rows: ReturnType<typeof rowsNow>): string[] {
  return rows.map((row) => row.ticket.ticket_id);
}
